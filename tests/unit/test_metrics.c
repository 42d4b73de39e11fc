// SPDX-License-Identifier: MIT
// The table of metrics, and what repeats it: the schemas, which are for other programs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/document/metrics.h"

#define STATISTIC "#/$defs/statistic"

static cJSON *read_schema(const char *name)
{
    char path[1024], *text;
    cJSON *schema;
    FILE *file;
    size_t length;

    assert_non_null(getenv("TESTS_SOURCE"));
    snprintf(path, sizeof path, "%s/../docs/%s", getenv("TESTS_SOURCE"), name);
    file = fopen(path, "re");
    assert_non_null(file);
    text = calloc(1, 1 << 20);
    assert_non_null(text);
    length = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    schema = cJSON_ParseWithLength(text, length);
    free(text);
    assert_non_null(schema);
    return schema;
}

// Whether a property is a statistic, of a metric that may be missing or never is.
static bool is_statistic(const cJSON *property)
{
    const cJSON *choice = cJSON_GetArrayItem(field(property, "oneOf"), 0);

    return field_is(choice != NULL ? choice : property, "$ref", STATISTIC);
}

static const struct metric *metric_by_name(const char *name)
{
    for (size_t i = 0; i < METRICS_COUNT; i++) {
        if (strcmp(metric_table[i].name, name) == 0)
            return &metric_table[i];
    }
    return NULL;
}

static void expect_statistics(const cJSON *properties, unsigned of)
{
    const cJSON *property;

    assert_non_null(properties);
    cJSON_ArrayForEach(property, properties) {
        const struct metric *metric = metric_by_name(property->string);

        if (is_statistic(property) && (metric == NULL || (metric->of & of) == 0))
            fail_msg("'%s' is in report.schema.json, and no such metric (of %u) in metrics.h", property->string, of);
    }
    for (size_t i = 0; i < METRICS_COUNT; i++) {
        if ((metric_table[i].of & of) != 0 && !is_statistic(cJSON_GetObjectItem(properties, metric_table[i].name)))
            fail_msg("'%s' is a metric (of %u), and no statistic in report.schema.json", metric_table[i].name, of);
    }
}

static void test_summaries_are_those_of_the_schema(void **state)
{
    cJSON *schema = read_schema("report.schema.json");
    const cJSON *summary = field(schema, "$defs.summary.properties");

    (void)state;
    expect_statistics(summary, METRIC_OF_CELL);
    expect_statistics(field(summary, "classes.items.properties"), METRIC_OF_CLASS);
    cJSON_Delete(schema);
}

// The list of names that `metric` of a gate's document may be.
static const cJSON *find_names(const cJSON *object)
{
    const cJSON *item, *found = NULL;

    if (field(object, "properties.metric.enum") != NULL)
        return field(object, "properties.metric.enum");
    cJSON_ArrayForEach(item, object) {
        if (found == NULL && (cJSON_IsObject(item) || cJSON_IsArray(item)))
            found = find_names(item);
    }
    return found;
}

static void test_a_gate_has_those_of_the_schema(void **state)
{
    cJSON *schema = read_schema("gate.schema.json");
    const cJSON *names = find_names(schema), *name;
    int options = 0;

    (void)state;
    cJSON_ArrayForEach(name, names)
        if (metric_by_option(name->valuestring, strlen(name->valuestring)) == NULL)
            fail_msg("'%s' is in gate.schema.json, and not in metrics.h", name->valuestring);
    for (size_t i = 0; i < METRICS_COUNT; i++)
        options += metric_table[i].option != NULL;
    assert_int_equal(cJSON_GetArraySize(names), options);
    cJSON_Delete(schema);
}

// What a format needs of a row is there.
static void test_rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < METRICS_COUNT; i++) {
        const struct metric *metric = &metric_table[i];

        if (metric->column > 0 && metric->bottom == NULL && metric != &metric_table[METRIC_speedup])
            fail_msg("%s has a column without a heading", metric->name);
        if (metric->grid > 0 && metric->label == NULL)
            fail_msg("%s has a grid without a title", metric->name);
        if (metric->option != NULL && (metric->label == NULL || metric->better == NULL || metric->numerator == NULL))
            fail_msg("%s lacks what a gate says of it", metric->name);
        for (size_t j = 0; j < i; j++) {
            if ((metric->column > 0 && metric->column == metric_table[j].column) ||
                (metric->grid > 0 && metric->grid == metric_table[j].grid))
                fail_msg("%s and %s are in one place", metric->name, metric_table[j].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summaries_are_those_of_the_schema),
        cmocka_unit_test(test_a_gate_has_those_of_the_schema),
        cmocka_unit_test(test_rows_are_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
