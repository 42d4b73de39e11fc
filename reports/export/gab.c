// SPDX-License-Identifier: MIT
#include "reports/export/gab.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/export/items.h"
#include "reports/export/marks.h"
#include "reports/export/number.h"

// Below a chart's point: "95 % interval 19900000 to 20300000 ns\n7 rounds".
static void write_extra(FILE *out, const struct export_item *item, enum metric_id id, double low, double high)
{
    if (metric_table[id].from_memory) {
        fputs("one memory trial", out);
        return;
    }
    if (!isnan(low) && !isnan(high)) {
        fputs("95 % interval ", out);
        export_write_number(out, low);
        fputs(" to ", out);
        export_write_number(out, high);
        fprintf(out, " %s\n", export_unit(id));
    }
    fprintf(out, "%.0f round%s", field_number(item->cell, "summary.n"),
            text_plural(field_number(item->cell, "summary.n")));
}

static int add_extra(cJSON *result, const struct export_item *item, enum metric_id id, double low, double high,
                     const char *marks)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    write_extra(text.out, item, id, low, high);
    fprintf(text.out, "%s%s", marks[0] != '\0' ? "\n" : "", marks);
    err = text_stream_close(&text);
    if (err == 0)
        cJSON_AddStringToObject(result, "extra", text.text);
    free(text.text);
    return err;
}

// The larger distance to either end of the interval, as the action reads it: "± 200000".
static int add_range(cJSON *result, double value, double low, double high)
{
    struct text_stream text;
    int err;

    if (isnan(low) || isnan(high))
        return 0;
    err = text_stream_open(&text);
    if (err != 0)
        return err;
    fputs("± ", text.out);
    export_write_number(text.out, fmax(value - low, high - value));
    err = text_stream_close(&text);
    if (err == 0)
        cJSON_AddStringToObject(result, "range", text.text);
    free(text.text);
    return err;
}

static int add_result(cJSON *results, const struct export_item *item, enum metric_id id, const char *marks)
{
    double low, high, value = export_figure(item, id, &low, &high);
    char *name;
    cJSON *result;
    int err;

    if (isnan(value))
        return 0;
    if (asprintf(&name, "%s %s", item->name, metric_table[id].name) < 0)
        return -ENOMEM;
    result = cJSON_CreateObject();
    cJSON_AddItemToArray(results, result);
    cJSON_AddStringToObject(result, "name", name);
    free(name);
    cJSON_AddStringToObject(result, "unit", export_unit(id));
    cJSON_AddNumberToObject(result, "value", value);
    err = add_range(result, value, low, high);
    return err == 0 ? add_extra(result, item, id, low, high, marks) : err;
}

static int add_item(cJSON *results, const struct export_item *item, bool bigger, const char *marks)
{
    enum metric_id id;
    int err = 0;

    for (size_t at = 0; err == 0 && (id = export_followed(item, at)) != METRICS_COUNT; at++)
        if ((metric_table[id].unit == METRIC_PER_S) == bigger)
            err = add_result(results, item, id, marks);
    return err;
}

int gab_write(FILE *out, const cJSON *document, bool bigger)
{
    struct export_items items;
    int err = export_items_make(document, EXPORT_NAMES_PLAIN, &items);
    char *marks = export_marks(document, NULL);
    cJSON *results = cJSON_CreateArray();

    if (marks == NULL)
        err = -ENOMEM;
    for (size_t i = 0; err == 0 && i < items.n; i++)
        err = add_item(results, &items.items[i], bigger, marks);
    if (err == 0)
        err = export_write_json(out, results);
    cJSON_Delete(results);
    free(marks);
    export_items_release(&items);
    return err;
}
