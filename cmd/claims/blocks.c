// SPDX-License-Identifier: MIT
#include "cmd/claims/blocks.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claims/reader/metrics.h"
#include "cmd/claims/commands.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "workloads/custom.h"

// What makes experiments alike, but for their models.
static const char *const alike[] = {"workload", "program", "script",   "tasks",       "concurrency",
                                    "cores",    "rate",    "duration", "task_timeout"};

static char *key_of(const struct claim_file *claim, const cJSON *experiment)
{
    cJSON *object = cJSON_CreateObject();
    char *key;

    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        const cJSON *value = field(experiment, alike[i]);

        if (value != NULL)
            cJSON_AddItemToObject(object, alike[i], cJSON_Duplicate(value, true));
    }
    // A script, and functions that a program calls, are found beside their claim.
    if (field(experiment, "script") != NULL || field(experiment, "program") != NULL)
        cJSON_AddStringToObject(object, "folder", claim->folder);
    key = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return key;
}

static struct claims_block *find(const struct claims_blocks *blocks, const char *key)
{
    for (unsigned i = 0; i < blocks->count; i++) {
        if (strcmp(blocks->items[i].key, key) == 0)
            return &blocks->items[i];
    }
    return NULL;
}

const struct claims_block *claims_blocks_find(const struct claims_blocks *blocks, const struct claim_file *claim,
                                              const cJSON *experiment)
{
    char *key = key_of(claim, experiment);
    const struct claims_block *block = find(blocks, key);

    cJSON_free(key);
    return block;
}

bool claims_blocks_done(const struct claims_blocks *blocks, const struct claim_file *claim)
{
    const cJSON *experiment;

    cJSON_ArrayForEach(experiment, field(claim->file.json, "experiments")) {
        const struct claims_block *block = claims_blocks_find(blocks, claim, experiment);

        if (block != NULL && block->batches < block->wanted)
            return false;
    }
    return true;
}

// Of the model, without what is said of it; its name in `name`. NULL: there is none.
static const struct model_entry *find_entry(const char *typed, char name[MODEL_LABEL])
{
    snprintf(name, MODEL_LABEL, "%.*s", (int)strcspn(typed, ":@"), typed);
    return registry_find(name);
}

const char *claims_model_missing(const char *typed, char buf[CLAIMS_EXCUSE])
{
    char name[MODEL_LABEL];
    const struct model_entry *entry = find_entry(typed, name);
    const char *missing;

    if (entry == NULL) {
        snprintf(buf, CLAIMS_EXCUSE, "%.60s is no model that is here", name);
        return buf;
    }
    if (entry->model == NULL)
        snprintf(buf, CLAIMS_EXCUSE, "%.60s is not built: %.100s", name, entry->missing);
    if (entry->model == NULL)
        return buf;
    missing = entry->model->runtime != NULL ? runtime_ready(entry->model->runtime) : NULL;
    if (missing != NULL)
        snprintf(buf, CLAIMS_EXCUSE, "%.190s", missing);
    return missing != NULL ? buf : NULL;
}

bool claims_real_here(const cJSON *real, char buf[CLAIMS_EXCUSE])
{
    const cJSON *model;

    cJSON_ArrayForEach(model, field(real, "models")) {
        if (cJSON_IsString(model) && claims_model_missing(model->valuestring, buf) != NULL)
            return false;
    }
    return true;
}

const cJSON *claims_real_experiment(const struct claim_file *claim, const cJSON *real, const cJSON *experiment)
{
    const char *other = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(field(real, "experiments"), experiment->string));

    return other != NULL ? cJSON_GetObjectItemCaseSensitive(field(claim->file.json, "experiments"), other) : experiment;
}

// An experiment that only runtimes have, in the place of another, is measured where one of them is here.
static bool is_measured(const struct options *base, const struct claim_file *claim, const cJSON *experiment)
{
    const cJSON *real, *other;
    char excuse[CLAIMS_EXCUSE];
    bool of_runtimes = false;

    cJSON_ArrayForEach(real, field(claim->file.json, "real")) {
        cJSON_ArrayForEach(other, field(real, "experiments")) {
            if (strcmp(other->valuestring, experiment->string) != 0)
                continue;
            of_runtimes = true;
            if (!base->stand_ins && claims_real_here(real, excuse))
                return true;
        }
    }
    return !of_runtimes;
}

static int add_model(struct claims_block *block, const char *model)
{
    struct typed_list *models = &block->options.models;

    for (unsigned i = 0; i < models->count; i++) {
        if (strcmp(models->texts[i], model) == 0)
            return 0;
    }
    if (models->count == NAMES_LISTS)
        return complain("%s: more than %d models in one experiment", block->claim->name, NAMES_LISTS);
    models->texts[models->count++] = model;
    return 0;
}

// Those of the experiment, and those that stand in their place under each runtime that is here.
static int add_models(struct claims_block *block, const struct claim_file *claim, const cJSON *experiment,
                      bool stand_ins)
{
    const cJSON *model, *real;
    char excuse[CLAIMS_EXCUSE];
    int status = 0;

    cJSON_ArrayForEach(model, field(experiment, "models")) {
        if (status == 0)
            status = add_model(block, model->valuestring);
    }
    cJSON_ArrayForEach(real, field(claim->file.json, "real")) {
        if (stand_ins || !claims_real_here(real, excuse) ||
            claims_real_experiment(claim, real, experiment) != experiment)
            continue;
        cJSON_ArrayForEach(model, field(experiment, "models")) {
            const char *other = cJSON_GetStringValue(
                cJSON_GetObjectItemCaseSensitive(field(real, "models"), model->valuestring));

            if (status == 0 && other != NULL)
                status = add_model(block, other);
        }
    }
    return status;
}

static void set_count(struct range *range, double value)
{
    if (value > 0)
        *range = (struct range){.values = {(uint64_t)value}, .count = 1};
}

static void set_duration(uint64_t *ns, const char *text)
{
    if (text != NULL)
        units_parse_duration(text, ns);
}

// What was typed is the machine's; all else is the experiment's.
static void set_options(struct claims_block *block, const struct options *base)
{
    const cJSON *experiment = block->experiment;
    struct options *options = &block->options;
    double cores = field_number(experiment, "cores");
    char expected[RANGE_EXPECTED];

    *options = *base;
    options->workloads = (struct typed_list){.count = 1};
    options->workloads.texts[0] = block->program != NULL ? block->program : field_text(experiment, "workload");
    set_count(&options->tasks, field_number(experiment, "tasks"));
    set_count(&options->concurrency, field_number(experiment, "concurrency"));
    if (field_text(experiment, "rate") != NULL)
        range_parse_rates(field_text(experiment, "rate"), &options->rates, &options->rate_constant, expected);
    set_duration(&options->duration_ns, field_text(experiment, "duration"));
    set_duration(&options->task_timeout_ns, field_text(experiment, "task_timeout"));
    options->cpus_count = 1;
    options->cpus[0] = claims_cpus(base, cores > 0 ? (unsigned)cores : 0);
    options->rounds = CLAIMS_ROUNDS;
    options->memory_rounds = 0;
    options->time_limit_ns = 0;
}

// Fewer cores than it needs: it is not measured.
static void check_cores(struct claims_block *block, const struct options *base)
{
    double wanted = field_number(block->experiment, "cores"), cores = claims_cores(base);

    if (!(wanted > cores))
        return;
    snprintf(block->excuse, sizeof block->excuse, "%.0f cores are needed, %.3g may be used", wanted, cores);
    block->cause = "cores";
    block->wanted = 0;
}

// 0, or EXIT_USAGE with one line printed. Takes over the key.
static int add_block(struct claims_blocks *blocks, const struct options *base, const struct claim_file *claim,
                     const cJSON *experiment, char *key)
{
    struct claims_block *items = realloc(blocks->items, (blocks->count + 1) * sizeof *items), *block;

    if (items == NULL) {
        cJSON_free(key);
        return complain("out of memory");
    }
    blocks->items = items;
    block = &items[blocks->count++];
    *block = (struct claims_block){
        .key = key, .claim = claim, .name = experiment->string, .experiment = experiment, .cause = "failed"};
    block->group = blocks->count - 1;
    block->wanted = CLAIMS_BATCHES;
    block->is_script = field(experiment, "script") != NULL;
    if (field(experiment, "program") != NULL) {
        if (asprintf(&block->program, "%s/%s-%s.json", claim->folder, claim->name, experiment->string) < 0) {
            block->program = NULL;
            return complain("out of memory");
        }
        custom_provide(block->program, field(experiment, "program"));
    }
    set_options(block, base);
    check_cores(block, base);
    return 0;
}

static int need_block(struct claims_blocks *blocks, const struct options *base, const struct claim_file *claim,
                      const cJSON *experiment)
{
    char *key = key_of(claim, experiment);
    int status = 0;

    if (find(blocks, key) != NULL)
        cJSON_free(key);
    else
        status = add_block(blocks, base, claim, experiment, key);
    return status == 0 ? add_models((struct claims_block *)claims_blocks_find(blocks, claim, experiment), claim,
                                    experiment, base->stand_ins)
                       : status;
}

// The experiments that figures about memory are of.
static void note_memory(const struct claims_blocks *blocks, const struct claim_file *claim)
{
    const cJSON *figure, *experiment;

    cJSON_ArrayForEach(figure, field(claim->file.json, "figures")) {
        struct claim_metric metric;

        if (!claim_metric_find(field_text(figure, "metric"), &metric) || !metric.from_memory)
            continue;
        cJSON_ArrayForEach(experiment, field(claim->file.json, "experiments")) {
            struct claims_block *block = (struct claims_block *)claims_blocks_find(blocks, claim, experiment);

            if (block != NULL)
                block->options.memory_rounds = 1;
        }
    }
}

// Both blocks, and all that are grouped with one of them. A script has no rounds.
static void group(struct claims_blocks *blocks, const struct claims_block *one, const struct claims_block *other)
{
    unsigned first, last;

    if (one == NULL || other == NULL || one->is_script || other->is_script)
        return;
    first = one->group < other->group ? one->group : other->group;
    last = one->group < other->group ? other->group : one->group;
    for (unsigned i = 0; i < blocks->count; i++) {
        if (blocks->items[i].group == last)
            blocks->items[i].group = first;
    }
}

// What a figure compares, by a runtime's own experiments where it has some.
static void group_figure(struct claims_blocks *blocks, const struct claim_file *claim, const cJSON *figure,
                         const cJSON *real)
{
    const cJSON *all = field(claim->file.json, "experiments");
    const char *own = field_text(figure, "experiment"), *over = field_text(figure, "over.experiment");
    const cJSON *one = own != NULL ? cJSON_GetObjectItemCaseSensitive(all, own) : all->child;
    const cJSON *other = over != NULL ? cJSON_GetObjectItemCaseSensitive(all, over) : NULL;

    if (one == NULL || other == NULL)
        return;
    if (real != NULL) {
        one = claims_real_experiment(claim, real, one);
        other = claims_real_experiment(claim, real, other);
    }
    group(blocks, claims_blocks_find(blocks, claim, one), claims_blocks_find(blocks, claim, other));
}

static void group_claim(struct claims_blocks *blocks, const struct claim_file *claim)
{
    const cJSON *figure, *real;

    cJSON_ArrayForEach(figure, field(claim->file.json, "figures")) {
        group_figure(blocks, claim, figure, NULL);
        cJSON_ArrayForEach(real, field(claim->file.json, "real"))
            group_figure(blocks, claim, figure, real);
    }
}

bool claims_blocks_of_runtimes(const struct claims_blocks *blocks)
{
    for (unsigned i = 0; i < blocks->count; i++) {
        const struct typed_list *models = &blocks->items[i].options.models;

        for (unsigned j = 0; j < models->count; j++) {
            char name[MODEL_LABEL];
            const struct model_entry *entry = find_entry(models->texts[j], name);

            if (entry != NULL && entry->model != NULL && entry->model->runtime != NULL)
                return true;
        }
    }
    return false;
}

// A claim that needs more cores than there are is not measured.
static bool lacks_cores(const struct options *base, const struct claim_file *claim)
{
    return field_number(claim->file.json, "needs.cores") > claims_cores(base);
}

int claims_blocks_make(const struct options *base, const struct chosen *chosen, struct claims_blocks *ret_blocks)
{
    int status = 0;

    *ret_blocks = (struct claims_blocks){.cores = claims_cores(base)};
    for (unsigned i = 0; i < chosen->count; i++) {
        const struct claim_file *claim = chosen->claims[i];
        const cJSON *experiment;

        if (lacks_cores(base, claim))
            continue;
        cJSON_ArrayForEach(experiment, field(claim->file.json, "experiments")) {
            if (status == 0 && is_measured(base, claim, experiment))
                status = need_block(ret_blocks, base, claim, experiment);
        }
        if (status == 0)
            note_memory(ret_blocks, claim);
    }
    for (unsigned i = 0; status == 0 && i < chosen->count; i++)
        group_claim(ret_blocks, chosen->claims[i]);
    return status;
}

void claims_blocks_release(struct claims_blocks *blocks)
{
    for (unsigned i = 0; i < blocks->count; i++) {
        struct claims_block *block = &blocks->items[i];

        for (int batch = 0; batch < CLAIMS_BATCHES_MOST; batch++)
            cJSON_Delete(block->measured[batch]);
        cJSON_free(block->key);
        free(block->program);
    }
    free(blocks->items);
    *blocks = (struct claims_blocks){.count = 0};
}
