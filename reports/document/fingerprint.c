// SPDX-License-Identifier: MIT
#include "reports/document/fingerprint.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"

static void say_text(FILE *out, const cJSON *report, const char *path)
{
    const char *text = field_text(report, path);

    if (text != NULL)
        fputs(text, out);
}

static void say_cpu(FILE *out, const cJSON *report)
{
    say_text(out, report, "environment.cpu.model");
}

// Those that trials may use: affinity, quota and --cpus together.
static void say_cores(FILE *out, const cJSON *report)
{
    double cores = field_number(cJSON_GetArrayItem(field(report, "workloads"), 0), "cores");

    if (isnan(cores)) // of a document without workloads
        cores = field_number(report, "environment.cpu.allowed_count");
    if (!isnan(cores))
        fprintf(out, "%.4g", cores);
}

static void say_kernel(FILE *out, const cJSON *report)
{
    say_text(out, report, "environment.kernel");
}

static void say_libc(FILE *out, const cJSON *report)
{
    say_text(out, report, "environment.libc");
}

static void say_build(FILE *out, const cJSON *report)
{
    const char *sanitizer = field_text(report, "ccbench.sanitizer");

    say_text(out, report, "ccbench.compiler");
    fputc(' ', out);
    say_text(out, report, "ccbench.flags");
    fputs(", ", out);
    say_text(out, report, "ccbench.build_type");
    if (sanitizer != NULL)
        fprintf(out, ", sanitizers %s", sanitizer);
    if (cJSON_IsTrue(field(report, "ccbench.burden")))
        fputs(", burden", out);
}

static void say_libraries(FILE *out, const cJSON *report)
{
    const char *comma = "";
    const cJSON *library;

    cJSON_ArrayForEach(library, field(report, "ccbench.libraries")) {
        fprintf(out, "%s%s %s", comma, library->string, cJSON_IsString(library) ? library->valuestring : "?");
        comma = ", ";
    }
}

// Those variables that make other figures of the same program on the same machine.
static void say_switches(FILE *out, const cJSON *report)
{
    static const char *const switches[] = {"CCBENCH_ROOT", "CCBENCH_TRIAL"};
    const cJSON *variables = field(report, "environment.variables");
    const char *space = "";

    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        const char *value = field_text(variables, switches[i]);

        if (value == NULL)
            continue;
        fprintf(out, "%s%s=%s", space, switches[i], value);
        space = " ";
    }
}

// Of a runtime what its figures depend on, in whatever order it says it; text as it is, what is true by its name.
static void say_runtime(FILE *out, const cJSON *runtime)
{
    const cJSON *fact;

    fputs(runtime->string, out);
    cJSON_ArrayForEach(fact, runtime) {
        if (cJSON_IsString(fact) && strcmp(fact->string, "executable") != 0)
            fprintf(out, " %s", fact->valuestring);
        else if (cJSON_IsTrue(fact))
            fprintf(out, " %s", fact->string);
    }
}

static void say_runtimes(FILE *out, const cJSON *report)
{
    const char *comma = "";
    const cJSON *runtime;

    cJSON_ArrayForEach(runtime, field(report, "environment.runtimes")) {
        fputs(comma, out);
        say_runtime(out, runtime);
        comma = ", ";
    }
}

// Of one worker nothing is said, nor was before there could be more.
static bool has_workers(const cJSON *report)
{
    return field_number(report, "placement.origin_workers") > 1;
}

// Of a server elsewhere: what it ran on. How far away it was is not the same twice.
static void say_origin(FILE *out, const cJSON *report)
{
    const double cores = field_number(report, "placement.origin.cores");
    const double workers = field_number(report, "placement.origin.workers");

    if (has_workers(report)) {
        fprintf(out, "here, %.0f workers", field_number(report, "placement.origin_workers"));
        return;
    }
    fputs("elsewhere ", out);
    say_text(out, report, "placement.origin.cpu");
    if (!isnan(cores))
        fprintf(out, ", %.4g cores", cores);
    if (workers > 1)
        fprintf(out, ", %.0f workers", workers);
}

static const struct {
    const char *name;
    void (*say)(FILE *out, const cJSON *report);
} parts[] = {
    {"CPU", say_cpu},     {"cores", say_cores},         {"kernel", say_kernel},     {"libc", say_libc},
    {"build", say_build}, {"libraries", say_libraries}, {"switches", say_switches},
};

// The field as a new object; its value is null where nothing is known. NULL when out of memory.
static cJSON *make_field(const char *name, void (*say)(FILE *out, const cJSON *report), const cJSON *report)
{
    struct text_stream text;
    cJSON *object = NULL;

    if (text_stream_open(&text) < 0)
        return NULL;
    say(text.out, report);
    if (text_stream_close(&text) == 0) {
        object = cJSON_CreateObject();
        json_add_text(object, "name", name);
        json_add_text(object, "value", text.text);
    }
    free(text.text);
    return object;
}

// FNV-1a (Fowler, Noll, Vo).
static uint64_t add_to_hash(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static void write_hash(char text[13], const cJSON *fields)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const cJSON *part;

    cJSON_ArrayForEach(part, fields) {
        const char *value = field_text(part, "value");

        hash = add_to_hash(add_to_hash(hash, field_text(part, "name")), "=");
        hash = add_to_hash(add_to_hash(hash, value != NULL ? value : ""), "\n");
    }
    snprintf(text, 13, "%012" PRIx64, hash >> 16);
}

cJSON *fingerprint_make(const cJSON *report)
{
    cJSON *fingerprint = cJSON_CreateObject(), *fields = cJSON_CreateArray();
    char hash[13];

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cJSON_AddItemToArray(fields, make_field(parts[i].name, parts[i].say, report));
    // Not where there are none: documents from before them have no such field.
    if (field(report, "environment.runtimes") != NULL)
        cJSON_AddItemToArray(fields, make_field("runtimes", say_runtimes, report));
    if (field(report, "placement.origin") != NULL || has_workers(report))
        cJSON_AddItemToArray(fields, make_field("origin", say_origin, report));
    if (cJSON_GetArraySize(fields) < (int)(sizeof parts / sizeof *parts)) {
        cJSON_Delete(fields);
        cJSON_Delete(fingerprint);
        return NULL;
    }
    write_hash(hash, fields);
    json_add_text(fingerprint, "hash", hash);
    cJSON_AddItemToObject(fingerprint, "fields", fields);
    return fingerprint;
}

unsigned fingerprint_differences(FILE *out, const cJSON *a, const cJSON *b)
{
    const cJSON *mine, *theirs = cJSON_GetArrayItem(field(b, "fields"), 0);
    unsigned n = 0;

    // What only the longer one has is at its end.
    if (cJSON_GetArraySize(field(a, "fields")) < cJSON_GetArraySize(field(b, "fields")))
        return fingerprint_differences(out, b, a);
    cJSON_ArrayForEach(mine, field(a, "fields")) {
        const char *x = field_text(mine, "value"), *y = field_text(theirs, "value");

        if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0))
            fprintf(out, "%s%s", n++ > 0 ? ", " : "", field_text(mine, "name"));
        theirs = theirs != NULL ? theirs->next : NULL;
    }
    return n;
}
