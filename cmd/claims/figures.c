// SPDX-License-Identifier: MIT
#include "cmd/claims/figures.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "claims/reader/metrics.h"
#include "cmd/claims/commands.h"
#include "measure/base/json.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/ideals.h"

// One side of a figure: what it is, or what it is over.
struct side {
    const struct claims_block *block; // NULL: not to be measured here
    const cJSON *experiment;
    const char *metric_name, *class_name;
    const char *model;       // NULL: of a script
    char label[MODEL_LABEL]; // of the cell
    struct claim_metric metric;
    bool script, once;
};

// A figure under way.
struct work {
    const struct claims_blocks *blocks;
    const struct claim_file *claim;
    const cJSON *json, *real;
    struct side side, over;
    bool has_over;
    char missing[400]; // why there are no values; "": nothing known
    const char *cause;
};

static const cJSON *experiment_of(const struct work *work, const cJSON *object, const cJSON *otherwise)
{
    const cJSON *all = field(work->claim->file.json, "experiments");
    const char *name = field_text(object, "experiment");

    return name != NULL ? cJSON_GetObjectItemCaseSensitive(all, name) : otherwise != NULL ? otherwise : all->child;
}

static void find_label(struct side *side)
{
    struct model_choice choice;

    snprintf(side->label, sizeof side->label, "%s", side->model);
    if (model_choice_parse(side->model, &side->block->options.defaults, &choice) == 0)
        memcpy(side->label, choice.label, sizeof side->label);
}

// The model, or what stands in its place; false: nothing does.
static bool exchange(const struct work *work, struct side *side)
{
    const cJSON *other;

    if (work->real == NULL)
        return true;
    side->experiment = claims_real_experiment(work->claim, work->real, side->experiment);
    other = side->model != NULL ? cJSON_GetObjectItemCaseSensitive(field(work->real, "models"), side->model) : NULL;
    side->model = cJSON_GetStringValue(other);
    return side->model != NULL;
}

static bool fill_side(const struct work *work, struct side *side, const char *model)
{
    side->model = model;
    if (!exchange(work, side))
        return false;
    side->script = field(side->experiment, "script") != NULL;
    side->block = claims_blocks_find(work->blocks, work->claim, side->experiment);
    if (!side->script)
        claim_metric_find(side->metric_name, &side->metric);
    side->once = side->script || side->metric.from_memory;
    if (side->block != NULL && side->model != NULL)
        find_label(side);
    return true;
}

// What it is over: the same but for what is said. False: it has none in the place of a model.
static bool fill_over(struct work *work, const char *model)
{
    const cJSON *over = field(work->json, "over");
    const char *metric = field_text(over, "metric"), *class = field_text(over, "class");
    const char *other = field_text(over, "model");

    work->has_over = over != NULL;
    if (over == NULL)
        return true;
    work->over.experiment = experiment_of(work, over, work->side.experiment);
    work->over.metric_name = metric != NULL ? metric : work->side.metric_name;
    work->over.class_name = class != NULL || metric != NULL ? class : work->side.class_name;
    return fill_side(work, &work->over, other != NULL ? other : model);
}

static const cJSON *cell_of(const struct side *side, int batch)
{
    return side->block != NULL && side->block->measured[batch] != NULL
               ? block_cell(side->block->measured[batch], side->label)
               : NULL;
}

// Why a side has no value in that batch; the first reason stays.
static void note_missing(struct work *work, const struct side *side, int batch)
{
    const cJSON *measured = side->block != NULL ? side->block->measured[batch] : NULL;
    const cJSON *cell = side->script ? NULL : cell_of(side, batch);
    const char *reason = cell != NULL ? field_text(cell, "reason") : NULL;

    if (work->missing[0] != '\0' || side->block == NULL)
        return;
    if (side->script && measured != NULL)
        reason = field_text(measured, "reason");
    if (reason != NULL && cell != NULL) {
        snprintf(work->missing, sizeof work->missing, "%.100s %.10s: %.250s", side->label, field_text(cell, "status"),
                 reason);
        work->cause = field_is(cell, "status", "skipped") ? "missing" : "failed";
    } else if (reason != NULL) {
        snprintf(work->missing, sizeof work->missing, "%.390s", reason);
        work->cause = field_is(measured, "status", "skipped") ? "missing" : "failed";
    } else if (side->block->excuse[0] != '\0') {
        snprintf(work->missing, sizeof work->missing, "%s", side->block->excuse);
        work->cause = side->block->cause;
    }
}

static const cJSON *sample_of(const cJSON *cell, unsigned round)
{
    const cJSON *sample;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        if (field_number(sample, "round") == round && sample_ok(sample))
            return sample;
    }
    return NULL;
}

static double value_of(const struct side *side, int batch, unsigned round)
{
    const cJSON *measured = side->block != NULL ? side->block->measured[batch] : NULL, *cell, *sample;

    if (measured == NULL)
        return NAN;
    if (side->script)
        return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(field(measured, "values"), side->metric_name));
    cell = cell_of(side, batch);
    // A failed trial voids whatever the others of its cell say.
    if (cell == NULL || !cell_ok(cell))
        return NAN;
    if (side->metric.from_memory)
        return field_number(cell, side->metric.numerator);
    sample = sample_of(cell, round);
    if (sample == NULL)
        return NAN;
    return side->metric.of_ideal ? ideal_share(measured, cell, sample)
                                 : claim_metric_of(&side->metric, sample, side->class_name);
}

// The value of a round, or of a batch; over another, the ratio, of which both must be there.
static double ratio_of(struct work *work, int batch, unsigned round)
{
    double value = value_of(&work->side, batch, round), over;

    if (isnan(value))
        note_missing(work, &work->side, batch);
    if (isnan(value) || !work->has_over)
        return value;
    over = value_of(&work->over, batch, round);
    if (isnan(over))
        note_missing(work, &work->over, batch);
    if (over == 0 && work->missing[0] == '\0') {
        snprintf(work->missing, sizeof work->missing, "what it is over is 0");
        work->cause = "few";
    }
    return over > 0 ? value / over : NAN;
}

static cJSON *values_of(struct work *work, int batch)
{
    bool once = work->side.once && (!work->has_over || work->over.once);
    cJSON *values = cJSON_CreateArray();

    for (unsigned round = 1; round <= (once ? 1 : CLAIMS_ROUNDS); round++) {
        double value = ratio_of(work, batch, round);

        if (isfinite(value))
            cJSON_AddItemToArray(values, cJSON_CreateNumber(value));
    }
    return values;
}

static const char *unit_of(const struct work *work)
{
    static const char *const names[] = {
        [METRIC_NS] = "ns",       [METRIC_BYTES] = "bytes", [METRIC_COUNT] = "count", [METRIC_QUANTITY] = "count",
        [METRIC_PER_S] = "per_s", [METRIC_SHARE] = "share", [METRIC_RATIO] = "count",
    };

    if (work->has_over)
        return "ratio";
    return work->side.script ? "count" : names[work->side.metric.unit];
}

static void add_over(cJSON *figure, const struct work *work)
{
    cJSON *over;

    if (!work->has_over) {
        cJSON_AddNullToObject(figure, "over");
        return;
    }
    over = cJSON_AddObjectToObject(figure, "over");
    cJSON_AddStringToObject(over, "experiment", work->over.experiment->string);
    json_add_text(over, "model", work->over.model);
    cJSON_AddStringToObject(over, "metric", work->over.metric_name);
    json_add_text(over, "class", work->over.class_name);
}

static void add_bound(cJSON *figure, const struct work *work, const char *name)
{
    const cJSON *bound = cJSON_GetObjectItemCaseSensitive(work->json, name);

    cJSON_AddItemToObject(figure, name, bound != NULL ? cJSON_Duplicate(bound, true) : cJSON_CreateNull());
}

// Of several models, each in its own figure's name.
static void add_name(cJSON *figure, const struct work *work, bool one_of_several)
{
    char name[300];

    snprintf(name, sizeof name, "%.120s%s%.120s", field_text(work->json, "name"), one_of_several ? ": " : "",
             one_of_several ? work->side.model : "");
    cJSON_AddStringToObject(figure, "name", name);
}

// Counts and bytes do not depend on who else computes.
static bool is_timed(const struct side *side)
{
    return !side->script && !side->metric.from_memory &&
           (side->metric.unit == METRIC_NS || side->metric.unit == METRIC_PER_S || side->metric.of_ideal ||
            side->metric.unit == METRIC_RATIO);
}

// What others took of the CPUs' time in that batch; NAN: unknown, or of no matter.
static double others_of(const struct work *work, int batch)
{
    const struct side *sides[] = {&work->side, &work->over};
    double most = NAN;

    for (int i = 0; i < 1 + work->has_over; i++) {
        const struct claims_block *block = sides[i]->block;

        if (block != NULL && is_timed(sides[i]) && block->measured[batch] != NULL && block->others[batch] >= 0)
            most = fmax(most, block->others[batch]);
    }
    return most;
}

// So many it has at least, if some without values.
static int batches_of(const struct work *work)
{
    unsigned batches = work->side.block != NULL ? work->side.block->batches : 0;

    return batches > CLAIMS_BATCHES ? (int)batches : CLAIMS_BATCHES;
}

static void add_values(cJSON *figure, struct work *work)
{
    cJSON *batches = cJSON_AddArrayToObject(figure, "batches"), *shares = cJSON_CreateArray();
    double most = NAN;

    for (int batch = 0; batch < batches_of(work); batch++) {
        double others = others_of(work, batch);

        cJSON_AddItemToArray(batches, values_of(work, batch));
        cJSON_AddItemToArray(shares, isnan(others) ? cJSON_CreateNull() : cJSON_CreateNumber(others));
        most = fmax(most, others);
    }
    json_add_number(figure, "others_share", !isnan(most), most);
    cJSON_AddItemToObject(figure, "others_shares", shares);
    json_add_text(figure, "missing", work->missing);
    json_add_text(figure, "cause", work->missing[0] != '\0' ? work->cause : NULL);
    cJSON_AddNumberToObject(figure, "n", 0);
    cJSON_AddNullToObject(figure, "median");
    cJSON_AddNullToObject(figure, "low");
    cJSON_AddNullToObject(figure, "high");
    cJSON_AddNullToObject(figure, "verdict");
    cJSON_AddNullToObject(figure, "reason");
}

// A figure of one model; of a script `model` is NULL.
static void add_figure(cJSON *list, struct work work, const char *model, bool one_of_several)
{
    cJSON *figure;

    work.side.experiment = experiment_of(&work, work.json, NULL);
    work.side.metric_name = field_text(work.json, "metric");
    work.side.class_name = field_text(work.json, "class");
    if (!fill_side(&work, &work.side, model) || !fill_over(&work, model))
        return;
    figure = cJSON_CreateObject();
    add_name(figure, &work, one_of_several);
    cJSON_AddStringToObject(figure, "metric", work.side.metric_name);
    json_add_text(figure, "class", work.side.class_name);
    cJSON_AddStringToObject(figure, "unit", unit_of(&work));
    cJSON_AddBoolToObject(figure, "once", work.side.once && (!work.has_over || work.over.once));
    cJSON_AddStringToObject(figure, "experiment", work.side.experiment->string);
    json_add_text(figure, "model", work.side.model);
    add_over(figure, &work);
    add_bound(figure, &work, "confirmed");
    add_bound(figure, &work, "refuted");
    add_values(figure, &work);
    cJSON_AddItemToArray(list, figure);
}

// A claim that is not measured since there are too few cores has no blocks of its own.
static void excuse_cores(struct work *work)
{
    double needed = field_number(work->claim->file.json, "needs.cores");
    double cores = work->blocks->cores;

    if (!(needed > cores))
        return;
    snprintf(work->missing, sizeof work->missing, "%.0f cores are needed, %.3g may be used", needed, cores);
    work->cause = "cores";
}

cJSON *claims_figures(const struct claims_blocks *blocks, const struct claim_file *claim, const cJSON *real)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *figure, *model;

    cJSON_ArrayForEach(figure, field(claim->file.json, "figures")) {
        struct work work = {.blocks = blocks, .claim = claim, .json = figure, .real = real};
        const cJSON *of = field(figure, "model");

        excuse_cores(&work);
        if (!cJSON_IsArray(of))
            add_figure(list, work, cJSON_GetStringValue(of), false);
        else
            cJSON_ArrayForEach(model, of)
                add_figure(list, work, model->valuestring, cJSON_GetArraySize(of) > 1);
    }
    return list;
}
