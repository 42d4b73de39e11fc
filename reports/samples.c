// SPDX-License-Identifier: MIT
// Comma-separated values: a row for each sample.
#include <cjson/cJSON.h>

#include "reports/document/fields.h"
#include "reports/export/columns.h"
#include "reports/format.h"

#define FIGURE(name)               \
    {                              \
        name, ROW_PART, name, true \
    }
#define LATENCY(name)                                                                                         \
    {name "_p50_ns", ROW_PART, name "_ns.p50", true}, {name "_p90_ns", ROW_PART, name "_ns.p90", true},       \
        {name "_p99_ns", ROW_PART, name "_ns.p99", true}, {name "_p999_ns", ROW_PART, name "_ns.p999", true}, \
        {name "_max_ns", ROW_PART, name "_ns.max", true},                                                     \
    {                                                                                                         \
        name "_mean_ns", ROW_PART, name "_ns.mean", true                                                      \
    }

static const struct csv_column of_sample[] = {
    {"round", ROW_PART, "round", false},
    {"position", ROW_PART, "position", false},
    {"start_ns", ROW_PART, "start_ns", false},
    {"sample_status", ROW_PART, "status", false},
    {"sample_reason", ROW_PART, "reason", false},
    FIGURE("wall_ns"),
    FIGURE("setup_ns"),
    FIGURE("run_ns"),
    FIGURE("teardown_ns"),
    FIGURE("cpu_ns"),
    FIGURE("startup_cpu_ns"),
    FIGURE("trial_cpu_ns"),
    FIGURE("switches_own"),
    FIGURE("switches_forced"),
    FIGURE("peak_rss_bytes"),
    {"tasks_done", ROW_PART, "tasks", true},
    FIGURE("failed"),
    FIGURE("failed_as_expected"),
    FIGURE("in_flight"),
    LATENCY("latency"),
    LATENCY("queued"),
    LATENCY("service"),
    {"updates_expected", ROW_PART, "updates.expected", true},
    {"updates_lost", ROW_PART, "updates.lost", true},
    FIGURE("kept_up"),
    FIGURE("reached_per_s"),
    FIGURE("behind_since_ns"),
    FIGURE("latest_ns"),
    {"origin_cpu_ns", ROW_PART, "origin.cpu_ns", true},
    {"origin_requests", ROW_PART, "origin.requests", true},
    {"origin_connections", ROW_PART, "origin.connections", true},
    {"origin_bytes", ROW_PART, "origin.bytes", true},
    {"server_cpu_ns", ROW_PART, "server.cpu_ns", true},
    {"hardware_cycles", ROW_PART, "hardware.cycles", true},
    {"hardware_instructions", ROW_PART, "hardware.instructions", true},
    {"hardware_cache_misses", ROW_PART, "hardware.cache_misses", true},
    {"hardware_migrations", ROW_PART, "hardware.migrations", true},
    {"hardware_context_switches", ROW_PART, "hardware.context_switches", true},
    {"hardware_page_faults", ROW_PART, "hardware.page_faults", true},
    FIGURE("steal_share"),
    FIGURE("pressure_share"),
};

static const struct csv_column of_class[] = {
    {"tasks", ROW_PART, "tasks", true},
    {"failed", ROW_PART, "failed", true},
    LATENCY("latency"),
    LATENCY("queued"),
    LATENCY("service"),
};

static int write_headings(struct csv *csv, const cJSON *classes)
{
    const cJSON *class;
    int err = 0;

    csv_headings(csv, of_sample, sizeof of_sample / sizeof *of_sample);
    cJSON_ArrayForEach(class, classes) {
        for (size_t i = 0; err == 0 && i < sizeof of_class / sizeof *of_class; i++)
            err = csv_class_heading(csv, class->string, of_class[i].heading);
    }
    return err;
}

static void write_sample(struct csv *csv, const struct csv_row *row)
{
    const cJSON *classes = field(row->of[ROW_PART], "classes"), *class;
    struct csv_row part = *row;

    csv_cell_fields(csv, row);
    csv_row(csv, of_sample, sizeof of_sample / sizeof *of_sample, row);
    cJSON_ArrayForEach(class, row->classes) {
        part.of[ROW_PART] = csv_class(classes, class->string);
        csv_row(csv, of_class, sizeof of_class / sizeof *of_class, &part);
    }
    csv_end_line(csv);
}

static void write_rows(struct csv *csv, struct csv_row *row)
{
    const cJSON *sample;

    cJSON_ArrayForEach(sample, field(row->of[ROW_CELL], "samples")) {
        row->of[ROW_PART] = sample;
        write_sample(csv, row);
    }
}

static int samples_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    static const struct csv_kind kind = {.headings = write_headings, .rows = write_rows};

    return csv_report(out, document, &kind);
}

const struct report_format report_format_samples = {
    .name = "samples",
    .suffix = "samples.csv",
    .summary = "comma-separated values, a row for each sample of a report",
    .end = samples_end,
};
