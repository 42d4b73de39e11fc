// SPDX-License-Identifier: MIT
// Reading reports: what is refused, and in which words; and the summary of samples whose outcome is known beforehand.
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
#include <unistd.h>

#include "measure/base/json.h"
#include "reports/document/document.h"
#include "reports/document/fields.h"
#include "reports/findings/ranking.h"
#include "reports/findings/summary.h"

#define ROUNDS 8

static cJSON *make_sample(unsigned round, double wall_ns)
{
    cJSON *sample = cJSON_CreateObject();

    cJSON_AddNumberToObject(sample, "round", round);
    cJSON_AddStringToObject(sample, "status", "ok");
    cJSON_AddNullToObject(sample, "reason");
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    cJSON_AddNumberToObject(sample, "setup_ns", 10);
    cJSON_AddNumberToObject(sample, "run_ns", wall_ns - 20);
    cJSON_AddNumberToObject(sample, "teardown_ns", 10);
    cJSON_AddNumberToObject(sample, "cpu_ns", wall_ns / 2);
    cJSON_AddNumberToObject(sample, "switches_own", 4);
    cJSON_AddNumberToObject(sample, "switches_forced", 0);
    cJSON_AddNumberToObject(sample, "tasks", 10);
    cJSON_AddNumberToObject(sample, "failed", 0);
    cJSON_AddNumberToObject(sample, "in_flight", 2);
    cJSON_AddNullToObject(sample, "latency_ns");
    return sample;
}

static cJSON *add_cell(cJSON *block, const char *model, const double *walls_ns, unsigned n)
{
    cJSON *cell = cJSON_CreateObject(), *samples;

    cJSON_AddStringToObject(cell, "model", model);
    cJSON_AddNullToObject(cell, "kin");
    cJSON_AddNumberToObject(cell, "lanes", 2);
    cJSON_AddStringToObject(cell, "status", "ok");
    cJSON_AddNullToObject(cell, "reason");
    cJSON_AddNullToObject(cell, "memory");
    cJSON_AddNullToObject(cell, "memory_reason");
    samples = cJSON_AddArrayToObject(cell, "samples");
    for (unsigned i = 0; i < n; i++)
        cJSON_AddItemToArray(samples, make_sample(i + 1, walls_ns[i]));
    cJSON_AddItemToArray(cJSON_GetObjectItem(block, "cells"), cell);
    return cell;
}

static cJSON *add_block(cJSON *document)
{
    cJSON *block = cJSON_CreateObject();

    cJSON_AddStringToObject(block, "workload", "sleep:10ms");
    cJSON_AddStringToObject(block, "describe", "sleeps 10 ms");
    cJSON_AddNumberToObject(block, "tasks", 10);
    cJSON_AddNumberToObject(block, "concurrency", 2);
    cJSON_AddNumberToObject(block, "cores", 2);
    cJSON_AddNumberToObject(block, "ideal_ns", 500);
    cJSON_AddNullToObject(block, "ideal_formula");
    cJSON_AddNullToObject(block, "ideal_reason");
    cJSON_AddNumberToObject(block, "rounds", ROUNDS);
    cJSON_AddStringToObject(block, "stopped", "rounds");
    cJSON_AddNullToObject(block, "calibration");
    cJSON_AddArrayToObject(block, "cells");
    cJSON_AddItemToArray(cJSON_GetObjectItem(document, "workloads"), block);
    return block;
}

static cJSON *make_document(void)
{
    cJSON *document = cJSON_CreateObject();

    cJSON_AddStringToObject(document, "schema", DOCUMENT_SCHEMA);
    cJSON_AddObjectToObject(document, "ccbench");
    cJSON_AddStringToObject(document, "started", "2026-11-20T12:00:00Z");
    cJSON_AddNumberToObject(document, "seed", 1);
    cJSON_AddNumberToObject(document, "duration_ns", 1000);
    cJSON_AddNullToObject(document, "interrupted");
    cJSON_AddObjectToObject(document, "environment");
    cJSON_AddObjectToObject(document, "placement");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(document, "plan"), "reference", "slow");
    cJSON_AddArrayToObject(document, "workloads");
    cJSON_AddNumberToObject(document, "status", 0);
    add_block(document);
    return document;
}

static cJSON *block_of(cJSON *document)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(document, "workloads"), 0);
}

static cJSON *cell_of(cJSON *document, int index)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(block_of(document), "cells"), index);
}

static cJSON *sample_of(cJSON *document, int cell, int index)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(cell_of(document, cell), "samples"), index);
}

// "fast" takes 1000 in every round, "even" is ahead in half of them, "slow" takes twice as long.
static cJSON *make_good(void)
{
    static const double fast[ROUNDS] = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000};
    static const double even[ROUNDS] = {1010, 995, 1010, 995, 1010, 995, 1010, 995};
    static const double slow[ROUNDS] = {2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000};
    cJSON *document = make_document();

    add_cell(block_of(document), "slow", slow, ROUNDS);
    add_cell(block_of(document), "fast", fast, ROUNDS);
    add_cell(block_of(document), "even", even, ROUNDS);
    return document;
}

static int read_bytes(const char *bytes, size_t length, cJSON **ret_document, char *error)
{
    char path[] = "/tmp/ccbench-test-XXXXXX";
    int fd = mkstemp(path), r;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    r = document_read(path, ret_document, error);
    if (r == 0)
        r = summarise_missing(*ret_document);
    unlink(path);
    return r;
}

static void expect_refused(const char *text, size_t length, const char *message)
{
    cJSON *document = NULL;
    char error[DOCUMENT_ERROR] = "";

    assert_int_equal(read_bytes(text, length, &document, error), -EINVAL);
    assert_null(document);
    assert_string_equal(error, message);
    assert_null(strchr(error, '\n'));
}

static void expect_text_refused(const char *text, const char *message)
{
    expect_refused(text, strlen(text), message);
}

// Takes the document over.
static void expect_document_refused(cJSON *document, const char *message)
{
    char *text = cJSON_Print(document);

    expect_text_refused(text, message);
    cJSON_free(text);
    cJSON_Delete(document);
}

// Takes the document over.
static void expect_document_accepted(cJSON *document)
{
    char *text = cJSON_Print(document), error[DOCUMENT_ERROR] = "";
    cJSON *read = NULL;

    assert_int_equal(read_bytes(text, strlen(text), &read, error), 0);
    assert_string_equal(error, "");
    cJSON_Delete(read);
    cJSON_free(text);
    cJSON_Delete(document);
}

static void test_not_json(void **state)
{
    (void)state;
    expect_text_refused("", "empty, expected a JSON report of ccbench");
    expect_text_refused(" \n\n", "empty, expected a JSON report of ccbench");
    expect_text_refused("{\"schema\":\n\"ccbench/1\",", "ends in the middle of the JSON text: not completely written?");
    expect_text_refused("{\"schema\":\n NaN}", "line 2: not JSON at 'NaN}'");
    expect_text_refused("{}\nand more", "line 2: not JSON at 'and more'");
    expect_text_refused("\033c", "line 1: not JSON at 'c'");
    expect_refused("{}\0{}", 5, "line 1: not JSON at ''");
}

static void test_truncated_anywhere(void **state)
{
    cJSON *document = make_good(), *ret_document = NULL;
    char *text = cJSON_PrintUnformatted(document), error[DOCUMENT_ERROR];

    (void)state;
    for (size_t length = 0; length < strlen(text); length += 7)
        assert_int_equal(read_bytes(text, length, &ret_document, error), -EINVAL);
    assert_null(ret_document);
    cJSON_free(text);
    cJSON_Delete(document);
}

static void test_not_a_file(void **state)
{
    cJSON *document = NULL;
    char error[DOCUMENT_ERROR];

    (void)state;
    assert_int_equal(document_read("/", &document, error), -EISDIR);
    assert_string_equal(error, "Is a directory");
    assert_int_equal(document_read("/nonexistent/report.json", &document, error), -ENOENT);
    assert_string_equal(error, "No such file or directory");
    assert_null(document);
}

static void test_other_json(void **state)
{
    cJSON *document = make_good();

    (void)state;
    expect_text_refused("[]", "not a JSON object, expected a report of ccbench");
    expect_text_refused("12", "not a JSON object, expected a report of ccbench");
    expect_text_refused("{}", "schema: missing, expected 'ccbench/1'");
    cJSON_SetValuestring(cJSON_GetObjectItem(document, "schema"), "ccbench/9");
    expect_document_refused(document, "schema: 'ccbench/9', expected 'ccbench/1'");
}

static void set(cJSON *object, const char *name, cJSON *item)
{
    json_set(object, name, item);
}

static void test_wrong_types(void **state)
{
    cJSON *document = make_good();

    (void)state;
    set(sample_of(document, 1, 2), "wall_ns", cJSON_CreateString("a\nb"));
    expect_document_refused(document, "workloads[0].cells[1].samples[2].wall_ns: 'a?b', expected a number above 0");

    document = make_good();
    set(sample_of(document, 0, 0), "cpu_ns", cJSON_CreateNumber(-1));
    expect_document_refused(document, "workloads[0].cells[0].samples[0].cpu_ns: -1, expected a number from 0 up");

    document = make_good();
    cJSON_DeleteItemFromObject(block_of(document), "describe");
    expect_document_refused(document, "workloads[0].describe: missing, expected text");

    document = make_good();
    set(cell_of(document, 0), "status", cJSON_CreateString("fine"));
    expect_document_refused(document,
                            "workloads[0].cells[0].status: 'fine', expected one of ok, skipped, failed, wrong");

    document = make_good();
    set(block_of(document), "findings", cJSON_CreateIntArray((int[]){1}, 1));
    expect_document_refused(document, "workloads[0].findings: 1 among them, expected text only");

    document = make_good();
    set(cell_of(document, 0), "summary", cJSON_CreateObject());
    expect_document_refused(document, "workloads[0].cells[0].summary.n: missing, expected a number above 0");
}

// Makes an open loop of the block, in which all samples kept up, or did not.
static void arrive(cJSON *document, bool kept_up)
{
    const cJSON *cell;
    cJSON *sample, *rate = cJSON_CreateObject(), *latency;

    cJSON_AddNumberToObject(rate, "per_s", 100);
    cJSON_AddBoolToObject(rate, "constant", false);
    cJSON_AddNumberToObject(rate, "span_ns", 1000);
    set(block_of(document), "rate", rate);
    cJSON_ArrayForEach(cell, cJSON_GetObjectItem(block_of(document), "cells")) {
        cJSON_ArrayForEach(sample, cJSON_GetObjectItem(cell, "samples")) {
            static const char *const names[] = {"p50", "p90", "max", "mean"};
            double wall_ns = field_number(sample, "wall_ns");

            set(sample, "kept_up", cJSON_CreateBool(kept_up));
            set(sample, "reached_per_s", cJSON_CreateNumber(wall_ns));
            latency = cJSON_CreateObject();
            for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
                cJSON_AddNumberToObject(latency, names[i], 5000 - wall_ns);
            cJSON_AddNullToObject(latency, "p99");
            cJSON_AddNullToObject(latency, "p999");
            set(sample, "latency_ns", latency);
        }
    }
}

static void test_wrong_types_of_tasks(void **state)
{
    cJSON *document = make_good(), *object = cJSON_CreateObject();

    (void)state;
    set(block_of(document), "rate", cJSON_CreateNumber(5));
    expect_document_refused(document, "workloads[0].rate: 5, expected an object or null");

    document = make_good();
    cJSON_AddNumberToObject(object, "per_s", 0);
    set(block_of(document), "rate", object);
    expect_document_refused(document, "workloads[0].rate.per_s: 0, expected a number above 0");

    document = make_good();
    arrive(document, true);
    cJSON_DeleteItemFromObject(sample_of(document, 0, 2), "kept_up");
    expect_document_refused(document, "workloads[0].cells[0].samples[2].kept_up: missing, expected true or false");

    document = make_good();
    arrive(document, true);
    set(sample_of(document, 0, 2), "latency_ns", cJSON_CreateNull());
    expect_document_refused(document, "workloads[0].cells[0].samples[2].latency_ns: null, expected an object");

    document = make_good();
    set(sample_of(document, 1, 0), "updates", cJSON_CreateObject());
    expect_document_refused(document,
                            "workloads[0].cells[1].samples[0].updates.expected: missing, expected a number above 0");

    document = make_good();
    set(sample_of(document, 1, 0), "classes", cJSON_CreateIntArray((int[]){1}, 1));
    expect_document_refused(document, "workloads[0].cells[1].samples[0].classes[0]: not an object");

    document = make_good();
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    object = cJSON_CreateArray();
    cJSON_AddItemToArray(object, cJSON_CreateObject());
    set(cJSON_GetObjectItem(cell_of(document, 0), "summary"), "classes", object);
    expect_document_refused(document, "workloads[0].cells[0].summary.classes[0].name: missing, expected text");
}

static void test_wrong_parts(void **state)
{
    cJSON *document = make_good();

    (void)state;
    set(sample_of(document, 0, 0), "queued_ns",
        cJSON_Parse("{\"p50\":1,\"p90\":1,\"p99\":null,\"p999\":null,\"max\":-26}"));
    expect_document_refused(document,
                            "workloads[0].cells[0].samples[0].queued_ns.max: -26, expected a number from 0 up");

    document = make_good();
    set(sample_of(document, 0, 0), "hardware", cJSON_Parse("{\"cycles\":1}"));
    expect_document_refused(document, "workloads[0].cells[0].samples[0].hardware.instructions: missing, "
                                      "expected a number from 0 up, or null");

    document = make_good();
    set(cell_of(document, 0), "memory", cJSON_Parse("{\"bytes\":\"many\"}"));
    expect_document_refused(document, "workloads[0].cells[0].memory.bytes: 'many', expected a number from 0 up");

    document = make_good();
    set(sample_of(document, 0, 0), "wall_ns", cJSON_CreateNumber(0.5));
    expect_document_refused(document, "workloads[0].cells[0].samples[0].wall_ns: 0.5, expected at least 1");

    document = make_good();
    set(cJSON_GetObjectItem(document, "environment"), "limits", cJSON_CreateTrue());
    expect_document_refused(document, "environment.limits: true or false, expected an object");
}

static void test_overflow(void **state)
{
    cJSON *document = make_good();

    (void)state;
    set(cJSON_GetObjectItem(document, "environment"), "memory_bytes", cJSON_CreateRaw("1e999"));
    expect_document_refused(document, "memory_bytes: not a finite number");
}

static void test_contradictions(void **state)
{
    static const double wall_ns[] = {1000};
    cJSON *document = make_good();

    (void)state;
    add_cell(block_of(document), "fast", wall_ns, 1);
    expect_document_refused(document, "workloads[0].cells[3].model: 'fast' occurs twice in this workload");

    document = make_good();
    set(block_of(document), "rounds", cJSON_CreateNumber(0));
    expect_document_refused(document, "workloads[0].rounds: 0, expected at least 1 as 'slow' has samples");

    // But for a first round that was interrupted when some models had been measured.
    document = make_good();
    set(block_of(document), "rounds", cJSON_CreateNumber(0));
    set(block_of(document), "stopped", cJSON_CreateString("interrupted"));
    expect_document_accepted(document);

    document = make_good();
    set(sample_of(document, 0, 4), "round", cJSON_CreateNumber(4));
    expect_document_refused(document,
                            "workloads[0].cells[0].samples[4].round: 4, expected more than the 4 of the sample "
                            "before");

    document = make_good();
    set(cell_of(document, 2), "samples", cJSON_CreateArray());
    expect_document_refused(document, "workloads[0].cells[2].samples: empty, expected at least one as the cell is ok");

    document = make_good();
    add_block(document);
    expect_document_refused(document, "workloads[1].cells: empty, expected at least one");

    document = make_good();
    set(document, "workloads", cJSON_CreateArray());
    expect_document_refused(document, "workloads: empty, expected at least one");

    document = make_good();
    cJSON_AddItemToArray(cJSON_GetObjectItem(document, "workloads"), cJSON_Duplicate(block_of(document), 1));
    expect_document_refused(document,
                            "workloads[1].workload: 'sleep:10ms' occurs twice with the same tasks and concurrency");

    document = make_good();
    set(cell_of(document, 0), "status", cJSON_CreateString("failed"));
    expect_document_refused(document, "workloads[0].cells[0].reason: null, expected why the cell is failed");

    document = make_good();
    set(sample_of(document, 0, 2), "status", cJSON_CreateString("wrong"));
    set(sample_of(document, 0, 2), "reason", cJSON_CreateString("checksum"));
    expect_document_refused(document, "workloads[0].cells[0].status: ok, though its sample 3 is wrong");
}

static void test_read_summarises(void **state)
{
    cJSON *document = make_good(), *read = NULL;
    char *text = cJSON_Print(document), error[DOCUMENT_ERROR];

    (void)state;
    assert_int_equal(read_bytes(text, strlen(text), &read, error), 0);
    assert_true(field_number(cell_of(read, 1), "summary.wall_ns.median") == 1000);
    cJSON_free(text);
    cJSON_Delete(read);
    cJSON_Delete(document);
}

static void expect_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%.17g, expected %.17g", value, expected);
}

static void test_summary(void **state)
{
    cJSON *document = make_good();
    const cJSON *slow = cell_of(document, 0), *fast = cell_of(document, 1);

    (void)state;
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(fast, "summary.n"), ROUNDS);
    expect_near(field_number(fast, "summary.cpu_per_task_ns.median"), 50);
    expect_near(field_number(fast, "summary.cores_used.median"), 0.5);
    expect_near(field_number(fast, "summary.throughput_per_s.median"), 1e7);
    expect_near(field_number(fast, "summary.of_ideal.median"), 0.5);
    expect_near(field_number(fast, "summary.speedup.median"), 2);
    expect_near(field_number(slow, "summary.speedup.median"), 1);
    assert_null(field(fast, "summary.latency_p99_ns"));
    assert_null(field(fast, "summary.speedup_reason"));
    assert_true(field_is(block_of(document), "kind", "mixed"));
    cJSON_Delete(document);
}

static void test_ranks(void **state)
{
    cJSON *document = make_good();

    (void)state;
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell_of(document, 0), "summary.rank"), 3);
    expect_near(field_number(cell_of(document, 1), "summary.rank"), 1);
    expect_near(field_number(cell_of(document, 2), "summary.rank"), 1);
    assert_true(cJSON_IsTrue(field(cell_of(document, 1), "summary.tied")));
    assert_false(cJSON_IsTrue(field(cell_of(document, 0), "summary.tied")));
    cJSON_Delete(document);
}

// The one that took longest had the lowest latency.
static void test_ranks_of_an_open_loop(void **state)
{
    cJSON *document = make_good();

    (void)state;
    arrive(document, true);
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell_of(document, 0), "summary.rank"), 1);
    expect_near(field_number(cell_of(document, 1), "summary.rank"), 2);
    expect_near(field_number(cell_of(document, 0), "summary.latency_max_ns.median"), 3000);
    assert_true(cJSON_IsTrue(field(cell_of(document, 0), "summary.kept_up")));
    assert_null(field(cell_of(document, 1), "summary.speedup"));
    assert_string_equal(field_text(cell_of(document, 1), "summary.speedup_reason"),
                        "n/a: the time is that of the arrivals");
    assert_null(field(block_of(document), "kind")); // how busy the models are depends on the rate
    cJSON_Delete(document);
}

static void test_ranks_of_those_behind(void **state)
{
    cJSON *document = make_good();

    (void)state;
    arrive(document, false);
    for (int i = 0; i < ROUNDS; i++) // in half of the rounds is not in most
        set(sample_of(document, 1, i), "kept_up", cJSON_CreateBool(i % 2 == 0));
    for (int i = 0; i < ROUNDS; i++)
        set(sample_of(document, 2, i), "kept_up", cJSON_CreateBool(i > 0));
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell_of(document, 2), "summary.rank"), 1);
    expect_near(field_number(cell_of(document, 0), "summary.rank"), 2); // it reached more
    expect_near(field_number(cell_of(document, 1), "summary.rank"), 3);
    cJSON_Delete(document);
}

static void test_classes_are_summarised(void **state)
{
    cJSON *document = make_good();
    const cJSON *sample;
    cJSON *summary;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        cJSON *classes = cJSON_CreateArray();

        for (int c = 0; c < 2; c++) {
            cJSON *class = cJSON_CreateObject(), *queued = cJSON_AddObjectToObject(class, "queued_ns");

            cJSON_AddStringToObject(class, "name", c == 0 ? "short" : "hog");
            cJSON_AddNumberToObject(class, "tasks", 5);
            cJSON_AddNumberToObject(queued, "max", c == 0 ? 100 + i : 7);
            cJSON_AddItemToArray(classes, class);
        }
        set(sample_of(document, 0, i), "classes", classes);
    }
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    summary = cJSON_GetObjectItem(cell_of(document, 0), "summary");
    assert_int_equal(cJSON_GetArraySize(field(summary, "classes")), 2);
    sample = cJSON_GetArrayItem(field(summary, "classes"), 0);
    assert_string_equal(field_text(sample, "name"), "short");
    expect_near(field_number(sample, "queued_max_ns.median"), 103.5);
    assert_null(field(sample, "latency_p50_ns"));
    expect_near(field_number(cJSON_GetArrayItem(field(summary, "classes"), 1), "queued_max_ns.max"), 7);
    assert_null(field(cell_of(document, 1), "summary.classes"));
    cJSON_Delete(document);
}

static void test_lost_updates(void **state)
{
    cJSON *document = make_good();

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        cJSON *updates = cJSON_CreateObject();

        cJSON_AddNumberToObject(updates, "expected", 1000);
        cJSON_AddNumberToObject(updates, "lost", i);
        set(sample_of(document, 1, i), "updates", updates);
    }
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell_of(document, 1), "summary.lost_share.median"), 0.0035);
    expect_near(field_number(cell_of(document, 1), "summary.lost_share.max"), 0.007);
    assert_null(field(cell_of(document, 0), "summary.lost_share"));
    cJSON_Delete(document);
}

// A small but steady difference is one; the same medians in rounds that do not pair up are not.
static void test_pairs_decide(void **state)
{
    static const double calm[ROUNDS] = {1000, 1300, 1100, 1500, 1200, 1400, 1050, 1250};
    double later[ROUNDS], shuffled[ROUNDS];
    cJSON *document = make_document();

    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        later[i] = calm[i] * 1.01;
        shuffled[i] = calm[(i + 3) % ROUNDS] * 1.01;
    }
    add_cell(block_of(document), "calm", calm, ROUNDS);
    add_cell(block_of(document), "later", later, ROUNDS);
    add_cell(block_of(document), "shuffled", shuffled, ROUNDS);
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell_of(document, 0), "summary.rank"), 1);
    expect_near(field_number(cell_of(document, 1), "summary.rank"), 2);
    expect_near(field_number(cell_of(document, 2), "summary.rank"), 2);
    cJSON_Delete(document);
}

static void test_few_rounds(void **state)
{
    static const double near[] = {1090, 1091}, far[] = {1200, 1210}, first[] = {1000, 1001};
    cJSON *document = make_document();

    (void)state;
    add_cell(block_of(document), "far", far, 2);
    add_cell(block_of(document), "near", near, 2);
    add_cell(block_of(document), "first", first, 2);
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell_of(document, 0), "summary.rank"), 3);
    expect_near(field_number(cell_of(document, 1), "summary.rank"), 2);
    expect_near(field_number(cell_of(document, 2), "summary.rank"), 1);
    assert_false(cJSON_IsTrue(field(cell_of(document, 1), "summary.tied")));
    assert_null(field(cell_of(document, 0), "summary.wall_ns.low"));
    cJSON_Delete(document);
}

// The CPU was half as fast in round 2: so is the ideal.
static void test_calibrated_ideal(void **state)
{
    static const double walls[] = {1000, 2000};
    cJSON *document = make_document(), *calibration = cJSON_CreateObject();
    const cJSON *cell = add_cell(block_of(document), "one", walls, 2);

    (void)state;
    cJSON_AddNumberToObject(calibration, "task_cpu_ns", 50);
    cJSON_AddItemToObject(calibration, "samples", cJSON_CreateIntArray((int[]){50, 100}, 2));
    set(block_of(document), "calibration", calibration);
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    expect_near(field_number(cell, "summary.of_ideal.min"), 0.5);
    expect_near(field_number(cell, "summary.of_ideal.max"), 0.5);
    assert_string_equal(field_text(cell, "summary.speedup_reason"), "n/a: slow was not run");
    cJSON_Delete(document);
}

static void test_failures_void_the_claim(void **state)
{
    cJSON *document = make_good();

    (void)state;
    set(cell_of(document, 1), "status", cJSON_CreateString("wrong"));
    set(cell_of(document, 1), "reason", cJSON_CreateString("checksum 1, expected 2"));
    set(cell_of(document, 0), "status", cJSON_CreateString("skipped"));
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    assert_null(field(cell_of(document, 1), "summary"));
    assert_null(field(cell_of(document, 0), "summary"));
    assert_string_equal(cJSON_GetArrayItem(field(block_of(document), "findings"), 0)->valuestring,
                        "Only even completed this workload: there is nothing to compare it with.");
    cJSON_Delete(document);
}

static void test_idempotent(void **state)
{
    cJSON *document = make_good(), *once;

    (void)state;
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    once = cJSON_Duplicate(document, 1);
    assert_int_equal(summarise_block(document, block_of(document)), 0);
    assert_true(cJSON_Compare(document, once, 1));
    cJSON_Delete(once);
    cJSON_Delete(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_json),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_not_a_file),
        cmocka_unit_test(test_other_json),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_wrong_types_of_tasks),
        cmocka_unit_test(test_wrong_parts),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_read_summarises),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_ranks_of_an_open_loop),
        cmocka_unit_test(test_ranks_of_those_behind),
        cmocka_unit_test(test_classes_are_summarised),
        cmocka_unit_test(test_lost_updates),
        cmocka_unit_test(test_pairs_decide),
        cmocka_unit_test(test_few_rounds),
        cmocka_unit_test(test_calibrated_ideal),
        cmocka_unit_test(test_failures_void_the_claim),
        cmocka_unit_test(test_idempotent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
