// SPDX-License-Identifier: MIT
// What a supervisor gets from a trial: its messages, and its slots. They come to a sample, and a report with that sample
// can be read again.
//
// The input: a byte whose low 3 bits are the number of tasks less one, and whose others are the oracle's flags; a byte
// that tells where the messages are torn in two; a slot for each task; the messages.
#include "tests/fuzz/fuzz.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/oracle.h"
#include "measure/sample.h"
#include "measure/seen.h"
#include "measure/slot.h"
#include "measure/trial_messages.h"
#include "reports/document/document.h"
#include "reports/findings/summary.h"
#include "reports/format.h"

enum { TASKS = 8, HEAD = 2, CLASSES = 2 };

static const char report_text[] =
    "{\"schema\":\"ccbench/1\",\"ccbench\":{},\"started\":\"\",\"seed\":1,\"duration_ns\":1,\"interrupted\":null,"
    "\"environment\":{},\"placement\":{},\"plan\":{},\"status\":0,\"workloads\":[{\"workload\":\"x\",\"describe\":\"x\","
    "\"tasks\":1,\"concurrency\":1,\"cores\":1,\"ideal_ns\":null,\"ideal_formula\":null,\"ideal_reason\":null,\"rounds\":1,"
    "\"stopped\":\"rounds\",\"calibration\":null,\"cells\":[{\"model\":\"x\",\"kin\":null,\"lanes\":1,\"memory\":null,"
    "\"memory_reason\":null}]}]}";

static size_t slots_of(const uint8_t *data, size_t size)
{
    return size > 0 ? (size_t)(data[0] % TASKS) + 1 : 1;
}

size_t fuzz_json_offset(const uint8_t *data, size_t size)
{
    size_t offset = HEAD + slots_of(data, size) * sizeof(struct slot);

    return offset < size ? offset : size;
}

// As if it had come over the pipe; there is room.
static void feed(struct trial_messages *messages, const uint8_t *data, size_t size)
{
    memcpy(messages->text + messages->length, data, size);
    trial_messages_take(messages, size);
}

// The report of a run of one cell, one round.
static cJSON *report_of(cJSON *sample)
{
    cJSON *report = cJSON_Parse(report_text);
    cJSON *block = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "workloads"), 0);
    cJSON *cell = cJSON_GetArrayItem(cJSON_GetObjectItem(block, "cells"), 0);

    cJSON_AddItemToObject(cell, "status", cJSON_Duplicate(cJSON_GetObjectItem(sample, "status"), true));
    cJSON_AddItemToObject(cell, "reason", cJSON_Duplicate(cJSON_GetObjectItem(sample, "reason"), true));
    cJSON_AddNumberToObject(sample, "round", 1);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(cell, "samples"), sample);
    return report;
}

static void read_again(cJSON *sample)
{
    char *text = NULL, error[DOCUMENT_ERROR] = "";
    cJSON *report, *again = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    FUZZ_MUST(sample != NULL);
    report = report_of(sample);
    FUZZ_MUST(out != NULL && report_format_by_name("json")->end(report, NULL, out) == 0);
    fclose(out);
    FUZZ_MUST(fuzz_is_utf8(text));
    if (document_parse(text, strlen(text), &again, error) != 0)
        fuzz_fail(error, __FILE__, __LINE__);
    FUZZ_MUST(summarise_missing(again) == 0);
    cJSON_Delete(again);
    cJSON_Delete(report);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct expectation expected[CLASSES] = {
        {.name = "first", .updates = 1},
        {.name = "second", .check = 7, .least_wait_ns = 1000, .updates = UINT64_C(1000000000000000)}};
    size_t at = fuzz_json_offset(data, size), tasks = slots_of(data, size), torn;
    struct oracle oracle = {.tasks = (uint32_t)tasks, .lanes = 2, .classes = CLASSES, .expected = expected};
    struct trial_request request = {.slots_fd = -1};
    struct trial_report report = {.outcome = TRIAL_CRASHED};
    struct trial_messages messages = {.request = &request, .report = &report, .answer_fd = -1};
    struct slot slots[TASKS] = {0};
    static struct seen seen;
    struct judgement judgement;

    if (size < HEAD)
        return 0;
    oracle.any_check = (data[0] & 8) != 0;
    expected[0].unknown = (data[0] & 16) != 0;
    oracle.pretends = (data[0] & 32) != 0;
    oracle.open_loop = (data[0] & 64) != 0;
    oracle.classes = (data[0] & 128) != 0 ? 1 : CLASSES;
    memcpy(slots, data + HEAD, at > HEAD ? at - HEAD : 0);
    messages.text = fuzz_text(data, size - at);
    torn = (size - at) * data[1] / 256;
    feed(&messages, data + at, torn);
    feed(&messages, data + at + torn, size - at - torn);
    // What it prints may be anything too.
    snprintf(report.diagnostics, sizeof report.diagnostics, "%.*s", (int)(size - at), (const char *)data + at);
    if (report.outcome == TRIAL_DONE)
        read_again(sample_make(&oracle, slots, &report, &seen, &judgement));
    else
        read_again(sample_failed(&oracle, &report, &judgement));
    cJSON_Delete(report.result);
    trial_messages_release(&messages);
    return 0;
}
