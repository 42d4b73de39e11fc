// SPDX-License-Identifier: MIT
#include "reports/document/fields.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"

// Longest name between two dots of a path.
#define MAX_NAME 64

const cJSON *field(const cJSON *object, const char *path)
{
    while (cJSON_IsObject(object)) {
        size_t length = strcspn(path, ".");
        char name[MAX_NAME];

        if (length >= sizeof name)
            return NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        object = cJSON_GetObjectItemCaseSensitive(object, name);
        if (path[length] == '\0')
            return cJSON_IsNull(object) ? NULL : object;
        path += length + 1;
    }
    return NULL;
}

double field_number(const cJSON *object, const char *path)
{
    const cJSON *item = field(object, path);

    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

const char *field_text(const cJSON *object, const char *path)
{
    const cJSON *item = field(object, path);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool field_is(const cJSON *object, const char *path, const char *text)
{
    const char *found = field_text(object, path);

    return found != NULL && strcmp(found, text) == 0;
}

bool cell_ok(const cJSON *cell)
{
    return field_is(cell, "status", "ok");
}

bool cell_competes(const cJSON *cell)
{
    return cell_ok(cell) && !cJSON_IsTrue(field(cell, "pretends"));
}

bool sample_ok(const cJSON *sample)
{
    return field_is(sample, "status", "ok") && field_number(sample, "wall_ns") > 0;
}

size_t sample_numbers(const cJSON *cell, const char *path, double *values)
{
    const cJSON *sample;
    size_t n = 0;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        double value = sample_ok(sample) ? field_number(sample, path) : NAN;

        if (!isnan(value))
            values[n++] = value;
    }
    return n;
}

size_t sample_count(const cJSON *cell)
{
    return (size_t)cJSON_GetArraySize(field(cell, "samples"));
}

double sample_median(const cJSON *cell, const char *path)
{
    double *values = calloc(sample_count(cell) + 1, sizeof *values);
    double median = NAN;
    size_t n;

    if (values == NULL)
        return NAN;
    n = sample_numbers(cell, path, values);
    if (n > 0) {
        stats_sort(values, n);
        median = stats_median(values, n);
    }
    free(values);
    return median;
}
