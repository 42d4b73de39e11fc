// SPDX-License-Identifier: MIT
// Figures of a claim, and the runtimes that it is tested on as well.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "claims/reader/claim.h"
#include "claims/reader/metrics.h"
#include "claims/reader/parts.h"

#define BOUND_MOST 1e18

static const char *const figure_members[] = {"name", "metric",    "class",   "experiment", "model",
                                             "over", "confirmed", "refuted", NULL};
static const char *const over_members[] = {"metric", "class", "experiment", "model", NULL};
static const char *const real_members[] = {"runtime", "models", "experiments", NULL};

// The experiment that a figure, or what it is over, is of: the one it names, or else the only one.
static const cJSON *experiment_of(const cJSON *root, const cJSON *object, const cJSON *otherwise)
{
    const cJSON *experiments = json_member(root, "experiments"), *name = json_member(object, "experiment");

    if (name != NULL)
        return cJSON_IsString(name) ? json_member(experiments, name->valuestring) : NULL;
    if (otherwise != NULL)
        return otherwise;
    return experiments->child->next == NULL ? experiments->child : NULL;
}

static bool has_model(const cJSON *experiment, const char *model)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json_member(experiment, "models")) {
        if (strcmp(item->valuestring, model) == 0)
            return true;
    }
    return false;
}

static int check_model(struct json_fault *fault, const cJSON *parent, const cJSON *value, const cJSON *experiment)
{
    if (cJSON_IsString(value) && has_model(experiment, value->valuestring))
        return 0;
    return json_refuse_member(fault, parent, value, "a model of the experiment", "one of its \"models\"");
}

// One model, or several: a figure of each.
static int check_models(struct json_fault *fault, const cJSON *object, const cJSON *experiment)
{
    const cJSON *model = json_member(object, "model"), *item;

    if (json_member(experiment, "script") != NULL)
        return model == NULL ? 0 : json_refuse_member(fault, object, model, "possible with a script", "no model");
    if (model == NULL)
        return json_refuse(fault, "no model", "\"model\":\"threads\"");
    if (!cJSON_IsArray(model))
        return check_model(fault, object, model, experiment);
    if (model->child == NULL)
        return json_refuse_member(fault, object, model, "a list of models", "one at least");
    json_path_enter(&fault->path, object, model);
    cJSON_ArrayForEach(item, model) {
        int err = check_model(fault, model, item, experiment);

        if (err != 0)
            return err;
    }
    json_path_leave(&fault->path);
    return 0;
}

// What a script prints may be called anything.
static int check_metric(struct json_fault *fault, const cJSON *object, const cJSON *experiment, bool optional)
{
    const cJSON *name = json_member(object, "metric"), *class = json_member(object, "class");
    char names[CLAIM_METRIC_NAMES];
    struct claim_metric metric;
    int err = parts_text(fault, object, "metric", PARTS_LINE / 4, optional);

    if (err == 0)
        err = parts_text(fault, object, "class", PARTS_LINE / 4, true);
    if (err != 0 || name == NULL || json_member(experiment, "script") != NULL)
        return err;
    if (!claim_metric_find(name->valuestring, &metric))
        return json_refuse_member(fault, object, name, "a metric", claim_metric_names(names));
    return class == NULL || metric.of_class ? 0
                                            : json_refuse_member(fault, object, class, "possible with this metric",
                                                                 "one of tasks' times, such as lateness");
}

static int refuse_experiment(struct json_fault *fault, const cJSON *object)
{
    const cJSON *name = json_member(object, "experiment");

    if (name == NULL)
        return json_refuse(fault, "no experiment",
                           "\"experiment\":\"…\", one of \"experiments\", where there are several");
    return json_refuse_member(fault, object, name, "an experiment of this claim", "one of \"experiments\"");
}

static int check_over(struct json_fault *fault, const cJSON *root, const cJSON *figure, const cJSON *experiment)
{
    const cJSON *over = json_member(figure, "over"), *other;
    int err;

    if (over == NULL)
        return 0;
    if (!cJSON_IsObject(over))
        return json_refuse_member(fault, figure, over, "what it is over", "an object such as {\"model\":\"gil\"}");
    json_path_enter(&fault->path, figure, over);
    err = json_check_keys(fault, over, over_members, "model, experiment, metric and class, each once");
    other = err == 0 ? experiment_of(root, over, experiment) : NULL;
    if (err == 0 && other == NULL)
        err = refuse_experiment(fault, over);
    if (err == 0)
        err = check_metric(fault, over, other, true);
    if (err == 0 && json_member(over, "model") != NULL)
        err = check_model(fault, over, json_member(over, "model"), other);
    if (err == 0 && over->child == NULL)
        err = json_refuse(fault, "nothing it is over", "a model, an experiment or a metric");
    if (err == 0)
        json_path_leave(&fault->path);
    return err;
}

double claim_bound(const cJSON *bound, bool *ret_at_most)
{
    const cJSON *most = json_member(bound, "at_most");

    *ret_at_most = most != NULL;
    return cJSON_GetNumberValue(most != NULL ? most : json_member(bound, "at_least"));
}

static int check_bound(struct json_fault *fault, const cJSON *figure, const char *name)
{
    const cJSON *bound = json_member(figure, name), *value = bound != NULL ? bound->child : NULL;

    if (cJSON_IsObject(bound) && value != NULL && value->next == NULL && cJSON_IsNumber(value) &&
        fabs(value->valuedouble) <= BOUND_MOST &&
        (strcmp(value->string, "at_most") == 0 || strcmp(value->string, "at_least") == 0))
        return 0;
    return json_refuse_member(fault, figure, bound, "a bound", "{\"at_most\":1.2} or {\"at_least\":1.4}");
}

// Both or none; opposite to each other, with room between them for what is neither.
static int check_bounds(struct json_fault *fault, const cJSON *figure)
{
    const cJSON *confirmed = json_member(figure, "confirmed"), *refuted = json_member(figure, "refuted");
    bool confirmed_below, refuted_below;
    double yes, no;
    int err;

    if (confirmed == NULL && refuted == NULL)
        return 0;
    if (confirmed == NULL || refuted == NULL)
        return json_refuse(fault, confirmed == NULL ? "refuted without confirmed" : "confirmed without refuted",
                           "both bounds, or none of a figure that is only shown");
    err = check_bound(fault, figure, "confirmed");
    if (err == 0)
        err = check_bound(fault, figure, "refuted");
    if (err != 0)
        return err;
    yes = claim_bound(confirmed, &confirmed_below);
    no = claim_bound(refuted, &refuted_below);
    if (confirmed_below != refuted_below && (confirmed_below ? yes < no : no < yes))
        return 0;
    return json_refuse_member(fault, figure, refuted, "the other side of \"confirmed\", with room between",
                              "such as {\"at_least\":1.4} where that is {\"at_most\":1.2}");
}

int parts_figure(struct json_fault *fault, const cJSON *root, const cJSON *object)
{
    const cJSON *experiment = experiment_of(root, object, NULL);
    int err = json_check_keys(fault, object, figure_members,
                              "name, metric, class, experiment, model, over, confirmed and refuted, each once");

    if (err == 0)
        err = parts_text(fault, object, "name", PARTS_LINE / 4, false);
    if (err == 0 && experiment == NULL)
        err = refuse_experiment(fault, object);
    if (err == 0)
        err = check_metric(fault, object, experiment, false);
    if (err == 0)
        err = check_models(fault, object, experiment);
    if (err == 0)
        err = check_over(fault, root, object, experiment);
    return err == 0 ? check_bounds(fault, object) : err;
}

// Of each experiment that the runtime has another for: that other, whose models are the runtime's own.
static int check_replaced(struct json_fault *fault, const cJSON *root, const cJSON *object)
{
    const cJSON *experiments = json_member(root, "experiments"), *replaced = json_member(object, "experiments"), *item;
    const cJSON *model;

    if (replaced == NULL)
        return 0;
    if (!cJSON_IsObject(replaced) || replaced->child == NULL)
        return json_refuse_member(fault, object, replaced, "experiments by experiment",
                                  "an object such as {\"two\":\"hashlib\"}");
    json_path_enter(&fault->path, object, replaced);
    cJSON_ArrayForEach(item, replaced) {
        const cJSON *other = cJSON_IsString(item) ? json_member(experiments, item->valuestring) : NULL;

        if (json_member(experiments, item->string) == NULL || other == NULL)
            return json_refuse_member(fault, replaced, item, "an experiment for another",
                                      "two of \"experiments\", such as \"two\":\"hashlib\"");
        cJSON_ArrayForEach(model, json_member(object, "models")) {
            if (cJSON_IsString(model) && !has_model(other, model->valuestring))
                return json_refuse_member(fault, replaced, item, "an experiment of this runtime",
                                          "one under each of its models");
        }
    }
    json_path_leave(&fault->path);
    return 0;
}

int parts_real(struct json_fault *fault, const cJSON *root, const cJSON *object)
{
    const cJSON *models = json_member(object, "models"), *item;
    int err = json_check_keys(fault, object, real_members, "runtime, models and experiments, each once");

    if (err == 0)
        err = parts_text(fault, object, "runtime", PARTS_NAME, false);
    if (err == 0 && models == NULL)
        err = json_refuse(fault, "no models", "\"models\":{\"gil\":\"python-threads\"}");
    if (err == 0 && (!cJSON_IsObject(models) || models->child == NULL))
        err = json_refuse_member(fault, object, models, "models by model",
                                 "an object such as {\"gil\":\"python-threads\"}");
    if (err != 0)
        return err;
    json_path_enter(&fault->path, object, models);
    cJSON_ArrayForEach(item, models) {
        if (!cJSON_IsNull(item) && json_check_name(fault, models, item, PARTS_LINE / 4) != 0)
            return -EINVAL;
    }
    json_path_leave(&fault->path);
    return check_replaced(fault, root, object);
}
