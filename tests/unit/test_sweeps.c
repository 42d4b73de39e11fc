// SPDX-License-Identifier: MIT
// What blocks of a sweep show together, from times whose outcome is known beforehand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "reports/document/fields.h"
#include "reports/document/validate_sweep.h"
#include "reports/findings/summary.h"
#include "reports/findings/sweeps.h"

#define ROUNDS 8
#define POINTS 4
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

// One model of a sweep: its time at each point, 0 where it failed.
struct row {
    const char *model;
    double wall_ns[POINTS];
    double spread; // of the rounds: each other one is longer, or shorter, by this share
};

struct experiment {
    const char *axis, *workload, *kind;
    const char *labels[POINTS];
    double task_ns[POINTS]; // of a task; the calibration, or with "I/O-bound" the ideal
    unsigned rounds;
    struct row rows[5];
};

static cJSON *make_sample(unsigned round, double wall_ns)
{
    cJSON *sample = cJSON_CreateObject();

    cJSON_AddNumberToObject(sample, "round", round);
    cJSON_AddStringToObject(sample, "status", "ok");
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    cJSON_AddNumberToObject(sample, "cpu_ns", wall_ns);
    cJSON_AddNumberToObject(sample, "tasks", 16);
    cJSON_AddNumberToObject(sample, "in_flight", 4);
    return sample;
}

static cJSON *make_cell(const struct experiment *experiment, const struct row *row, size_t point)
{
    cJSON *cell = cJSON_CreateObject(), *samples, *memory;
    double lanes = pow(4, (double)point + 1), wall_ns = row->wall_ns[point];

    cJSON_AddStringToObject(cell, "model", row->model);
    cJSON_AddNumberToObject(cell, "lanes", strcmp(row->model, "sequential") == 0 ? 1 : lanes);
    cJSON_AddStringToObject(cell, "status", wall_ns > 0 ? "ok" : "failed");
    if (strcmp(row->model, "null") == 0)
        cJSON_AddTrueToObject(cell, "pretends");
    if (wall_ns <= 0)
        cJSON_AddStringToObject(cell, "reason", "threads stop at 3 (pid_max)");
    samples = cJSON_AddArrayToObject(cell, "samples");
    for (unsigned i = 0; wall_ns > 0 && i < experiment->rounds; i++)
        cJSON_AddItemToArray(samples, make_sample(i + 1, wall_ns * (i % 2 ? 1 + row->spread : 1)));
    memory = cJSON_AddObjectToObject(cell, "memory");
    cJSON_AddNumberToObject(memory, "bytes", 5000 + 250 * lanes);
    cJSON_AddNumberToObject(memory, "tasks", 2 * lanes);
    return cell;
}

static cJSON *make_block(const struct experiment *experiment, size_t point)
{
    cJSON *block = cJSON_CreateObject(), *sweep, *cells;
    char workload[64];

    snprintf(workload, sizeof workload, experiment->workload, experiment->labels[point]);
    cJSON_AddStringToObject(block, "workload", workload);
    cJSON_AddNumberToObject(block, "tasks", 16);
    cJSON_AddNumberToObject(block, "concurrency", 4);
    cJSON_AddNumberToObject(block, "cores", 2);
    cJSON_AddStringToObject(block, "kind", experiment->kind);
    cJSON_AddStringToObject(block, "stopped", "rounds");
    cJSON_AddNumberToObject(block, "rounds", experiment->rounds);
    if (strcmp(experiment->kind, "CPU-bound") == 0)
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(block, "calibration"), "task_cpu_ns",
                                experiment->task_ns[point]);
    else
        cJSON_AddNumberToObject(block, "ideal_ns", 4 * experiment->task_ns[point]);
    sweep = cJSON_AddObjectToObject(block, "sweep");
    cJSON_AddNumberToObject(sweep, "group", 7);
    cJSON_AddStringToObject(sweep, "axis", experiment->axis);
    cJSON_AddNumberToObject(sweep, "value", (double)point);
    cJSON_AddStringToObject(sweep, "label", experiment->labels[point]);
    cells = cJSON_AddArrayToObject(block, "cells");
    for (const struct row *row = experiment->rows; row->model != NULL; row++)
        cJSON_AddItemToArray(cells, make_cell(experiment, row, point));
    return block;
}

static cJSON *make_document(const struct experiment *experiment)
{
    cJSON *document = cJSON_CreateObject(), *workloads;

    cJSON_AddObjectToObject(document, "ccbench");
    cJSON_AddObjectToObject(document, "environment");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(document, "plan"), "reference", "sequential");
    workloads = cJSON_AddArrayToObject(document, "workloads");
    for (size_t point = 0; point < POINTS && experiment->labels[point] != NULL; point++) {
        cJSON *block = make_block(experiment, point);

        cJSON_AddItemToArray(workloads, block);
        assert_int_equal(summarise_block(document, block), 0);
    }
    assert_int_equal(summarise_sweeps(document), 0);
    return document;
}

static const cJSON *sweep_of(const cJSON *document)
{
    return cJSON_GetArrayItem(field(document, "sweeps"), 0);
}

static void expect_findings(const struct experiment *experiment, const char *expected)
{
    cJSON *document = make_document(experiment);
    const cJSON *finding;
    char text[2048] = "";

    cJSON_ArrayForEach(finding, field(sweep_of(document), "findings")) {
        strcat(text, text[0] != '\0' ? "|" : "");
        strcat(text, finding->valuestring);
    }
    assert_string_equal(text, expected);
    cJSON_Delete(document);
}

#define IN_FLIGHT                                                                                                \
    .axis = "concurrency", .workload = "sleep:10ms", .kind = "I/O-bound", .labels = {"16", "64", "256", "1024"}, \
    .task_ns = {100, 100, 100, 100}
#define FIB                                                                                            \
    .axis = "argument", .workload = "fib:%s", .kind = "CPU-bound", .labels = {"10", "20", "22", "24"}, \
    .task_ns = {123, 15.1e3, 39.6e3, 104e3}

static void test_a_crossover(void **state)
{
    // 5 % are a difference, but decide nothing.
    const struct experiment experiment = {IN_FLIGHT, .rounds = ROUNDS,
                                          .rows = {
                                              {"threads", {1000, 1000, 1000, 1000}, 0},
                                              {"green", {2000, 1500, 1050, 500}, 0.001},
                                          }};

    (void)state;
    expect_findings(&experiment, "green overtakes threads between 64 and 1024 in flight.|"
                                 "threads keep up to 256 in flight; at 1024 they do 50 % of green.");
}

static void test_a_tie_is_none(void **state)
{
    // In every other round the one that is ahead by its median is behind by as much.
    const struct experiment noisy = {IN_FLIGHT, .rounds = ROUNDS,
                                     .rows = {
                                         {"threads", {1000, 1000, 1000, 1000}, 0},
                                         {"green", {900, 900, 600, 600}, 0.9},
                                     }};
    const struct experiment close = {IN_FLIGHT, .rounds = ROUNDS,
                                     .rows = {
                                         {"threads", {1000, 1000, 1000, 1000}, 0},
                                         {"green", {1080, 1050, 950, 920}, 0.001},
                                     }};

    (void)state;
    expect_findings(&noisy, "No model is shown to overtake another.");
    expect_findings(&close,
                    "threads and green are among the fastest at every value.|No model is shown to overtake another.");
}

static void test_few_rounds(void **state)
{
    const struct experiment five = {
        IN_FLIGHT, .rounds = 5,
        .rows = {{"threads", {1000, 1000, 1000, 1000}, 0}, {"green", {2000, 2000, 500, 500}, 0}}};
    const struct experiment six = {
        IN_FLIGHT, .rounds = 6,
        .rows = {{"threads", {1000, 1000, 1000, 1000}, 0}, {"green", {2000, 2000, 500, 500}, 0}}};

    (void)state;
    expect_findings(&five, "With fewer than 6 rounds all differences may be chance. To tell: --rounds=6, about 2 s.");
    expect_findings(&six, "green overtakes threads between 64 and 256 in flight.|"
                          "threads keep up to 64 in flight; at 1024 they do 50 % of green.");
}

static void test_who_failed_is_not_overtaken(void **state)
{
    const struct experiment failed = {
        IN_FLIGHT, .rounds = ROUNDS,
        .rows = {{"threads", {1000, 1000, 0, 0}, 0}, {"green", {2000, 1500, 500, 500}, 0}}};
    const struct experiment between = {
        IN_FLIGHT, .rounds = ROUNDS,
        .rows = {{"threads", {1000, 0, 0, 1000}, 0}, {"green", {2000, 1500, 500, 500}, 0}}};
    const struct experiment alone = {IN_FLIGHT, .rounds = ROUNDS,
                                     .rows = {{"threads", {0, 0, 0, 0}, 0}, {"green", {2000, 1500, 500, 500}, 0}}};

    (void)state;
    expect_findings(&failed, "No model is shown to overtake another.");
    expect_findings(&between, "green overtakes threads between 16 and 1024 in flight.|"
                              "threads keep up to 16 in flight; at 1024 they do 50 % of green.");
    expect_findings(&alone, "");
}

static void test_who_only_pretends_does_not_count(void **state)
{
    const struct experiment experiment = {IN_FLIGHT, .rounds = ROUNDS,
                                          .rows = {{"threads", {1000, 1000, 1000, 1000}, 0},
                                                   {"green", {1500, 1500, 1500, 1500}, 0},
                                                   {"null", {3000, 1, 1, 1}, 0}}};

    (void)state;
    expect_findings(&experiment,
                    "threads are among the fastest at every value.|No model is shown to overtake another.");
}

static void test_who_overtakes_the_same_shares_a_sentence(void **state)
{
    const struct experiment experiment = {IN_FLIGHT, .rounds = ROUNDS,
                                          .rows = {
                                              {"threads", {1000, 1000, 1000, 1000}, 0},
                                              {"gil", {1010, 1010, 1010, 1010}, 0},
                                              {"async", {2000, 500, 500, 500}, 0},
                                              {"green", {2000, 510, 510, 3000}, 0},
                                          }};

    (void)state;
    expect_findings(&experiment, "async and green overtake threads and gil between 16 and 64 in flight.|"
                                 "threads and gil overtake green between 256 and 1024 in flight.|"
                                 "threads keep up to 16 in flight; at 1024 they do 50 % of async.|"
                                 "gil keeps up to 16 in flight; at 1024 it does 50 % of async.");
}

// What happens behind the best is said where there is nothing else to say.
static void test_what_matters_comes_first(void **state)
{
    struct experiment experiment = {IN_FLIGHT, .rounds = ROUNDS,
                                    .rows = {
                                        {"async", {1000, 1000, 1000, 1000}, 0},
                                        {"gil", {2000, 2000, 4000, 4000}, 0},
                                        {"threads", {3000, 3000, 3000, 2000}, 0},
                                    }};

    (void)state;
    expect_findings(&experiment,
                    "async is among the fastest at every value.|threads overtake gil between 64 and 256 in flight.");
    experiment.rows[2].wall_ns[3] = 500;
    expect_findings(&experiment, "threads overtake async between 256 and 1024 in flight.|"
                                 "async keeps up to 256 in flight; at 1024 it does 50 % of threads.");
}

static void test_paying_off(void **state)
{
    const struct experiment experiment = {FIB, .rounds = ROUNDS,
                                          .rows = {
                                              {"sequential", {1000, 1000, 1000, 1000}, 0},
                                              {"threads", {1500, 1020, 600, 520}, 0},
                                              {"processes", {9000, 3000, 1000, 600}, 0},
                                              {"gil", {1600, 1200, 1190, 1150}, 0},
                                          }};
    // With I/O it is the waiting that counts; and who falls behind again does not pay off.
    const struct experiment waiting = {.axis = "argument",
                                       .workload = "sleep:%s",
                                       .kind = "I/O-bound",
                                       .rounds = ROUNDS,
                                       .labels = {"1us", "10us", "100us", "1ms"},
                                       .task_ns = {1e3, 1e4, 1e5, 1e6},
                                       .rows = {
                                           {"sequential", {1000, 1000, 1000, 1000}, 0},
                                           {"threads", {1500, 1020, 600, 520}, 0},
                                           {"gil", {1500, 500, 500, 2000}, 0},
                                       }};

    (void)state;
    expect_findings(&experiment,
                    "threads pay off above 40 µs of work per task: faster than sequential from fib:22 on.|"
                    "processes pay off above 100 µs of work per task: faster than sequential from fib:24 on.");
    expect_findings(&waiting,
                    "threads pay off above 100 µs of waiting per task: faster than sequential from sleep:100us on.|"
                    "gil overtakes sequential between sleep:1us and sleep:10us.|"
                    "threads overtake gil between sleep:100us and sleep:1ms.|"
                    "sequential overtakes gil between sleep:100us and sleep:1ms.");
}

static void test_words_of_each_axis(void **state)
{
    struct experiment experiment = {.axis = "tasks",
                                    .workload = "race:1k:yield",
                                    .kind = "mixed",
                                    .rounds = ROUNDS,
                                    .labels = {"100", "1k"},
                                    .task_ns = {1, 1},
                                    .rows = {{"sequential", {1000, 1000}, 0}, {"processes:chunk=16", {2000, 500}, 0}}};
    cJSON *document;

    (void)state;
    expect_findings(&experiment, "processes:chunk=16 overtake sequential between 100 and 1k tasks.|"
                                 "sequential keeps up to 100 tasks; at 1k it does 50 % of processes:chunk=16.");
    experiment.axis = "cpus";
    experiment.labels[0] = "0";
    experiment.labels[1] = "0-1";
    expect_findings(&experiment, "processes:chunk=16 overtake sequential between CPUs 0 and CPUs 0-1.|"
                                 "sequential keeps up on CPUs 0; on CPUs 0-1 it does 50 % of processes:chunk=16.");
    experiment.axis = "argument";
    experiment.workload = "race:%s:yield";
    expect_findings(&experiment,
                    "processes:chunk=16 overtake sequential between race:0:yield and race:0-1:yield.|"
                    "sequential keeps up to race:0:yield; at race:0-1:yield it does 50 % of processes:chunk=16.");
    document = make_document(&experiment);
    assert_string_equal(field_text(sweep_of(document), "workload"), "race:yield");
    assert_string_equal(field_text(sweep_of(document), "axis"), "argument");
    assert_string_equal(cJSON_GetArrayItem(field(sweep_of(document), "labels"), 1)->valuestring, "0-1");
    cJSON_Delete(document);
}

static void test_memory_slope(void **state)
{
    struct experiment experiment = {
        IN_FLIGHT, .rounds = ROUNDS,
        .rows = {{"sequential", {1000, 1000, 1000, 1000}, 0}, {"threads", {1000, 1000, 1000, 0}, 0}}};
    cJSON *document = make_document(&experiment);
    const cJSON *models = field(sweep_of(document), "models");

    (void)state;
    // One lane throughout has no slope; and who failed has no memory.
    assert_null(field(cJSON_GetArrayItem(models, 0), "memory_slope_bytes"));
    assert_true(fabs(field_number(cJSON_GetArrayItem(models, 1), "memory_slope_bytes") - 250) < 1e-9);
    assert_true(field_number(cJSON_GetArrayItem(models, 1), "memory_points") == 3);
    assert_true(fabs(field_number(cJSON_GetArrayItem(models, 1), "memory_r2") - 1) < 1e-12);
    cJSON_Delete(document);
    experiment.axis = "tasks";
    document = make_document(&experiment);
    assert_null(field(cJSON_GetArrayItem(field(sweep_of(document), "models"), 1), "memory_slope_bytes"));
    cJSON_Delete(document);
}

// As far as it came; and twice the same.
static void test_begun_blocks_only(void **state)
{
    const struct experiment experiment = {
        IN_FLIGHT, .rounds = ROUNDS,
        .rows = {{"threads", {1000, 1000, 1000, 1000}, 0}, {"green", {2000, 2000, 500, 500}, 0}}};
    cJSON *document = make_document(&experiment), *last = cJSON_GetArrayItem(field(document, "workloads"), 3);
    char *once, *twice;

    (void)state;
    json_set(last, "stopped", cJSON_CreateString("interrupted"));
    for (int i = 0; i < 2; i++)
        json_set(cJSON_GetArrayItem(field(last, "cells"), i), "samples", cJSON_CreateArray());
    assert_int_equal(summarise_sweeps(document), 0);
    assert_int_equal(cJSON_GetArraySize(field(sweep_of(document), "values")), 3);
    once = cJSON_Print(document);
    assert_int_equal(summarise_sweeps(document), 0);
    twice = cJSON_Print(document);
    assert_string_equal(once, twice);
    cJSON_free(once);
    cJSON_free(twice);
    cJSON_Delete(document);
}

static void test_what_cannot_be_shown_is_refused(void **state)
{
    static const struct {
        const char *sweep, *error;
    } cases[] = {
        {"null", NULL},
        {"{\"group\":1,\"axis\":\"tasks\",\"value\":1,\"label\":\"1\"}", NULL},
        {"{\"group\":0,\"axis\":\"tasks\",\"value\":1,\"label\":\"1\"}", "w.sweep.group: not a number from 1 up"},
        {"{\"group\":\"a\",\"axis\":\"tasks\",\"value\":1,\"label\":\"1\"}", "w.sweep.group: not a number from 1 up"},
        {"{\"group\":1,\"axis\":\"x\",\"value\":1,\"label\":\"1\"}",
         "w.sweep.axis: not one of rate, concurrency, tasks, argument, cpus"},
        {"{\"group\":1,\"axis\":\"tasks\",\"value\":null,\"label\":\"1\"}", "w.sweep.value: not a number or text"},
        {"{\"group\":1,\"axis\":\"tasks\",\"value\":1,\"label\":7}", "w.sweep.label: not text"},
        {"{\"group\":9,\"axis\":\"tasks\",\"value\":1,\"label\":\"1\"}",
         "w.sweep.axis: not that of the earlier blocks of its group"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cJSON *blocks = cJSON_Parse("[{\"sweep\":{\"group\":9,\"axis\":\"cpus\",\"value\":\"0\",\"label\":\"0\"}},{}]");
        char error[DOCUMENT_ERROR] = "";

        cJSON_AddItemToObject(cJSON_GetArrayItem(blocks, 1), "sweep", cJSON_Parse(cases[i].sweep));
        assert_int_equal(validate_sweep(cJSON_GetArrayItem(blocks, 1), "w", error),
                         cases[i].error != NULL ? -EINVAL : 0);
        assert_string_equal(error, cases[i].error != NULL ? cases[i].error : "");
        cJSON_Delete(blocks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_crossover),
        cmocka_unit_test(test_a_tie_is_none),
        cmocka_unit_test(test_few_rounds),
        cmocka_unit_test(test_who_failed_is_not_overtaken),
        cmocka_unit_test(test_who_only_pretends_does_not_count),
        cmocka_unit_test(test_who_overtakes_the_same_shares_a_sentence),
        cmocka_unit_test(test_what_matters_comes_first),
        cmocka_unit_test(test_paying_off),
        cmocka_unit_test(test_words_of_each_axis),
        cmocka_unit_test(test_memory_slope),
        cmocka_unit_test(test_begun_blocks_only),
        cmocka_unit_test(test_what_cannot_be_shown_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
