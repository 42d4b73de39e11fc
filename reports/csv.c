// SPDX-License-Identifier: MIT
// Comma-separated values: a row for each cell of a report, or for each metric of a cell of a gate.
#include <cjson/cJSON.h>
#include <math.h>

#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/export/columns.h"
#include "reports/export/items.h"
#include "reports/format.h"
#include "reports/render/gate_lines.h"

static const struct csv_column of_summary[] = {
    {"ideal_ns", ROW_BLOCK, "ideal_ns", true},
    {"rounds", ROW_CELL, "summary.n", true},
    {"rank", ROW_CELL, "summary.rank", true},
    {"tied", ROW_CELL, "summary.tied", true},
    {"kept_up", ROW_CELL, "summary.kept_up", true},
    {"capacity_low_per_s", ROW_CELL, "capacity.low_per_s", true},
    {"capacity_high_per_s", ROW_CELL, "capacity.high_per_s", true},
};

static void write_metric_headings(struct csv *csv, const struct metric *metric)
{
    char heading[64];

    csv_text(csv, metric->name);
    if (metric->from_memory)
        return;
    snprintf(heading, sizeof heading, "%s_low", metric->name);
    csv_text(csv, heading);
    snprintf(heading, sizeof heading, "%s_high", metric->name);
    csv_text(csv, heading);
}

static int write_class_headings(struct csv *csv, const char *name)
{
    int err = csv_class_heading(csv, name, "tasks");

    for (size_t i = 0; err == 0 && i < METRICS_COUNT; i++)
        if (metric_table[i].of & METRIC_OF_CLASS)
            err = csv_class_heading(csv, name, metric_table[i].name);
    return err;
}

static int write_headings(struct csv *csv, const cJSON *classes)
{
    const cJSON *class;
    int err = 0;

    csv_headings(csv, of_summary, sizeof of_summary / sizeof *of_summary);
    for (size_t i = 0; i < METRICS_COUNT; i++)
        if (metric_table[i].of != METRIC_OF_CLASS)
            write_metric_headings(csv, &metric_table[i]);
    cJSON_ArrayForEach(class, classes) {
        if (err == 0)
            err = write_class_headings(csv, class->string);
    }
    return err;
}

static void write_metric(struct csv *csv, const struct csv_row *row, enum metric_id id)
{
    const struct export_item item = {.block = row->of[ROW_BLOCK], .cell = row->of[ROW_CELL], .index = -1};
    double low, high, median = export_figure(&item, id, &low, &high);

    csv_number(csv, row->figures ? median : NAN);
    if (metric_table[id].from_memory)
        return;
    csv_number(csv, row->figures ? low : NAN);
    csv_number(csv, row->figures ? high : NAN);
}

static void write_class(struct csv *csv, const cJSON *class)
{
    csv_item(csv, field(class, "tasks"));
    for (size_t i = 0; i < METRICS_COUNT; i++)
        if (metric_table[i].of & METRIC_OF_CLASS)
            csv_number(csv, metric_median(&metric_table[i], class));
}

static void write_row(struct csv *csv, struct csv_row *row)
{
    const cJSON *classes = row->figures ? field(row->of[ROW_CELL], "summary.classes") : NULL, *class;

    csv_cell_fields(csv, row);
    csv_row(csv, of_summary, sizeof of_summary / sizeof *of_summary, row);
    for (enum metric_id id = 0; id < METRICS_COUNT; id++)
        if (metric_table[id].of != METRIC_OF_CLASS)
            write_metric(csv, row, id);
    cJSON_ArrayForEach(class, row->classes) {
        write_class(csv, csv_class(classes, class->string));
    }
    csv_end_line(csv);
}

static int csv_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    static const struct csv_kind kind = {.headings = write_headings, .rows = write_row};

    return csv_report(out, document, &kind);
}

// Shares are of 1; what base and new are in stands in the column "unit".
static const struct csv_column of_gate[] = {
    {"started", ROW_DOCUMENT, "started", false},
    {"workload", ROW_CELL, "workload", false},
    {"tasks", ROW_CELL, "tasks", false},
    {"concurrency", ROW_CELL, "concurrency", false},
    {"cpus", ROW_CELL, "cpus", false},
    {"model", ROW_CELL, "model", false},
    {"lanes", ROW_CELL, "lanes", false},
    {"status", ROW_CELL, "status", false},
    {"reason", ROW_CELL, "reason", false},
    {"metric", ROW_PART, "metric", false},
    {"unit", ROW_PART, "unit", false},
    {"base", ROW_PART, "base", false},
    {"new", ROW_PART, "new", false},
    {"change_share", ROW_PART, "change", false},
    {"change_share_low", ROW_PART, "low", false},
    {"change_share_high", ROW_PART, "high", false},
    {"least_share", ROW_PART, "least", false},
    {"allowed_share", ROW_PART, "allowed", false},
    {"pairs", ROW_PART, "n", false},
    {"batch", ROW_PART, "batch", false},
    {"verdict", ROW_PART, "verdict", false},
    {"verdict_reason", ROW_PART, "reason", false},
};

static void write_gate(struct csv *csv, const cJSON *document, const struct gate_lines *lines)
{
    csv_headings(csv, of_gate, sizeof of_gate / sizeof *of_gate);
    csv_text(csv, "control");
    csv_end_line(csv);
    for (size_t i = 0; i < lines->n; i++) {
        const struct gate_line *line = &lines->lines[i];
        const struct csv_row row = {.of = {document, NULL, line->cell, line->metric}};

        csv_row(csv, of_gate, sizeof of_gate / sizeof *of_gate, &row);
        csv_text(csv, line->control ? "true" : "false");
        csv_end_line(csv);
    }
}

static int csv_gate(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct csv csv = {.out = out};
    struct gate_lines lines;
    int err = gate_lines_make(document, &lines);

    if (err == 0)
        write_gate(&csv, document, &lines);
    gate_lines_release(&lines);
    return err;
}

const struct report_format report_format_csv = {
    .name = "csv",
    .suffix = "csv",
    .summary = "a row for each cell, or for each metric of a gate's",
    .end = csv_end,
    .gate = csv_gate,
};
