// SPDX-License-Identifier: MIT
// Verdicts from made-up pairs: what takes a machine to happen, such as a second batch that disagrees.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "measure/base/json.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/document/metrics.h"
#include "reports/findings/gate_early.h"
#include "reports/findings/gate_summary.h"

#define ROUNDS 10

static struct gate_outcome summarised; // of the last gate_summarise()

static cJSON *object_of(const char *text)
{
    cJSON *object = cJSON_Parse(text);

    assert_non_null(object);
    return object;
}

static cJSON *sample_of(double wall_ns)
{
    cJSON *sample = object_of("{\"status\":\"ok\",\"tasks\":10,\"cpu_ns\":50}");

    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    return sample;
}

// A batch of pairs whose new side takes `factor` as long, give or take `spread` from one to the next.
static void add_batch(cJSON *cell, int batch, double factor, double spread)
{
    cJSON *pairs = cJSON_GetObjectItemCaseSensitive(cell, "pairs");

    for (int round = 1; round <= ROUNDS; round++) {
        cJSON *pair = cJSON_CreateObject();

        cJSON_AddNumberToObject(pair, "batch", batch);
        cJSON_AddNumberToObject(pair, "round", round);
        cJSON_AddItemToObject(pair, "base", sample_of(1e6));
        cJSON_AddItemToObject(pair, "new", sample_of(1e6 * (factor + spread * (2.0 * (round - 1) / (ROUNDS - 1) - 1))));
        cJSON_AddItemToArray(pairs, pair);
    }
}

static cJSON *cell_of(const char *model)
{
    cJSON *cell = object_of(
        "{\"workload\":\"fib:1\",\"tasks\":10,\"concurrency\":1,\"status\":\"compared\",\"reason\":null,"
        "\"pairs\":[],\"metrics\":[{\"metric\":\"time\",\"unit\":\"ns\"}]}");

    cJSON_AddStringToObject(cell, "model", model);
    return cell;
}

// A gate of one cell and a control that shows nothing in the first batch.
static cJSON *gate_of(double factor, double spread)
{
    cJSON *document = object_of(
        "{\"schema\":\"ccbench-gate/1\",\"kind\":\"gate\",\"interrupted\":null,\"mismatch\":null,"
        "\"rule\":{\"allowed\":0.03,\"rounds\":10,\"comparisons\":1,\"level\":0.01,"
        "\"inconclusive\":\"fail\"},\"rounds\":[],\"cells\":[]}");
    cJSON *cell = cell_of("threads"), *control = cell_of("threads");

    add_batch(cell, 1, factor, spread);
    add_batch(control, 1, 1, 0.001);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(document, "cells"), cell);
    cJSON_AddItemToObject(document, "control", control);
    return document;
}

static cJSON *cell_in(cJSON *document)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(document, "cells"), 0);
}

static const cJSON *metric_in(cJSON *document)
{
    return cJSON_GetArrayItem(field(cell_in(document), "metrics"), 0);
}

// Another batch, in which base against base differs by the factor `control`.
static void add_again(cJSON *document, int batch, double factor, double spread, double control)
{
    add_batch(cell_in(document), batch, factor, spread);
    add_batch(cJSON_GetObjectItemCaseSensitive(document, "control"), batch, control, 0.001);
}

static void expect(cJSON *document, const char *verdict, const char *whole, int status)
{
    const char *found;

    assert_int_equal(gate_summarise(document, &summarised), 0);
    found = field_text(metric_in(document), "verdict");
    if (!field_is(metric_in(document), "verdict", verdict) || !field_is(document, "verdict", whole) ||
        field_number(document, "status") != status)
        fail_msg("%s (%s), %s, %g; expected %s, %s, %d", found, field_text(metric_in(document), "reason"),
                 field_text(document, "verdict"), field_number(document, "status"), verdict, whole, status);
    cJSON_Delete(document);
}

static void test_one_batch(void **state)
{
    (void)state;
    expect(gate_of(1, 0.002), "same", "passed", 0);
    expect(gate_of(0.8, 0.002), "better", "passed", 0);
    expect(gate_of(1, 0.2), "inconclusive", "inconclusive", 3);
}

// Of a round's three pairs one is far off, and one is spoilt in the first round: their medians show neither.
static void test_several_pairs_a_round(void **state)
{
    static const double factors[] = {1.1, 5, 1.09};
    cJSON *document = gate_of(1, 0.001), *pairs = cJSON_GetObjectItemCaseSensitive(cell_in(document), "pairs");
    const cJSON *metric;

    (void)state;
    while (cJSON_GetArraySize(pairs) > 0)
        cJSON_DeleteItemFromArray(pairs, 0);
    for (int i = 0; i < 3 * ROUNDS; i++) {
        cJSON *pair = cJSON_CreateObject();
        int round = i / 3 + 1;

        cJSON_AddNumberToObject(pair, "batch", 1);
        cJSON_AddNumberToObject(pair, "round", round);
        cJSON_AddItemToObject(pair, "base", i == 1 ? object_of("{\"status\":\"failed\"}") : sample_of(1e6));
        cJSON_AddItemToObject(pair, "new", sample_of(1e6 * factors[i % 3]));
        cJSON_AddItemToArray(pairs, pair);
    }
    assert_int_equal(gate_summarise(document, &summarised), 0);
    metric = metric_in(document);
    assert_int_equal(field_number(metric, "n"), ROUNDS);
    assert_true(fabs(field_number(metric, "change") - 0.1) < 0.001);
    assert_true(fabs(field_number(metric, "new") - 1.1e6) < 1);
    cJSON_Delete(document);
}

static void test_second_batch(void **state)
{
    static const struct {
        double factor, spread, control;
        const char *verdict, *whole;
        int status;
    } cases[] = {
        {1.1, 0.01, 1, "regression", "regression", 1},
        {1, 0.01, 1, "unconfirmed", "passed", 0},
        {0.8, 0.01, 1, "unconfirmed", "passed", 0},
        // Its interval reaches above what is allowed: after an alarm that is no denial.
        {1.02, 0.03, 1, "inconclusive", "inconclusive", 3},
        {1, 0.3, 1, "inconclusive", "inconclusive", 3},
        // By then the machine is unfit, in either direction.
        {1.1, 0.01, 1.2, "inconclusive", "inconclusive", 3},
        {1, 0.01, 0.8, "inconclusive", "inconclusive", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *document = gate_of(1.1, 0.01);

        assert_int_equal(gate_summarise(document, &summarised), 0);
        assert_true(gate_unsettled(metric_in(document)));
        // Once is not enough, should the gate end here.
        assert_true(field_is(metric_in(document), "verdict", "inconclusive"));
        add_again(document, 2, cases[i].factor, cases[i].spread, cases[i].control);
        expect(document, cases[i].verdict, cases[i].whole, cases[i].status);
    }
}

static void add_rounds(cJSON *document, int batch, int stolen)
{
    cJSON *rounds = cJSON_GetObjectItemCaseSensitive(document, "rounds");

    for (int round = 1; round <= ROUNDS; round++) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddNumberToObject(object, "batch", batch);
        cJSON_AddNumberToObject(object, "round", round);
        cJSON_AddNumberToObject(object, "steal_share", round <= stolen ? 0.06 : 0.05);
        cJSON_AddItemToArray(rounds, object);
    }
}

static void test_steal(void **state)
{
    (void)state;
    for (int stolen = 0; stolen <= 3; stolen++) {
        cJSON *document = gate_of(1, 0.002);

        add_rounds(document, 1, stolen);
        // A fifth of ten.
        expect(document, stolen < 2 ? "same" : "inconclusive", stolen < 2 ? "passed" : "inconclusive",
               stolen < 2 ? 0 : 3);
    }
}

// What each batch says: nothing there, flagged, noise that hides the answer, or a flag while the hypervisor took much.
enum outcome { END, CLEAR, FLAG, NOISE, STOLEN };

static cJSON *gate_with(const enum outcome outcomes[GATE_BATCHES])
{
    static const double factors[] = {[CLEAR] = 1, [FLAG] = 1.1, [NOISE] = 1, [STOLEN] = 1.1};
    static const double spreads[] = {[CLEAR] = 0.002, [FLAG] = 0.01, [NOISE] = 0.3, [STOLEN] = 0.01};
    cJSON *document = gate_of(factors[outcomes[0]], spreads[outcomes[0]]);

    for (int batch = 1; batch <= GATE_BATCHES && outcomes[batch - 1] != END; batch++) {
        enum outcome outcome = outcomes[batch - 1];

        if (batch > 1)
            add_again(document, batch, factors[outcome], spreads[outcome], 1);
        add_rounds(document, batch, outcome == STOLEN ? ROUNDS : 0);
    }
    return document;
}

static void test_three_batches(void **state)
{
    static const struct {
        enum outcome outcomes[GATE_BATCHES];
        const char *verdict, *reason;
        int batch; // that the figures are of
        bool unsettled;
    } cases[] = {
        // Measured again for another metric of the cell: this one was settled.
        {{CLEAR, FLAG, FLAG}, "same", NULL, 1, false},
        {{NOISE}, "inconclusive", "too noisy to tell in 1 batch (more --rounds?)", 1, true},
        {{NOISE, CLEAR}, "same", NULL, 2, false},
        {{NOISE, FLAG}, "inconclusive", "flagged in 1 of 2 batches, neither confirmed nor denied", 2, true},
        {{NOISE, FLAG, FLAG}, "regression", "in 2 of 3 batches", 3, false},
        {{NOISE, FLAG, CLEAR}, "unconfirmed", "flagged once, not when measured again", 3, false},
        {{NOISE, NOISE, FLAG}, "inconclusive", "flagged in 1 of 3 batches, neither confirmed nor denied", 3, true},
        {{NOISE, NOISE, NOISE}, "inconclusive", "too noisy to tell in 3 batches (more --rounds?)", 3, true},
        {{FLAG, FLAG}, "regression", "in both batches", 2, false},
        {{FLAG, CLEAR}, "unconfirmed", "flagged once, not when measured again", 2, false},
        {{FLAG, NOISE, FLAG}, "regression", "in 2 of 3 batches", 3, false},
        {{FLAG, NOISE, CLEAR}, "unconfirmed", "flagged once, not when measured again", 3, false},
        {{STOLEN}, "inconclusive", "the hypervisor took more than 5 % of the CPU time in 10 of 10 rounds", 1, true},
        {{STOLEN, CLEAR}, "same", NULL, 2, false},
        // What was flagged while the hypervisor took much does not count.
        {{STOLEN, FLAG},
         "inconclusive",
         "flagged once, not confirmed: 1 of 2 batches does not count, for the hypervisor took more than 5 % of the CPU time "
         "in 10 of 10 rounds",
         2,
         true},
        {{STOLEN, FLAG, FLAG}, "regression", "in 2 of 3 batches", 3, false},
        {{FLAG, STOLEN},
         "inconclusive",
         "the hypervisor took more than 5 % of the CPU time in 10 of 10 rounds",
         2,
         true},
        {{FLAG, STOLEN, CLEAR}, "unconfirmed", "flagged once, not when measured again", 3, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *document = gate_with(cases[i].outcomes);
        const cJSON *metric;
        const char *reason;

        assert_int_equal(gate_summarise(document, &summarised), 0);
        metric = metric_in(document);
        reason = field_text(metric, "reason");
        if (!field_is(metric, "verdict", cases[i].verdict) || (reason == NULL) != (cases[i].reason == NULL) ||
            (reason != NULL && strcmp(reason, cases[i].reason) != 0) ||
            field_number(metric, "batch") != cases[i].batch || gate_unsettled(metric) != cases[i].unsettled)
            fail_msg("case %zu: %s (%s) by batch %g, %s", i, field_text(metric, "verdict"), reason,
                     field_number(metric, "batch"), gate_unsettled(metric) ? "unsettled" : "settled");
        cJSON_Delete(document);
    }
}

// A batch of which half is measured: whether its cell needs no more of it, and what it comes to should it end here.
static void look(cJSON *document, bool decided, const char *verdict, const char *reason, int n)
{
    cJSON *rule = cJSON_GetObjectItemCaseSensitive(document, "rule");
    struct pairs_looks looks;
    const cJSON *metric;
    bool found;

    json_set(rule, "rounds", cJSON_CreateNumber(2 * ROUNDS));
    json_set(rule, "first_look", cJSON_CreateNumber(PAIRS_FIRST_LOOK));
    assert_int_equal(gate_looks_make(document, &looks), 0);
    found = gate_cell_decided(document, cell_in(document), &looks, 1);
    pairs_looks_release(&looks);
    assert_int_equal(gate_summarise(document, &summarised), 0);
    metric = metric_in(document);
    if (found != decided || !field_is(metric, "verdict", verdict) || field_number(metric, "n") != n ||
        (reason != NULL && !field_is(metric, "reason", reason)))
        fail_msg("%s: %s (%s) by %g; expected %s (%s) by %d", found ? "decided" : "open", field_text(metric, "verdict"),
                 field_text(metric, "reason"), field_number(metric, "n"), verdict, reason, n);
    cJSON_Delete(document);
}

static void test_half_a_batch(void **state)
{
    cJSON *document;

    (void)state;
    // Six rounds are enough for nothing, ten for an alarm, and for a change for the better, of one comparison.
    look(gate_of(1, 0.002), true, "same", NULL, PAIRS_FIRST_LOOK);
    look(gate_of(1.1, 0.01), true, "inconclusive", "flagged in 1 of 1 batch, neither confirmed nor denied", ROUNDS);
    look(gate_of(0.8, 0.01), true, "better", NULL, ROUNDS);
    look(gate_of(1.02, 0.2), false, "inconclusive", NULL, ROUNDS);
    // While the hypervisor takes a fifth of the rounds nothing is decided.
    document = gate_of(1, 0.002);
    add_rounds(document, 1, 1);
    look(document, true, "same", NULL, PAIRS_FIRST_LOOK);
    document = gate_of(1, 0.002);
    add_rounds(document, 1, 2);
    look(document, false, "inconclusive", NULL, ROUNDS);
    // What was decided stays so when all ends.
    document = gate_of(1, 0.002);
    json_set(document, "interrupted", cJSON_CreateString("SIGINT"));
    look(document, true, "same", NULL, PAIRS_FIRST_LOOK);
    document = gate_of(1.02, 0.2);
    json_set(document, "interrupted", cJSON_CreateString("SIGINT"));
    look(document, false, "inconclusive", "interrupted", ROUNDS);
}

// Base differs from base by the time that a cell is flagged, which it was not yet when another passed.
static void test_half_a_batch_of_an_unfit_machine(void **state)
{
    static const double factors[] = {1, 1.1};

    (void)state;
    for (int i = 0; i < 2; i++) {
        cJSON *document = gate_of(factors[i], 0.002), *control = cJSON_GetObjectItemCaseSensitive(document, "control");

        json_set(control, "pairs", cJSON_CreateArray());
        add_batch(control, 1, 1.2, 0.001);
        look(document, i == 0, i == 0 ? "same" : "inconclusive",
             i == 0 ? NULL : "base differs from base: the machine is unfit", i == 0 ? PAIRS_FIRST_LOOK : ROUNDS);
    }
}

static void test_let_pass(void **state)
{
    cJSON *document = gate_of(1, 0.2);

    (void)state;
    json_set(cJSON_GetObjectItemCaseSensitive(document, "rule"), "inconclusive", cJSON_CreateString("pass"));
    expect(document, "inconclusive", "inconclusive", 0);
}

static void test_interrupted(void **state)
{
    cJSON *document = gate_of(1, 0.002);

    (void)state;
    json_set(document, "interrupted", cJSON_CreateString("SIGTERM"));
    expect(document, "same", "interrupted", 143);
    document = gate_of(1, 0.002);
    json_set(document, "interrupted", cJSON_CreateString("SIGINT"));
    cJSON_DeleteItemFromArray(cJSON_GetObjectItemCaseSensitive(cell_in(document), "pairs"), 0);
    expect(document, "inconclusive", "interrupted", 130);
}

static void test_bad_samples(void **state)
{
    cJSON *document = gate_of(1, 0.002), *pair;

    (void)state;
    pair = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(cell_in(document), "pairs"), 3);
    json_set(pair, "base", object_of("{\"status\":\"failed\",\"reason\":\"no threads\"}"));
    assert_int_equal(gate_summarise(document, &summarised), 0);
    assert_true(field_number(metric_in(document), "n") == ROUNDS - 1);
    assert_true(field_is(document, "verdict", "passed"));
    json_set(pair, "new", object_of("{\"status\":\"wrong\",\"reason\":\"checksum\"}"));
    assert_int_equal(gate_summarise(document, &summarised), 0);
    assert_true(field_is(cell_in(document), "status", "failed"));
    assert_string_equal(field_text(cell_in(document), "reason"), "new was wrong in round 4: checksum");
    assert_true(field_number(document, "status") == 4);
    cJSON_Delete(document);
}

static void test_again_is_the_same(void **state)
{
    cJSON *document = gate_of(1.1, 0.01);
    char *first, *second;

    (void)state;
    add_again(document, 2, 1.1, 0.01, 1);
    assert_int_equal(gate_summarise(document, &summarised), 0);
    first = cJSON_Print(document);
    assert_int_equal(gate_summarise(document, &summarised), 0);
    second = cJSON_Print(document);
    assert_string_equal(first, second);
    cJSON_free(first);
    cJSON_free(second);
    cJSON_Delete(document);
}

static void test_metrics(void **state)
{
    cJSON *sample = object_of("{\"tasks\":10,\"wall_ns\":2e9,\"cpu_ns\":50,\"latency_ns\":{\"p99\":null},"
                              "\"memory\":{\"bytes\":100},\"server\":{\"cpu_ns\":30}}");
    static const struct {
        const char *name;
        double value; // negative: none
    } cases[] = {{"time", 2e9}, {"cpu", 5}, {"p99", -1}, {"memory", 65536}, {"throughput", 5}, {"server-cpu", 3}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct metric *metric = metric_by_option(cases[i].name, strlen(cases[i].name));
        double value = metric_of(metric, sample);

        assert_true(cases[i].value < 0 ? value != value : value == cases[i].value);
    }
    assert_null(metric_by_option("timely", 6));
    assert_null(metric_by_option("", 0));
    cJSON_Delete(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_batch),
        cmocka_unit_test(test_several_pairs_a_round),
        cmocka_unit_test(test_second_batch),
        cmocka_unit_test(test_steal),
        cmocka_unit_test(test_three_batches),
        cmocka_unit_test(test_half_a_batch),
        cmocka_unit_test(test_half_a_batch_of_an_unfit_machine),
        cmocka_unit_test(test_let_pass),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_bad_samples),
        cmocka_unit_test(test_again_is_the_same),
        cmocka_unit_test(test_metrics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
