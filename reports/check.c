// SPDX-License-Identifier: MIT
#include "reports/check.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reports/check_sweep.h"
#include "reports/fields.h"

// What a field may be. Numbers are quantities: never negative, and small enough to be counted in 64 bits.
enum {
    TEXT = 1,
    NUMBER = 2,
    NOTHING = 4, // null
    OBJECT = 8,
    LIST = 16,
    BOOLEAN = 32,
    OPTIONAL = 64, // may be missing
    POSITIVE = 128, // a number above 0
};

#define MAX_QUANTITY 1e18

struct rule {
    const char *name;
    unsigned types;
};

struct check {
    char *error;
    char where[128]; // "workloads[0].cells[2]", of the object being looked at
};

static const struct rule document_rules[] = {
    {"schema", TEXT},           {"ccbench", OBJECT},
    {"started", TEXT},          {"seed", NUMBER},
    {"duration_ns", NUMBER},    {"interrupted", TEXT | NOTHING},
    {"environment", OBJECT},    {"placement", OBJECT},
    {"plan", OBJECT},           {"workloads", LIST},
    {"status", NUMBER},         {"sweeps", LIST | OPTIONAL},
    {NULL, 0},
};

static const struct rule block_rules[] = {
    {"workload", TEXT}, {"describe", TEXT}, {"tasks", POSITIVE}, {"concurrency", POSITIVE}, {"cores", POSITIVE},
    {"cpus", TEXT | OPTIONAL}, {"sweep", OBJECT | NOTHING | OPTIONAL},
    {"kind", TEXT | NOTHING | OPTIONAL},
    {"cpu_share", NUMBER | NOTHING | OPTIONAL},
    {"ideal_ns", POSITIVE | NOTHING},
    {"ideal_formula", TEXT | NOTHING},
    {"ideal_reason", TEXT | NOTHING},
    {"rounds", NUMBER},
    {"stopped", TEXT},
    {"calibration", OBJECT | NOTHING},
    {"warnings", LIST | OPTIONAL},
    {"findings", LIST | OPTIONAL},
    {"cells", LIST},
    {NULL, 0},
};

static const struct rule cell_rules[] = {
    {"model", TEXT},
    {"kin", TEXT | NOTHING},
    {"pretends", BOOLEAN | OPTIONAL},
    {"lanes", POSITIVE},
    {"status", TEXT},
    {"reason", TEXT | NOTHING},
    {"memory", OBJECT | NOTHING},
    {"memory_reason", TEXT | NOTHING},
    {"samples", LIST},
    {"summary", OBJECT | NOTHING | OPTIONAL},
    {NULL, 0},
};

static const struct rule ok_sample_rules[] = {
    {"round", POSITIVE},      {"wall_ns", POSITIVE}, {"setup_ns", NUMBER},        {"run_ns", NUMBER},
    {"teardown_ns", NUMBER},  {"cpu_ns", NUMBER},    {"switches_own", NUMBER},    {"switches_forced", NUMBER},
    {"tasks", POSITIVE},      {"failed", NUMBER},    {"in_flight", NUMBER},       {"latency_ns", OBJECT | NOTHING},
    {NULL, 0},
};

static const struct rule bad_sample_rules[] = {
    {"round", POSITIVE}, {"reason", TEXT}, {NULL, 0},
};

static const struct rule statistic_rules[] = {
    {"median", NUMBER},           {"low", NUMBER | NOTHING}, {"high", NUMBER | NOTHING},
    {"coverage", NUMBER | NOTHING}, {"min", NUMBER},         {"max", NUMBER},
    {"mean", NUMBER},             {"sd", NUMBER},            {"mad", NUMBER},
    {NULL, 0},
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct check *check, const char *name, const char *format, ...)
{
    const char *dot = check->where[0] != '\0' && *name != '\0' ? "." : "";
    const char *colon = check->where[0] != '\0' || *name != '\0' ? ": " : "";
    int length = snprintf(check->error, DOCUMENT_ERROR, "%.100s%s%.40s%s", check->where, dot, name, colon);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(check->error + length, DOCUMENT_ERROR - (size_t)length, format, arguments);
    va_end(arguments);
    // Values are the file's: they must not break the one line, nor drive the terminal.
    for (char *c = check->error; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return -EINVAL;
}

static const char *describe_item(const cJSON *item, char buf[48])
{
    if (item == NULL)
        return "missing";
    if (cJSON_IsString(item))
        snprintf(buf, 48, "'%.40s'", item->valuestring);
    else if (cJSON_IsNumber(item))
        snprintf(buf, 48, "%.17g", item->valuedouble);
    else
        snprintf(buf, 48, "%s", cJSON_IsNull(item) ? "null" : cJSON_IsBool(item) ? "true or false"
                                : cJSON_IsArray(item) ? "a list" : "an object");
    return buf;
}

static unsigned types_of(const cJSON *item)
{
    if (item == NULL)
        return OPTIONAL;
    if (cJSON_IsNumber(item))
        return item->valuedouble > 0 && item->valuedouble <= MAX_QUANTITY ? NUMBER | POSITIVE
               : item->valuedouble == 0                                   ? NUMBER
                                                                          : 0;
    return cJSON_IsString(item)   ? TEXT
           : cJSON_IsNull(item)   ? NOTHING
           : cJSON_IsObject(item) ? OBJECT
           : cJSON_IsArray(item)  ? LIST
           : cJSON_IsBool(item)   ? BOOLEAN
                                  : 0;
}

static const char *describe_types(unsigned types)
{
    static const struct {
        unsigned type;
        const char *text;
    } names[] = {
        {TEXT | NOTHING, "text or null"},
        {TEXT, "text"},
        {POSITIVE | NOTHING, "a number above 0, or null"},
        {POSITIVE, "a number above 0"},
        {NUMBER | NOTHING, "a number from 0 up, or null"},
        {NUMBER, "a number from 0 up"},
        {OBJECT | NOTHING, "an object or null"},
        {OBJECT, "an object"},
        {LIST, "a list"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((names[i].type & types) == names[i].type)
            return names[i].text;
    return "true or false";
}

static int check_rules(const struct check *check, const cJSON *object, const struct rule *rules)
{
    for (; rules->name != NULL; rules++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, rules->name);
        char found[48];

        if ((types_of(item) & rules->types) == 0)
            return refuse(check, rules->name, "%s, expected %s", describe_item(item, found),
                          describe_types(rules->types));
    }
    return 0;
}

static int check_one_of(const struct check *check, const cJSON *object, const char *name, const char *const *allowed)
{
    char list[120] = "";
    size_t length = 0;

    for (size_t i = 0; allowed[i] != NULL && length < sizeof list; i++) {
        if (field_is(object, name, allowed[i]))
            return 0;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : ", ", allowed[i]);
    }
    return refuse(check, name, "'%.24s', expected one of %s", field_text(object, name), list);
}

// Everywhere, also where no rule looks: a number that overflowed while it was read (1e999) poisons whatever it meets.
static int check_finite(const struct check *check, const cJSON *item)
{
    const cJSON *child;

    if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
        return refuse(check, item->string != NULL ? item->string : "", "not a finite number");
    cJSON_ArrayForEach(child, item) {
        int r = check_finite(check, child);

        if (r < 0)
            return r;
    }
    return 0;
}

static int check_texts(const struct check *check, const cJSON *object, const char *name)
{
    const cJSON *item;
    char found[48];

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, name)) {
        if (!cJSON_IsString(item))
            return refuse(check, name, "%s among them, expected text only", describe_item(item, found));
    }
    return 0;
}

// Every member that is neither null nor "n", "rank", "tied" or text is a statistic.
static int check_summary(const struct check *cell, const cJSON *summary)
{
    static const struct rule head[] = {{"n", POSITIVE}, {"rank", POSITIVE}, {"tied", BOOLEAN}, {NULL, 0}};
    struct check check = *cell;
    const cJSON *item;
    int r;

    snprintf(check.where, sizeof check.where, "%.100s.summary", cell->where);
    r = check_rules(&check, summary, head);
    cJSON_ArrayForEach(item, summary) {
        struct check inner = check;
        char found[48];

        if (r < 0)
            return r;
        if (cJSON_IsNull(item) || strcmp(item->string, "speedup_reason") == 0 || strcmp(item->string, "n") == 0 ||
            strcmp(item->string, "rank") == 0 || strcmp(item->string, "tied") == 0)
            continue;
        if (!cJSON_IsObject(item))
            return refuse(&check, item->string, "%s, expected an object or null", describe_item(item, found));
        snprintf(inner.where, sizeof inner.where, "%.90s.%.30s", check.where, item->string);
        r = check_rules(&inner, item, statistic_rules);
    }
    return r;
}

static int check_latency(const struct check *sample, const cJSON *latency)
{
    static const struct rule rules[] = {
        {"p50", NUMBER},           {"p90", NUMBER}, {"p99", NUMBER | NOTHING},
        {"p999", NUMBER | NOTHING}, {"max", NUMBER}, {NULL, 0},
    };
    struct check check = *sample;

    if (!cJSON_IsObject(latency))
        return 0;
    snprintf(check.where, sizeof check.where, "%.100s.latency_ns", sample->where);
    return check_rules(&check, latency, rules);
}

static int check_sample(const struct check *cell, const cJSON *sample, int index)
{
    static const char *const statuses[] = {"ok", "failed", "wrong", NULL};
    static const struct rule status_rule[] = {{"status", TEXT}, {NULL, 0}};
    struct check check = *cell;
    const cJSON *earlier;
    int r;

    snprintf(check.where, sizeof check.where, "%.100s.samples[%d]", cell->where, index);
    if (!cJSON_IsObject(sample))
        return refuse(&check, "", "not an object");
    r = check_rules(&check, sample, status_rule);
    if (r == 0)
        r = check_one_of(&check, sample, "status", statuses);
    if (r == 0)
        r = check_rules(&check, sample, field_is(sample, "status", "ok") ? ok_sample_rules : bad_sample_rules);
    if (r == 0)
        r = check_latency(&check, field(sample, "latency_ns"));
    if (r < 0)
        return r;
    for (earlier = sample; earlier->prev->next != NULL;) {
        earlier = earlier->prev;
        if (field_number(earlier, "round") == field_number(sample, "round"))
            return refuse(&check, "round", "%g occurs twice in this cell", field_number(sample, "round"));
    }
    return 0;
}

static int check_samples(const struct check *check, const cJSON *cell)
{
    const cJSON *sample;
    int index = 0;

    if (cell_ok(cell) && sample_count(cell) == 0)
        return refuse(check, "samples", "empty, expected at least one as the cell is ok");
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        int r = check_sample(check, sample, index++);

        if (r < 0)
            return r;
        if (cell_ok(cell) && !sample_ok(sample))
            return refuse(check, "status", "ok, though its sample %d is %s", index, field_text(sample, "status"));
    }
    return 0;
}

static int check_cell(const struct check *block, const cJSON *cell, int index)
{
    static const char *const statuses[] = {"ok", "skipped", "failed", "wrong", NULL};
    struct check check = *block;
    int r;

    snprintf(check.where, sizeof check.where, "%.80s.cells[%d]", block->where, index);
    if (!cJSON_IsObject(cell))
        return refuse(&check, "", "not an object");
    r = check_rules(&check, cell, cell_rules);
    if (r == 0)
        r = check_one_of(&check, cell, "status", statuses);
    if (r == 0 && !cell_ok(cell) && field_text(cell, "reason") == NULL)
        r = refuse(&check, "reason", "null, expected why the cell is %s", field_text(cell, "status"));
    if (r == 0)
        r = check_samples(&check, cell);
    if (r == 0 && field(cell, "summary") != NULL)
        r = check_summary(&check, field(cell, "summary"));
    for (const cJSON *earlier = cell; r == 0 && earlier->prev->next != NULL;) {
        earlier = earlier->prev;
        if (field_is(earlier, "model", field_text(cell, "model")))
            r = refuse(&check, "model", "'%.40s' occurs twice in this workload", field_text(cell, "model"));
    }
    return r;
}

static int check_cells(const struct check *check, const cJSON *block)
{
    const cJSON *cell;
    int index = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        int r = check_cell(check, cell, index++);

        if (r < 0)
            return r;
        if (sample_count(cell) > 0 && field_number(block, "rounds") < 1)
            return refuse(check, "rounds", "0, expected at least 1 as '%.40s' has samples", field_text(cell, "model"));
    }
    return index > 0 ? 0 : refuse(check, "cells", "empty, expected at least one");
}

static int check_block(const struct check *document, const cJSON *block, int index)
{
    struct check check = *document;
    int r;

    snprintf(check.where, sizeof check.where, "workloads[%d]", index);
    if (!cJSON_IsObject(block))
        return refuse(&check, "", "not an object");
    r = check_rules(&check, block, block_rules);
    if (r == 0)
        r = check_texts(&check, block, "findings");
    if (r == 0)
        r = check_texts(&check, block, "warnings");
    if (r == 0)
        r = check_sweep(block, check.where, check.error);
    if (r == 0)
        r = check_cells(&check, block);
    for (const cJSON *earlier = block; r == 0 && earlier->prev->next != NULL;) {
        earlier = earlier->prev;
        if (check_same_block(earlier, block))
            r = refuse(&check, "workload", "'%.40s' occurs twice with the same tasks and concurrency",
                       field_text(block, "workload"));
    }
    return r;
}

int document_check(const cJSON *document, char error[DOCUMENT_ERROR])
{
    const struct check check = {.error = error};
    const cJSON *schema = field(document, "schema");
    const cJSON *block;
    char found[48];
    int index = 0, r;

    if (!cJSON_IsObject(document))
        return refuse(&check, "", "not a JSON object, expected a report of ccbench");
    if (!field_is(document, "schema", DOCUMENT_SCHEMA))
        return refuse(&check, "schema", "%s, expected '%s'", describe_item(schema, found), DOCUMENT_SCHEMA);
    r = check_finite(&check, document);
    if (r == 0)
        r = check_rules(&check, document, document_rules);
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (r == 0)
            r = check_block(&check, block, index++);
    }
    if (r == 0 && index == 0)
        r = refuse(&check, "workloads", "empty, expected at least one");
    return r;
}
