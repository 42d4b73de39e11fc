// SPDX-License-Identifier: MIT
#include "cmd/claims/commands.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/cpus.h"
#include "measure/base/text.h"
#include "measure/base/words.h"
#include "measure/machine/environment.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_verdict.h"

struct cpus claims_cpus(const struct options *options, unsigned cores)
{
    struct cpus all, some = {0};

    if (options->cpus_count > 0)
        all = options->cpus[0];
    else
        cpus_allowed(&all);
    for (unsigned cpu = 0; cores > 0 && cpu <= cpus_last(&all) && (unsigned)cpus_count(&some) < cores; cpu++) {
        if (cpus_have(&all, cpu))
            cpus_add(&some, cpu);
    }
    return cores > 0 ? some : all;
}

double claims_cores(const struct options *options)
{
    struct cpus cpus = claims_cpus(options, 0);

    return fmin(cpus_count(&cpus), environment_cores());
}

static void write_models(FILE *out, const cJSON *experiment)
{
    const cJSON *models = field(experiment, "models"), *model;

    fputs(" -m ", out);
    cJSON_ArrayForEach(model, models)
        fprintf(out, "%s%s", model == models->child ? "" : ",", model->valuestring);
}

static void write_option(FILE *out, const char *option, const cJSON *value)
{
    if (cJSON_IsString(value))
        fprintf(out, " %s%s", option, value->valuestring);
    else if (value != NULL)
        fprintf(out, " %s%.0f", option, value->valuedouble);
}

static void write_run(FILE *out, const struct options *options, const cJSON *experiment)
{
    double cores = field_number(experiment, "cores");
    struct cpus cpus = claims_cpus(options, cores > 0 ? (unsigned)cores : 0);
    char list[256];

    fputs("ccbench -w ", out);
    words_write(out, field_text(experiment, "workload"));
    write_models(out, experiment);
    write_option(out, "-n ", field(experiment, "tasks"));
    write_option(out, "-c ", field(experiment, "concurrency"));
    write_option(out, "--rate=", field(experiment, "rate"));
    write_option(out, "--duration=", field(experiment, "duration"));
    write_option(out, "--task-timeout=", field(experiment, "task_timeout"));
    if (cores > 0 || options->cpus_count > 0)
        fprintf(out, " --cpus=%s", cpus_write(&cpus, list, sizeof list));
    fprintf(out, " -r %d", CLAIMS_BATCHES * CLAIMS_ROUNDS);
}

// A file that was named is not found by its claim's name alone.
static void write_typed(FILE *out, const struct claim_file *claim)
{
    words_write(out, claim->named ? claim->file.path : claim->name);
}

char *claims_typed(const struct claim_file *claim)
{
    struct text_stream text;

    if (text_stream_open(&text) != 0)
        return NULL;
    write_typed(text.out, claim);
    if (text_stream_close(&text) == 0)
        return text.text;
    free(text.text);
    return NULL;
}

// In the claim's folder, where it is run, wherever the reader is.
static void write_script(FILE *out, const struct claim_file *claim, const cJSON *experiment)
{
    const cJSON *words = field(experiment, "script"), *word;
    bool elsewhere = strcmp(claim->folder, ".") != 0;

    if (elsewhere) {
        fputs("(cd ", out);
        words_write(out, claim->folder);
        fputs(" && ", out);
    }
    cJSON_ArrayForEach(word, words) {
        fputs(word == words->child ? "" : " ", out);
        words_write(out, word->valuestring);
    }
    if (elsewhere)
        fputc(')', out);
}

// What cannot be typed, a program of its own, is run by the claim alone.
static void write_command(FILE *out, const struct options *options, const struct claim_file *claim,
                          const cJSON *experiment)
{
    if (field(experiment, "workload") != NULL) {
        write_run(out, options, experiment);
    } else if (field(experiment, "script") != NULL) {
        write_script(out, claim, experiment);
    } else {
        fputs("ccbench claims ", out);
        write_typed(out, claim);
    }
}

// Each once: two programs of one claim are run by one command.
static void add_command(cJSON *list, const char *text)
{
    const cJSON *other;

    cJSON_ArrayForEach(other, list) {
        if (strcmp(other->valuestring, text) == 0)
            return;
    }
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

cJSON *claims_commands(const struct options *options, const struct claim_file *claim)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *experiment;

    cJSON_ArrayForEach(experiment, field(claim->file.json, "experiments")) {
        struct text_stream text;
        int err = text_stream_open(&text);

        if (err != 0)
            break;
        write_command(text.out, options, claim, experiment);
        if (text_stream_close(&text) == 0)
            add_command(list, text.text);
        free(text.text);
    }
    return list;
}
