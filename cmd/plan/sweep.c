// SPDX-License-Identifier: MIT
#include "cmd/plan/sweep.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/command.h"
#include "measure/base/cpus.h"
#include "measure/base/utf8.h"
#include "measure/machine/environment.h"

static const char *const axis_names[] = {"rate", "concurrency", "tasks", "argument", "cpus"};

static enum quantity quantity_of(enum argument_kind kind)
{
    return kind == ARGUMENT_SIZE ? QUANTITY_SIZE : kind == ARGUMENT_DURATION ? QUANTITY_DURATION : QUANTITY_COUNT;
}

static bool has_several(const struct workload_kind *kind, const char *argument)
{
    return kind != NULL && kind->argument != ARGUMENT_TEXT && isdigit((unsigned char)argument[0]) &&
           (strchr(argument, ',') != NULL || strstr(argument, "..") != NULL);
}

static int add_text(struct sweep_texts *texts, const char *head, int head_length, const char *rest)
{
    struct sweep_text *item = &texts->items[texts->count];

    if (asprintf(&item->text, "%.*s%s%s", head_length, head, item->label, rest) < 0) {
        item->text = NULL;
        return complain("out of memory");
    }
    texts->count++;
    return 0;
}

// "crunch:256m,1s": no several values, but the parts of one.
static bool is_one(const char *typed)
{
    struct workload workload = {.kind = NULL};
    char error[WORKLOAD_ERROR];
    bool one = workload_make(typed, 1, &workload, error) == 0;

    workload_release(&workload);
    return one;
}

int sweep_expand(const char *typed, struct sweep_texts *ret_texts)
{
    size_t length = strcspn(typed, ":");
    const struct workload_kind *kind = workload_find(typed, length);
    const char *argument = typed[length] == ':' ? typed + length + 1 : "", *rest;
    char expected[RANGE_EXPECTED], unused[RANGE_EXPECTED], plain[WORKLOAD_LABEL];
    struct range range;
    int status = 0;

    *ret_texts = (struct sweep_texts){.count = 0};
    if (!has_several(kind, argument))
        return add_text(ret_texts, typed, (int)strlen(typed), "");
    if (range_parse(argument, quantity_of(kind->argument), &range, &rest, expected) != 0 &&
        units_set_apart(typed, plain, sizeof plain) &&
        range_parse(plain + length + 1, quantity_of(kind->argument), &range, &rest, unused) == 0)
        return complain_set_apart("workload", typed, plain);
    if (range_parse(argument, quantity_of(kind->argument), &range, &rest, expected) != 0 && is_one(typed))
        return add_text(ret_texts, typed, (int)strlen(typed), "");
    if (range_parse(argument, quantity_of(kind->argument), &range, &rest, expected) != 0)
        return complain("--workload: invalid value '%.*s': expected %s", UTF8_CLIPPED(typed, 60),
                        expected[0] != '\0'
                            ? expected
                            : "values and ranges with their units such as fib:10,20..30 or sleep:1ms,10ms");
    for (unsigned i = 0; status == 0 && i < range.count; i++) {
        ret_texts->items[i].value = range.values[i];
        range_write(ret_texts->items[i].label, quantity_of(kind->argument), range.values[i]);
        status = add_text(ret_texts, typed, (int)length + 1, rest);
    }
    return status;
}

void sweep_texts_release(struct sweep_texts *texts)
{
    for (unsigned i = 0; i < texts->count; i++)
        free(texts->items[i].text);
    texts->count = 0;
}

static unsigned at_least_one(unsigned count)
{
    return count > 0 ? count : 1;
}

static unsigned combinations(const struct sweep_walk *walk)
{
    unsigned product = 1; // of five numbers up to 64

    for (int axis = 0; axis < SWEEP_AXES; axis++)
        product *= walk->counts[axis];
    return product;
}

int sweep_begin(struct sweep_walk *walk, const struct options *options, const struct sweep_texts *texts,
                unsigned groups, unsigned blocks)
{
    *walk = (struct sweep_walk){.options = options, .texts = texts, .axis = SWEEP_AXES, .group = groups};
    walk->counts[SWEEP_RATE] = at_least_one(options->rates.count);
    walk->counts[SWEEP_CONCURRENCY] = at_least_one(options->concurrency.count);
    walk->counts[SWEEP_TASKS] = at_least_one(options->tasks.count);
    walk->counts[SWEEP_ARGUMENT] = texts->count;
    walk->counts[SWEEP_CPUS] = at_least_one(options->cpus_count);
    for (int axis = SWEEP_AXES - 1; axis >= 0; axis--) {
        if (walk->counts[axis] > 1)
            walk->axis = (enum sweep_axis)axis;
    }
    if (blocks + combinations(walk) <= SWEEP_BLOCKS)
        return 0;
    return complain(
        "too many combinations of workloads, arguments, --rate, --tasks, --concurrency and --cpus: %u, expected at most %d",
        blocks + combinations(walk), SWEEP_BLOCKS);
}

// Counts on by one, the columns' axis first. A new group begins whenever that is through.
bool sweep_next(struct sweep_walk *walk)
{
    if (!walk->begun) {
        walk->begun = true;
        walk->group += walk->axis != SWEEP_AXES;
        return combinations(walk) > 0;
    }
    if (walk->axis == SWEEP_AXES)
        return false;
    if (++walk->at[walk->axis] < walk->counts[walk->axis])
        return true;
    walk->at[walk->axis] = 0;
    walk->group++;
    for (int axis = 0; axis < SWEEP_AXES; axis++) {
        if (axis == (int)walk->axis)
            continue;
        if (++walk->at[axis] < walk->counts[axis])
            return true;
        walk->at[axis] = 0;
    }
    return false;
}

// A count of a range of options.
static void set_count(struct sweep_point *point, uint64_t value)
{
    char text[UNITS_TEXT];

    point->value = (double)value;
    snprintf(point->label, sizeof point->label, "%s", range_write(text, QUANTITY_COUNT, value));
}

struct sweep_point sweep_point_of(const struct sweep_walk *walk)
{
    const struct sweep_text *text = &walk->texts->items[walk->at[SWEEP_ARGUMENT]];
    struct sweep_point point = {.group = walk->group, .axis = walk->axis};

    if (walk->axis == SWEEP_RATE) {
        point.value = sweep_rate(walk);
        range_write(point.label, QUANTITY_RATE, walk->options->rates.values[walk->at[SWEEP_RATE]]);
    } else if (walk->axis == SWEEP_CONCURRENCY) {
        set_count(&point, sweep_concurrency(walk));
    } else if (walk->axis == SWEEP_TASKS) {
        set_count(&point, sweep_tasks(walk));
    } else if (walk->axis == SWEEP_ARGUMENT) {
        point.value = (double)text->value;
        snprintf(point.label, sizeof point.label, "%s", text->label);
    } else if (walk->axis == SWEEP_CPUS) {
        cpus_write(&walk->options->cpus[walk->at[SWEEP_CPUS]], point.label, sizeof point.label);
    } else {
        point.group = 0;
    }
    return point;
}

const char *sweep_text(const struct sweep_walk *walk)
{
    return walk->texts->items[walk->at[SWEEP_ARGUMENT]].text;
}

double sweep_rate(const struct sweep_walk *walk)
{
    return (double)walk->options->rates.values[walk->at[SWEEP_RATE]] / 60;
}

uint32_t sweep_tasks(const struct sweep_walk *walk)
{
    return (uint32_t)walk->options->tasks.values[walk->at[SWEEP_TASKS]];
}

uint32_t sweep_concurrency(const struct sweep_walk *walk)
{
    return (uint32_t)walk->options->concurrency.values[walk->at[SWEEP_CONCURRENCY]];
}

double sweep_cpus(const struct sweep_walk *walk, struct cpus *ret_cpus)
{
    double cores = environment_cores();

    if (walk->options->cpus_count == 0) {
        cpus_allowed(ret_cpus);
        return cores;
    }
    *ret_cpus = walk->options->cpus[walk->at[SWEEP_CPUS]];
    return fmin(cpus_count(ret_cpus), cores);
}

const char *sweep_axis_name(enum sweep_axis axis)
{
    return axis_names[axis];
}

cJSON *sweep_describe(const struct sweep_point *point)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "group", point->group);
    cJSON_AddStringToObject(json, "axis", axis_names[point->axis]);
    if (point->axis == SWEEP_CPUS)
        cJSON_AddStringToObject(json, "value", point->label);
    else
        cJSON_AddNumberToObject(json, "value", point->value);
    cJSON_AddStringToObject(json, "label", point->label);
    return json;
}
