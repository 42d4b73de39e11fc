// SPDX-License-Identifier: MIT
// Programs: what they cost, what an honest task comes to, and the workloads that are made of them.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/base/clock.h"
#include "workloads/program/compute.h"
#include "workloads/program/program.h"
#include "workloads/workload.h"

static struct step *append(struct program *program, enum step_kind kind, uint64_t arg)
{
    struct step *step = program_append(program, kind);

    assert_non_null(step);
    assert_int_equal(step->kind, kind);
    assert_int_equal(step->arg, 0);
    step->arg = arg;
    return step;
}

static void append_fetch(struct program *program, const char *path)
{
    struct step *step = append(program, STEP_FETCH, 0);

    step->path = strdup(path);
    assert_non_null(step->path);
}

static struct program *append_call(struct program *program, uint64_t repetitions)
{
    struct step *step = append(program, STEP_CALL, repetitions);

    step->callee = calloc(1, sizeof *step->callee);
    assert_non_null(step->callee);
    return step->callee;
}

static void test_an_empty_program_costs_nothing(void **state)
{
    struct program program = {0};
    struct program_cost cost;

    (void)state;
    memset(&cost, 0xa5, sizeof cost);
    program_cost(&program, false, &cost);
    assert_int_equal(cost.wait_ns, 0);
    assert_int_equal(cost.least_wait_ns, 0);
    assert_int_equal(cost.block_ns, 0);
    assert_true(cost.compute_units == 0);
    assert_int_equal(cost.steps, 0);
    assert_int_equal(cost.kinds, 0);
    assert_int_equal(cost.depth, 1);
    assert_int_equal(cost.check, 0);
    assert_false(cost.endless_io);
}

static void test_costs_add_up(void **state)
{
    struct program program = {0};
    struct program_cost cost;

    (void)state;
    append(&program, STEP_SLEEP, 5 * NS_PER_MS);
    append(&program, STEP_COMPUTE, 10);
    append(&program, STEP_BLOCK, 3 * NS_PER_MS);
    append(&program, STEP_YIELD, 4);
    append(&program, STEP_SLEEP, 1);
    append_fetch(&program, "/delay/20ms/bytes/4k");
    program_cost(&program, false, &cost);
    assert_int_equal(cost.wait_ns, 25 * NS_PER_MS + 1);
    assert_int_equal(cost.least_wait_ns, 25 * NS_PER_MS + 1);
    assert_int_equal(cost.block_ns, 3 * NS_PER_MS);
    assert_true(cost.compute_units == compute_calls(10));
    assert_int_equal(cost.steps, 6);
    assert_int_equal(cost.fetches, 1);
    assert_int_equal(cost.kinds, STEP_BIT(STEP_SLEEP) | STEP_BIT(STEP_FETCH) | STEP_BIT(STEP_COMPUTE) |
                                     STEP_BIT(STEP_BLOCK) | STEP_BIT(STEP_YIELD));
    assert_int_equal(cost.depth, 1);
    assert_int_equal(cost.check, 55 + 4096);
    assert_false(cost.endless_io);
    program_release(&program);
    assert_null(program.steps);
    assert_int_equal(program.length, 0);
}

static void test_calls_multiply(void **state)
{
    struct program program = {0}, *body, *inner;
    struct program_cost cost;

    (void)state;
    append(&program, STEP_COMPUTE, 10);
    body = append_call(&program, 1000000);
    append(body, STEP_COMPUTE, 20);
    append(body, STEP_SLEEP, 2);
    inner = append_call(body, 3);
    append_fetch(inner, "/delay/1us");
    append(append_call(&program, 7), STEP_BLOCK, 11);
    program_cost(&program, false, &cost);
    assert_int_equal(cost.wait_ns, UINT64_C(1000000) * (2 + 3 * 1000));
    assert_int_equal(cost.block_ns, 77);
    assert_true(cost.compute_units == compute_calls(10) + 1e6 * compute_calls(20));
    assert_int_equal(cost.steps, 1 + UINT64_C(1000000) * (2 + 3) + 7);
    assert_int_equal(cost.fetches, 3000000);
    assert_int_equal(cost.depth, 3);
    assert_true(cost.kinds == (STEP_BIT(STEP_SLEEP) | STEP_BIT(STEP_FETCH) | STEP_BIT(STEP_COMPUTE) |
                               STEP_BIT(STEP_BLOCK) | STEP_BIT(STEP_CALL)));
    assert_true(cost.check == (uint32_t)(55 + UINT64_C(1000000) * (6765 + 3 * 13))); // modulo 2^32, as tasks count
    program_release(&program);
}

// A gather's time is its longest child's; all else adds up.
static void test_children_wait_together(void **state)
{
    struct program program = {0}, *children, *inner;
    struct program_cost cost;

    (void)state;
    append(&program, STEP_SLEEP, 1);
    children = program_append_gather(append_call(&program, 3), 3);
    append(&children[0], STEP_SLEEP, 100);
    append(&children[0], STEP_BLOCK, 50);
    append(&children[1], STEP_SLEEP, 120);
    append(&children[1], STEP_COMPUTE, 10);
    append_fetch(&children[1], "/bytes/7");
    inner = program_append_gather(&children[2], 2);
    append_fetch(&inner[0], "/delay/80ns~140ns");
    append_fetch(&inner[1], "/delay/1ns");
    program_cost(&program, false, &cost);
    assert_int_equal(cost.least_wait_ns + cost.block_ns, 1 + 3 * 150);
    assert_int_equal(cost.wait_ns + cost.block_ns, 1 + 3 * 150);
    assert_int_equal(cost.in_turn_ns, 1 + 3 * (150 + 120 + 110 + 1));
    assert_int_equal(cost.gathered, 3 * 5);
    assert_int_equal(cost.children, 5);
    assert_int_equal(cost.child_connections, 3);
    assert_int_equal(cost.own_connections, 0);
    assert_int_equal(cost.fetches, 9);
    assert_int_equal(cost.steps, 1 + 3 * 7);
    assert_int_equal(cost.depth, 4);
    assert_int_equal(cost.check, 3 * (55 + 7 + 13 + 13));
    assert_true(cost.kinds & STEP_BIT(STEP_GATHER));
    append_fetch(&program, "/");
    program_cost(&program, false, &cost);
    assert_int_equal(cost.child_connections, 3);
    assert_int_equal(cost.own_connections, 1);
    program_release(&program);
}

// The mean of one child may be above the least of another.
static void test_the_longest_child_by_its_mean(void **state)
{
    struct program program = {0}, *children = program_append_gather(&program, 2);
    struct program_cost cost;

    (void)state;
    append(&children[0], STEP_BLOCK, 100);
    append_fetch(&children[1], "/delay/50ns~350ns");
    program_cost(&program, false, &cost);
    assert_int_equal(cost.least_wait_ns + cost.block_ns, 100);
    assert_int_equal(cost.wait_ns + cost.block_ns, 200);
    program_release(&program);
}

static void test_what_is_never_repeated_costs_nothing(void **state)
{
    struct program program = {0}, *body;
    struct program_cost cost;

    (void)state;
    body = append_call(&program, 0);
    append_fetch(body, "/");
    append(body, STEP_COMPUTE, 20);
    program_cost(&program, false, &cost);
    assert_int_equal(cost.fetches, 0);
    assert_int_equal(cost.steps, 0);
    assert_int_equal(cost.check, 0);
    assert_false(cost.endless_io);
    program_release(&program);
}

static void test_a_range_waits_its_mean_and_its_least(void **state)
{
    struct program program = {0};
    struct program_cost cost;

    (void)state;
    append_fetch(&program, "/delay/10ms~50ms");
    program_cost(&program, false, &cost);
    assert_int_equal(cost.wait_ns, 30 * NS_PER_MS);
    assert_int_equal(cost.least_wait_ns, 10 * NS_PER_MS);
    assert_int_equal(cost.check, 13);
    program_release(&program);
}

static void test_fetches_without_a_stated_delay_have_no_end(void **state)
{
    struct program program = {0};
    struct program_cost cost;

    (void)state;
    append_fetch(&program, "/bytes/100");
    program_cost(&program, false, &cost);
    assert_true(cost.endless_io);
    assert_int_equal(cost.check, 100);
    assert_int_equal(cost.wait_ns, 0);
    program_release(&program);
}

// A user's server promises neither a delay nor a size.
static void test_a_foreign_url_has_no_oracle(void **state)
{
    struct program program = {0};
    struct program_cost cost;

    (void)state;
    append_fetch(&program, "/delay/10ms/bytes/100");
    append(&program, STEP_COMPUTE, 10);
    program_cost(&program, true, &cost);
    assert_true(cost.endless_io);
    assert_int_equal(cost.least_wait_ns, 0);
    assert_int_equal(cost.fetches, 1);
    assert_int_equal(cost.check, 55);
    program_release(&program);
}

static void test_fetches_by_their_connections(void **state)
{
    struct program program = {0}, *body;
    struct program_cost cost;

    (void)state;
    append_fetch(&program, "/a");
    body = append_call(&program, 10);
    for (int i = 0; i < 4; i++) {
        append_fetch(body, "/b");
        body->steps[i].fresh = i % 2 == 1;
        body->steps[i].tls = i / 2 == 1;
    }
    program_cost(&program, false, &cost);
    assert_int_equal(cost.fetches, 41);
    assert_int_equal(cost.plain.kept, 11);
    assert_int_equal(cost.plain.fresh, 10);
    assert_int_equal(cost.tls.kept, 10);
    assert_int_equal(cost.tls.fresh, 10);
    assert_true(cost.asks_tls);
    // Of a user's server the URL says what it speaks.
    program_cost(&program, true, &cost);
    assert_int_equal(cost.plain.kept, 21);
    assert_int_equal(cost.plain.fresh, 20);
    assert_int_equal(cost.tls.kept + cost.tls.fresh, 0);
    assert_int_equal(
        program_resolve_urls(&program, &(struct fetch_bases){.origin = "http://h:1", .tls_origin = "https://h:2"}), 0);
    assert_string_equal(program.steps[0].url, "http://h:1/a");
    assert_string_equal(body->steps[1].url, "http://h:1/b");
    assert_string_equal(body->steps[2].url, "https://h:2/b");
    program_release(&program);
}

static void test_urls_are_resolved_at_every_depth(void **state)
{
    struct program program = {0}, *body;

    (void)state;
    append_fetch(&program, "/a");
    body = append_call(&program, 2);
    append(body, STEP_SLEEP, 1);
    append_fetch(body, "/b/c");
    assert_int_equal(program_resolve_urls(&program, &(struct fetch_bases){.origin = "http://127.0.0.1:80"}), 0);
    assert_string_equal(program.steps[0].url, "http://127.0.0.1:80/a");
    assert_string_equal(body->steps[1].url, "http://127.0.0.1:80/b/c");
    assert_int_equal(program_resolve_urls(&program, &(struct fetch_bases){.origin = "http://127.0.0.1:80",
                                                                          .url = "https://localhost/x?y"}),
                     0);
    assert_string_equal(program.steps[0].url, "https://localhost/x?y");
    assert_string_equal(body->steps[1].url, "https://localhost/x?y");
    assert_string_equal(program.steps[0].path, "/a");
    program_release(&program);
}

static void test_releasing_nothing(void **state)
{
    struct task_mix mix = {0};

    (void)state;
    program_release(NULL);
    task_mix_release(&mix);
}

static void test_step_names(void **state)
{
    (void)state;
    assert_string_equal(step_rows[STEP_SLEEP].name, "sleep");
    assert_string_equal(step_rows[STEP_FETCH].name, "fetch");
    assert_string_equal(step_rows[STEP_COMPUTE].name, "compute");
    assert_string_equal(step_rows[STEP_CALL].name, "repeat");
}

static void make(const char *text, struct workload *workload)
{
    char error[WORKLOAD_ERROR] = "";

    if (workload_make(text, 4, workload, error) != 0)
        fail_msg("%s: %s", text, error);
    assert_int_equal(workload->mix.count, 1);
}

static void assert_makes(const char *text, const char *label, uint64_t wait_ns, uint32_t check)
{
    struct workload workload;
    struct program_cost cost;

    make(text, &workload);
    assert_string_equal(workload.label, label);
    assert_true(workload.tasks > 0);
    assert_true(workload.concurrency > 0);
    assert_true(workload.describe[0] != '\0');
    program_cost(&workload.mix.classes[0].program, false, &cost);
    assert_int_equal(cost.wait_ns, wait_ns);
    assert_int_equal(cost.check, check);
    workload_release(&workload);
}

static void test_workloads_and_their_oracles(void **state)
{
    (void)state;
    assert_makes("fib:30", "fib:30", 0, 832040);
    assert_makes("fib:0", "fib:0", 0, 0);
    assert_makes("fib", "fib:29", 0, 514229);
    assert_makes("sleep:1.5ms", "sleep:1.5ms", 1500000, 0);
    assert_makes("sleep", "sleep:10ms", 10 * NS_PER_MS, 0);
    assert_makes("http", "http:10ms", 10 * NS_PER_MS, 13);
    assert_makes("http:/bytes/4k", "http:/bytes/4k", 0, 4096);
    assert_makes("http:/delay/1ms/bytes/5", "http:/delay/1ms/bytes/5", NS_PER_MS, 5);
    assert_makes("noop", "noop", 0, 0);
}

// CPU-bound work keeps as many in flight as there are cores; waiting is not bound by them.
static void test_defaults_belong_to_the_workload(void **state)
{
    struct workload fib, sleep;

    (void)state;
    make("fib", &fib);
    make("sleep", &sleep);
    assert_int_equal(fib.concurrency, 4);
    assert_true(sleep.concurrency > 4);
    workload_release(&fib);
    workload_release(&sleep);
}

static void assert_refused(const char *text, int err, const char *value)
{
    char error[WORKLOAD_ERROR] = "";
    struct workload workload;

    assert_int_equal(workload_make(text, 4, &workload, error), err);
    if (err == -EINVAL) {
        assert_non_null(strstr(error, value));
        assert_true(strstr(error, "expected") != NULL || strstr(error, "takes no argument") != NULL);
    }
}

static void test_bad_workloads_are_refused(void **state)
{
    (void)state;
    assert_refused("fibb", -ENOENT, "");
    assert_refused("", -ENOENT, "");
    assert_refused("fi:30", -ENOENT, "");
    assert_refused("fib:", -EINVAL, "''");
    assert_refused("fib:-1", -EINVAL, "'-1'");
    assert_refused("fib:61", -EINVAL, "'61'");
    assert_refused("fib:1e99", -EINVAL, "'1e99'");
    assert_refused("sleep:", -EINVAL, "''");
    assert_refused("sleep:10", -EINVAL, "'10'");
    assert_refused("sleep:2h", -EINVAL, "'2h'");
    assert_refused("sleep:-1ms", -EINVAL, "'-1ms'");
    assert_refused("http:", -EINVAL, "''");
    assert_refused("http:/bytes/4x", -EINVAL, "'/bytes/4x'");
    assert_refused("http:fast", -EINVAL, "'fast'");
    assert_refused("noop:1", -EINVAL, "'1'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_program_costs_nothing),
        cmocka_unit_test(test_costs_add_up),
        cmocka_unit_test(test_calls_multiply),
        cmocka_unit_test(test_children_wait_together),
        cmocka_unit_test(test_the_longest_child_by_its_mean),
        cmocka_unit_test(test_what_is_never_repeated_costs_nothing),
        cmocka_unit_test(test_a_range_waits_its_mean_and_its_least),
        cmocka_unit_test(test_fetches_without_a_stated_delay_have_no_end),
        cmocka_unit_test(test_fetches_by_their_connections),
        cmocka_unit_test(test_a_foreign_url_has_no_oracle),
        cmocka_unit_test(test_urls_are_resolved_at_every_depth),
        cmocka_unit_test(test_releasing_nothing),
        cmocka_unit_test(test_step_names),
        cmocka_unit_test(test_workloads_and_their_oracles),
        cmocka_unit_test(test_defaults_belong_to_the_workload),
        cmocka_unit_test(test_bad_workloads_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
