// SPDX-License-Identifier: MIT
#include "cmd/list/list_runs.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/list/list_file.h"
#include "measure/base/text.h"
#include "runtimes/registry.h"
#include "runtimes/runtime.h"
#include "workloads/program/json_read.h"

#define MODELS_MOST 256
#define REASON (RUNTIME_REASON + 40)

// A model, and why it would not run; "": it would.
struct listed {
    const struct model_entry *entry;
    char reason[REASON];
    bool told;
};

// What Python's programs call is "shop:page", what Node's do "./shop.js#page"; a user's own may call anything.
static bool is_for(const struct runtime *runtime, const char *function)
{
    const char *language = runtime->interpreter != NULL ? runtime->interpreter->language : "";
    bool of_file = strchr(function, '#') != NULL;

    return strcmp(language, "node") == 0 ? of_file : strcmp(language, "python") != 0 || !of_file;
}

// The end of a sentence, where the model calls nothing that the step names.
static bool cannot_call(const struct runtime *runtime, const struct step *step, char *reason)
{
    const char *word = cJSON_GetStringValue(json_member(runtime->json, "call")), *function;
    cJSON *functions = cJSON_Parse(step->functions);

    word = word != NULL ? word : "call";
    function = cJSON_GetStringValue(json_member(functions, word));
    if (function == NULL)
        snprintf(reason, REASON, "'%.80s' has no \"%.40s\" beside it", step->path, word);
    else if (!is_for(runtime, function))
        snprintf(reason, REASON, "'%.80s' is of another language", function);
    cJSON_Delete(functions);
    return reason[0] != '\0';
}

static bool cannot_carry(const struct runtime *runtime, const struct program *program, char *reason)
{
    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        if (step->kind == STEP_FUNCTION && cannot_call(runtime, step, reason))
            return true;
        for (uint64_t j = 0; j < step_callees(step); j++) {
            if (cannot_carry(runtime, &step->callee[j], reason))
                return true;
        }
    }
    return false;
}

static void judge(const struct block *block, struct listed *model)
{
    struct runtime *runtime = model->entry->model->runtime;
    const struct task_mix *mix = &block->workload.mix;
    const char *missing = runtime_ready(runtime);
    char buf[RUNTIME_REASON];

    if (missing != NULL)
        snprintf(model->reason, REASON, "not here: %s", missing);
    else if ((missing = runtime_cannot(runtime, block->kinds, buf)) != NULL)
        snprintf(model->reason, REASON, "%s", missing);
    for (size_t i = 0; missing == NULL && i < mix->count; i++) {
        if (cannot_carry(runtime, &mix->classes[i].program, model->reason))
            break;
    }
}

// The names of all that have the same to be said of them as the first, in a line.
static void write_alike(struct listed *models, size_t count, size_t first)
{
    struct text_stream line;
    char *text;

    if (text_stream_open(&line) != 0)
        return;
    fputs(models[first].reason[0] == '\0' ? "Would run: " : "Would not: ", line.out);
    for (size_t i = first; i < count; i++) {
        if (strcmp(models[i].reason, models[first].reason) != 0)
            continue;
        fprintf(line.out, "%s%s", i == first ? "" : ", ", models[i].entry->name);
        models[i].told = true;
    }
    fprintf(line.out, "%s%s.", models[first].reason[0] == '\0' ? "" : ": ", models[first].reason);
    if (text_stream_close(&line) == 0 && (text = text_clean(line.text, true)) != NULL) {
        text_wrap(stdout, text, 0, 2, LIST_WIDTH);
        free(text);
    }
    free(line.text);
}

// Adds the word to a list with commas, where it is not there yet and has room.
static void add_group(char *groups, size_t size, const char *group)
{
    size_t length = strlen(groups);

    for (const char *at = strstr(groups, group); at != NULL; at = strstr(at + 1, group)) {
        char end = at[strlen(group)];

        if ((at == groups || at[-1] == ',') && (end == ',' || end == '\0'))
            return;
    }
    if (length + strlen(group) + 2 <= size)
        sprintf(groups + length, "%s%s", length > 0 ? "," : "", group);
}

void list_runs(const struct block *block, char *ret_groups, size_t size)
{
    struct listed *models = calloc(MODELS_MOST, sizeof *models);
    const struct model_entry *entry;
    size_t count = 0;

    ret_groups[0] = '\0';
    for (unsigned i = 0; models != NULL && count < MODELS_MOST && (entry = registry_at(i)) != NULL; i++) {
        if (entry->model == NULL || entry->model->runtime == NULL)
            continue;
        models[count].entry = entry;
        judge(block, &models[count]);
        if (models[count++].reason[0] == '\0')
            add_group(ret_groups, size, entry->model->group);
    }
    for (int runs = 1; runs >= 0; runs--) {
        for (size_t i = 0; i < count; i++) {
            if (!models[i].told && (models[i].reason[0] == '\0') == runs)
                write_alike(models, count, i);
        }
    }
    puts("Would not: ccbench's own models: functions are of other languages.");
    free(models);
}
