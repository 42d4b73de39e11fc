// SPDX-License-Identifier: MIT
// The figures a report is about, one row each: where they come from, and how each format shows them. A new metric is a row
// here and a line in docs/report.schema.json; summaries, the table with its classes and sweeps, Markdown, and what a gate
// may be asked about are all made from the rows.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

enum metric_unit {
    METRIC_NS,
    METRIC_BYTES,
    METRIC_COUNT,
    METRIC_QUANTITY, // of something countable, on average
    METRIC_PER_S,
    METRIC_SHARE,
    METRIC_RATIO,
};

// What has a statistic of it in its summary; 0: nothing, as of what is read once.
enum { METRIC_OF_CELL = 1, METRIC_OF_CLASS = 2 };

struct metric {
    const char *name; // in summaries
    const char *numerator,
        *denominator; // paths in a sample or a class of one; no numerator: it follows from other figures;
    double factor;    // no denominator: 1; factor 0: 1
    double floor;     // less than this counts as this
    enum metric_unit unit;
    unsigned of;
    bool from_memory; // comes from memory trials; a report has one reading of it, in the cell
    bool of_server;   // of a server that was started for the trial
    bool more_is_better;
    const char *label;        // in words
    const char *top, *bottom; // heading of a column; a NULL bottom: the reference's name
    unsigned column;          // its place among the table's columns; 0: none of its own
    unsigned drop;            // where the terminal is narrow, the highest goes first; 0: stays
    bool verbose;             // a column only where all are asked for
    bool closed;              // says nothing where tasks arrive at times of their own
    double percentile;        // shown only where there are tasks enough for it
    unsigned grid;            // its place among the grids of a sweep; 0: none
    const char *option;       // of --metric, and in a gate's document; NULL: no gate can be about it
    const char *better;       // the word for one that got better
};

// In the order of a summary. The name in the document is that of the row.
#define METRICS(X)                                                                                                     \
    X(wall_ns, .numerator = "wall_ns", .of = METRIC_OF_CELL, .label = "time", .bottom = "time", .column = 40,          \
      .closed = true, .option = "time", .better = "faster")                                                            \
    X(setup_ns, .numerator = "setup_ns", .of = METRIC_OF_CELL, .bottom = "set-up", .column = 220, .verbose = true)     \
    X(run_ns, .numerator = "run_ns", .of = METRIC_OF_CELL, .bottom = "run", .column = 230, .verbose = true)            \
    X(teardown_ns, .numerator = "teardown_ns", .of = METRIC_OF_CELL, .top = "tear-", .bottom = "down", .column = 240,  \
      .verbose = true)                                                                                                 \
    X(cpu_ns, .numerator = "cpu_ns", .of = METRIC_OF_CELL)                                                             \
    X(cpu_per_task_ns, .numerator = "cpu_ns", .denominator = "tasks", .of = METRIC_OF_CELL, .label = "CPU per task",   \
      .top = "CPU", .bottom = "per task", .column = 160, .drop = 5, .grid = 3, .option = "cpu", .better = "less")      \
    X(cores_used, .numerator = "cpu_ns", .denominator = "wall_ns", .unit = METRIC_RATIO, .of = METRIC_OF_CELL,         \
      .top = "cores", .bottom = "used", .column = 150, .drop = 11, .closed = true)                                     \
    X(throughput_per_s, .numerator = "tasks", .denominator = "wall_ns", .factor = 1e9, .unit = METRIC_PER_S,           \
      .of = METRIC_OF_CELL, .more_is_better = true, .label = "throughput", .option = "throughput", .better = "faster") \
    X(switches_own, .numerator = "switches_own", .unit = METRIC_COUNT, .of = METRIC_OF_CELL)                           \
    X(switches_forced, .numerator = "switches_forced", .unit = METRIC_COUNT, .of = METRIC_OF_CELL)                     \
    X(latency_p50_ns, .numerator = "latency_ns.p50", .of = METRIC_OF_CELL | METRIC_OF_CLASS, .top = "p50",             \
      .bottom = "task", .column = 250, .verbose = true)                                                                \
    X(latency_p90_ns, .numerator = "latency_ns.p90", .of = METRIC_OF_CELL, .top = "p90", .bottom = "task",             \
      .column = 260, .verbose = true)                                                                                  \
    X(latency_p99_ns, .numerator = "latency_ns.p99", .of = METRIC_OF_CELL | METRIC_OF_CLASS, .label = "p99 of a task", \
      .top = "p99", .bottom = "task", .column = 270, .verbose = true, .percentile = 0.99, .option = "p99",             \
      .better = "faster")                                                                                              \
    X(latency_p999_ns, .numerator = "latency_ns.p999", .of = METRIC_OF_CELL, .top = "p99.9", .bottom = "task",         \
      .column = 280, .verbose = true, .percentile = 0.999)                                                             \
    X(latency_max_ns, .numerator = "latency_ns.max", .of = METRIC_OF_CELL | METRIC_OF_CLASS, .top = "slowest",         \
      .bottom = "task", .column = 290, .verbose = true)                                                                \
    X(queued_p50_ns, .numerator = "queued_ns.p50", .of = METRIC_OF_CELL | METRIC_OF_CLASS)                             \
    X(queued_p99_ns, .numerator = "queued_ns.p99", .of = METRIC_OF_CELL | METRIC_OF_CLASS)                             \
    X(queued_max_ns, .numerator = "queued_ns.max", .of = METRIC_OF_CELL | METRIC_OF_CLASS, .top = "longest",           \
      .bottom = "queued", .column = 300, .verbose = true)                                                              \
    X(service_p50_ns, .numerator = "service_ns.p50", .of = METRIC_OF_CLASS)                                            \
    X(lost_share, .numerator = "updates.lost", .denominator = "updates.expected", .unit = METRIC_SHARE,                \
      .of = METRIC_OF_CELL, .label = "lost updates", .top = "lost", .bottom = "updates", .grid = 2)                    \
    X(reached_per_s, .numerator = "reached_per_s", .unit = METRIC_PER_S, .of = METRIC_OF_CELL)                         \
    X(behind_since_ns, .numerator = "behind_since_ns", .of = METRIC_OF_CELL)                                           \
    X(latest_ns, .numerator = "latest_ns", .of = METRIC_OF_CELL)                                                       \
    X(cycles_per_task, .numerator = "hardware.cycles", .denominator = "tasks", .unit = METRIC_QUANTITY,                \
      .of = METRIC_OF_CELL, .top = "cycles", .bottom = "per task", .column = 330, .verbose = true)                     \
    X(instructions_per_task, .numerator = "hardware.instructions", .denominator = "tasks", .unit = METRIC_QUANTITY,    \
      .of = METRIC_OF_CELL, .top = "instr.", .bottom = "per task", .column = 340, .verbose = true)                     \
    X(instructions_per_cycle, .numerator = "hardware.instructions", .denominator = "hardware.cycles",                  \
      .unit = METRIC_RATIO, .of = METRIC_OF_CELL, .top = "instr.", .bottom = "per cycle", .column = 350,               \
      .verbose = true)                                                                                                 \
    X(cache_misses_per_task, .numerator = "hardware.cache_misses", .denominator = "tasks", .unit = METRIC_QUANTITY,    \
      .of = METRIC_OF_CELL, .top = "misses", .bottom = "per task", .column = 360, .verbose = true)                     \
    X(page_faults_per_task, .numerator = "hardware.page_faults", .denominator = "tasks", .unit = METRIC_QUANTITY,      \
      .of = METRIC_OF_CELL, .top = "faults", .bottom = "per task", .column = 370, .verbose = true)                     \
    X(migrations, .numerator = "hardware.migrations", .unit = METRIC_QUANTITY, .of = METRIC_OF_CELL, .top = "migra-",  \
      .bottom = "tions", .column = 380, .verbose = true)                                                               \
    X(of_ideal, .unit = METRIC_SHARE, .of = METRIC_OF_CELL, .top = "of", .bottom = "ideal", .column = 140, .drop = 7,  \
      .closed = true)                                                                                                  \
    X(speedup, .unit = METRIC_RATIO, .of = METRIC_OF_CELL, .top = "×", .bottom = NULL, .column = 130, .drop = 3)       \
    X(loop_speedup, .unit = METRIC_RATIO, .of = METRIC_OF_CELL, .top = "× own", .bottom = "loop", .column = 135,       \
      .drop = 6, .closed = true)                                                                                       \
    /* Growth of memory below some tens of KiB is an accident of the allocator, and may be none at all. */             \
    X(memory_bytes, .numerator = "memory.bytes", .floor = 65536, .unit = METRIC_BYTES, .from_memory = true,            \
      .label = "memory", .bottom = "memory", .column = 210, .drop = 10, .option = "memory", .better = "less")          \
    X(memory_idle_bytes, .numerator = "memory.idle_bytes", .unit = METRIC_BYTES, .from_memory = true,                  \
      .label = "memory before any lane", .top = "memory", .bottom = "before", .column = 305, .verbose = true)          \
    X(memory_per_lane_bytes, .numerator = "memory.bytes_per_lane", .unit = METRIC_BYTES, .from_memory = true,          \
      .label = "memory per task in flight", .top = "memory", .bottom = "per lane", .column = 310, .verbose = true,     \
      .grid = 4)                                                                                                       \
    X(server_cpu_per_task_ns, .numerator = "server.cpu_ns", .denominator = "tasks", .of_server = true,                 \
      .label = "server's CPU per task", .option = "server-cpu", .better = "less")                                      \
    X(server_memory_bytes, .numerator = "server.memory_bytes", .unit = METRIC_BYTES, .of_server = true,                \
      .label = "server's memory", .option = "server-memory", .better = "less")

// METRIC_wall_ns, …: where each stands in the table.
enum metric_id {
#define METRICS_ID(row, ...) METRIC_##row,
    METRICS(METRICS_ID)
#undef METRICS_ID
        METRICS_COUNT
};

extern const struct metric metric_table[METRICS_COUNT];

// The metric in a sample or a class of one, or, if from memory, in a report's cell; NAN where there is none.
double metric_of(const struct metric *metric, const struct cJSON *object);

// Its statistic in the summary of a cell or of a class, NULL where there is none, and the median of that, NAN.
const struct cJSON *metric_statistic(const struct metric *metric, const struct cJSON *summary);
double metric_median(const struct metric *metric, const struct cJSON *summary);

// The one number that stands for a summarised cell: the median, or what memory was read. NAN where there is none.
double metric_of_cell(const struct metric *metric, const struct cJSON *cell);

// By the first `length` bytes of what --metric calls it; NULL.
const struct metric *metric_by_option(const char *option, size_t length);

// That of an object of "metrics" in a gate's checked document.
const struct metric *metric_in_gate(const struct cJSON *object);

// "ns", "bytes" or "per s", for a gate's document.
const char *metric_gate_unit(const struct metric *metric);
