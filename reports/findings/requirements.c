// SPDX-License-Identifier: MIT
#include "reports/findings/requirements.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/statistic.h"

#define VALUE 40
#define EXPECTED "p50, p90, p99, p999, slowest, time, cpu, throughput or memory"

// Names of their own, and those that a gate has.
static const struct {
    const char *name;
    enum metric_id metric;
} names[] = {
    {"p50", METRIC_latency_p50_ns},    {"p90", METRIC_latency_p90_ns},     {"p99", METRIC_latency_p99_ns},
    {"p999", METRIC_latency_p999_ns},  {"slowest", METRIC_latency_max_ns}, {"time", METRIC_wall_ns},
    {"cpu", METRIC_cpu_per_task_ns},   {"memory", METRIC_memory_bytes},    {"throughput", METRIC_throughput_per_s},
    {"p99.9", METRIC_latency_p999_ns}, // as the table calls it
};

// Of the metric that the text ends with, by itself or behind a point, which comes after `ret_class_length` bytes. NULL: none.
static const struct metric *metric_named(const char *text, size_t length, size_t *ret_class_length)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t own = strlen(names[i].name);

        if (own > length || strncmp(names[i].name, text + length - own, own) != 0)
            continue;
        if (own < length && text[length - own - 1] != '.')
            continue;
        *ret_class_length = own < length ? length - own - 1 : 0;
        return &metric_table[names[i].metric];
    }
    return NULL;
}

// Cuts the blanks at both ends.
static void trim(const char **text, size_t *length)
{
    while (*length > 0 && **text == ' ') {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && (*text)[*length - 1] == ' ')
        (*length)--;
}

// Where "<=" or ">=" begins; NULL: nowhere.
static const char *find_operator(const char *text, size_t length)
{
    for (const char *c = text; c + 1 < text + length; c++) {
        if ((*c == '<' || *c == '>') && c[1] == '=')
            return c;
    }
    return NULL;
}

static int parse_bound(const char *text, struct requirement *requirement, char expected[REQUIREMENT_EXPECTED])
{
    enum metric_unit unit = requirement->metric->unit;
    uint64_t whole = 0;
    bool constant;
    int err;

    if (unit == METRIC_PER_S)
        err = strchr(text, ':') == NULL ? units_parse_rate(text, &requirement->bound, &constant) : -EINVAL;
    else
        err = unit == METRIC_BYTES ? units_parse_size(text, &whole) : units_parse_duration(text, &whole);
    if (unit != METRIC_PER_S)
        requirement->bound = (double)whole;
    if (err == 0)
        return 0;
    snprintf(expected, REQUIREMENT_EXPECTED, "%s",
             unit == METRIC_PER_S   ? "a rate such as 2k/s"
             : unit == METRIC_BYTES ? "a size such as 64m"
                                    : "a time such as 40ms");
    return -EINVAL;
}

// What stands before the operator: the metric, and before its last point a class.
static int parse_subject(const char *text, size_t length, struct requirement *requirement,
                         char expected[REQUIREMENT_EXPECTED])
{
    size_t class_length = 0;
    bool of_class;

    requirement->metric = metric_named(text, length, &class_length);
    of_class = class_length > 0 || (length > 0 && text[0] == '.');
    if (requirement->metric == NULL)
        snprintf(expected, REQUIREMENT_EXPECTED, EXPECTED);
    else if (of_class && (class_length == 0 || class_length >= REQUIREMENT_CLASS))
        snprintf(expected, REQUIREMENT_EXPECTED, "the name of a class before the point, of at most %d bytes",
                 REQUIREMENT_CLASS - 1);
    else if (of_class && !(requirement->metric->of & METRIC_OF_CLASS))
        snprintf(expected, REQUIREMENT_EXPECTED, "p50, p99 or slowest of a class");
    else
        return snprintf(requirement->class_name, REQUIREMENT_CLASS, "%.*s", (int)class_length, text) < 0 ? -EINVAL : 0;
    return -EINVAL;
}

int requirement_parse(const char *text, size_t length, struct requirement *ret_requirement,
                      char expected[REQUIREMENT_EXPECTED])
{
    const char *sign = find_operator(text, length), *value = sign != NULL ? sign + 2 : text;
    size_t value_length = length - (size_t)(value - text), subject_length = sign != NULL ? (size_t)(sign - text) : 0;
    char bound[VALUE + 1];

    *ret_requirement = (struct requirement){.at_least = sign != NULL && *sign == '>'};
    trim(&value, &value_length);
    trim(&text, &subject_length);
    if (sign == NULL || value_length > VALUE) {
        snprintf(expected, REQUIREMENT_EXPECTED, "one such as p99<=40ms or throughput>=2k/s");
        return -EINVAL;
    }
    snprintf(bound, sizeof bound, "%.*s", (int)value_length, value);
    if (parse_subject(text, subject_length, ret_requirement, expected) != 0)
        return -EINVAL;
    return parse_bound(bound, ret_requirement, expected);
}

// Of the class's summary, or the cell's. NULL: it has no such class.
static const cJSON *summary_of(const cJSON *cell, const struct requirement *requirement)
{
    const cJSON *class;

    if (requirement->class_name[0] == '\0')
        return field(cell, "summary");
    cJSON_ArrayForEach(class, field(cell, "summary.classes")) {
        if (field_is(class, "name", requirement->class_name))
            return class;
    }
    return NULL;
}

// As many readings as --memory-rounds asked for, as a statistic. To be deleted; NULL: none, or no memory.
static cJSON *memory_statistic(const cJSON *cell, const struct metric *metric)
{
    const cJSON *readings = field(cell, "memory.readings"), *reading;
    double *values = calloc((size_t)cJSON_GetArraySize(readings) + 1, sizeof *values);
    cJSON *object = cJSON_CreateObject();
    size_t n = 0;

    cJSON_ArrayForEach(reading, readings)
        if (values != NULL)
            values[n++] = fmax(cJSON_GetNumberValue(reading), metric->floor);
    if (values != NULL && object != NULL)
        statistic_set(object, metric->name, values, n);
    free(values);
    return object;
}

struct judgement {
    enum requirement_verdict verdict;
    double median, low, high; // NAN where there is none
    const char *reason;       // of what is not shown; a literal
};

static void compare(const struct requirement *requirement, struct judgement *judgement)
{
    double worse = requirement->at_least ? judgement->low : judgement->high;
    double better = requirement->at_least ? judgement->high : judgement->low;
    double sign = requirement->at_least ? -1 : 1;

    if (isnan(worse) || isnan(better))
        judgement->reason = "fewer than 6 rounds";
    else if (sign * worse <= sign * requirement->bound)
        judgement->verdict = REQUIREMENT_HELD;
    else if (sign * better > sign * requirement->bound)
        judgement->verdict = REQUIREMENT_BROKEN;
    else
        judgement->reason = "the interval has the bound in it";
}

static void judge(const cJSON *block, const cJSON *cell, const struct requirement *requirement,
                  struct judgement *judgement)
{
    const struct metric *metric = requirement->metric;
    const cJSON *part = summary_of(cell, requirement), *statistic;
    cJSON *memory = metric->from_memory ? memory_statistic(cell, metric) : NULL;
    double tasks = requirement->class_name[0] != '\0' ? field_number(part, "tasks") : field_number(block, "tasks");

    *judgement = (struct judgement){.verdict = REQUIREMENT_UNSHOWN, .median = NAN, .low = NAN, .high = NAN};
    statistic = metric->from_memory ? field(memory, metric->name) : metric_statistic(metric, part);
    if (!cell_ok(cell)) {
        judgement->reason = "it gave no figures";
    } else if (part == NULL) {
        judgement->reason = "it has no such class";
    } else if (metric->percentile > 0 && tasks < (double)stats_percentile_needs(metric->percentile)) {
        judgement->reason = "too few tasks for that percentile";
    } else {
        judgement->median = field_number(statistic, "median");
        judgement->low = field_number(statistic, "low");
        judgement->high = field_number(statistic, "high");
        compare(requirement, judgement);
        if (metric->from_memory && judgement->reason != NULL && isnan(judgement->low))
            judgement->reason = "fewer than 6 memory trials (--memory-rounds=6)";
    }
    cJSON_Delete(memory);
}

static void add_number(cJSON *object, const char *name, double value)
{
    cJSON_AddItemToObject(object, name, isnan(value) ? cJSON_CreateNull() : cJSON_CreateNumber(value));
}

static int add_judgement(cJSON *list, const char *text, const struct judgement *judgement)
{
    static const char *const verdicts[] = {"held", "broken", "not shown"};
    cJSON *json = cJSON_CreateObject();

    if (json == NULL)
        return -ENOMEM;
    cJSON_AddItemToArray(list, json);
    cJSON_AddStringToObject(json, "require", text);
    cJSON_AddStringToObject(json, "verdict", verdicts[judgement->verdict]);
    add_number(json, "median", judgement->median);
    add_number(json, "low", judgement->low);
    add_number(json, "high", judgement->high);
    cJSON_AddItemToObject(json, "reason",
                          judgement->reason != NULL ? cJSON_CreateString(judgement->reason) : cJSON_CreateNull());
    return 0;
}

static int judge_cell(const cJSON *document, const cJSON *block, cJSON *cell)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *text;
    int err = list != NULL ? 0 : -ENOMEM;

    cJSON_ArrayForEach(text, field(document, "plan.require")) {
        char expected[REQUIREMENT_EXPECTED];
        struct requirement requirement;
        struct judgement judgement;

        if (err != 0 || !cJSON_IsString(text) ||
            requirement_parse(text->valuestring, strlen(text->valuestring), &requirement, expected) != 0)
            continue;
        judge(block, cell, &requirement, &judgement);
        err = add_judgement(list, text->valuestring, &judgement);
    }
    json_set(cell, "requirements", list);
    return err;
}

int requirements_judge(const cJSON *document, cJSON *block)
{
    cJSON *cell;
    int err = 0;

    // What was searched for by them is held by them.
    if (cJSON_GetArraySize(field(document, "plan.require")) == 0 || block_is_searched(block))
        return 0;
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(block, "cells")) {
        if (err == 0 && !field_is(cell, "status", "skipped"))
            err = judge_cell(document, block, cell);
    }
    return err;
}

int requirements_status(const cJSON *document)
{
    const cJSON *block, *cell, *item;
    int status = 0;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        cJSON_ArrayForEach(cell, field(block, "cells")) {
            cJSON_ArrayForEach(item, field(cell, "requirements")) {
                if (field_is(item, "verdict", "broken"))
                    return 1;
                status = field_is(item, "verdict", "not shown") ? 3 : status;
            }
        }
    }
    return status;
}
