// SPDX-License-Identifier: MIT
// A workload of the user's own: read, weighed, dealt, written as a plan has it, and read again the same; or refused in one
// line. Also a plan's classes by themselves, where less is asked of them.
#include "tests/fuzz/fuzz.h"

// For what is static in it; the library's is then not linked.
#include "workloads/custom.c" // NOLINT(bugprone-suspicious-include)

#include "measure/base/clock.h"
#include "measure/slot.h"
#include "workloads/program/slots.h"

size_t fuzz_json_offset(const uint8_t *data, size_t size)
{
    (void)data, (void)size;
    return 0;
}

static void weigh(struct task_mix *mix)
{
    const struct fetch_bases bases = {.origin = "http://127.0.0.1:1", .tls_origin = "https://127.0.0.1:2"};

    for (size_t i = 0; i < mix->count; i++) {
        struct program_cost cost;
        char words[160];

        for (int foreign = 0; foreign < 2; foreign++)
            program_cost(&mix->classes[i].program, foreign, &cost);
        program_words(&mix->classes[i].program, words, sizeof words);
        FUZZ_MUST(program_resolve_urls(&mix->classes[i].program, &bases) == 0);
    }
}

static void deal(const struct task_mix *mix, double rate_per_s)
{
    enum { DEALT = 100 };
    const struct arrivals arrivals[] = {
        {.rate_per_s = 0}, {.rate_per_s = 1e6}, {.rate_per_s = rate_per_s, .constant = true}};
    struct slot slots[DEALT];

    for (size_t i = 0; i < sizeof arrivals / sizeof *arrivals; i++) {
        slots_fill(slots, DEALT, mix, &arrivals[i], 1);
        for (int task = 0; task < DEALT; task++)
            FUZZ_MUST(slots[task].class_index < mix->count);
        FUZZ_MUST(slots_arriving(mix, &arrivals[i], 1, NS_PER_MS, DEALT) <= DEALT);
    }
}

// As the plan of a trial has it.
static char *written(const struct task_mix *mix)
{
    cJSON *json = cJSON_CreateObject();
    char *text;

    cJSON_AddItemToObject(json, "classes", task_mix_to_json(mix));
    text = cJSON_PrintUnformatted(json);
    FUZZ_MUST(text != NULL);
    cJSON_Delete(json);
    return text;
}

static void read_again(const struct task_mix *mix)
{
    char *text = written(mix), *second, error[JSON_ERROR];
    struct json_fault fault = {.what = ""};
    cJSON *json = cJSON_Parse(text);
    struct task_mix again;

    if (task_mix_read(json, false, &again, &fault) != 0)
        fuzz_fail(json_fault_write(&fault, error), __FILE__, __LINE__);
    second = written(&again);
    FUZZ_MUST(strcmp(text, second) == 0);
    task_mix_release(&again);
    cJSON_Delete(json);
    free(text);
    free(second);
}

static void check_mix(struct task_mix *mix, double rate_per_s)
{
    read_again(mix);
    weigh(mix);
    deal(mix, rate_per_s);
}

static void check_line(const char *error)
{
    FUZZ_MUST(error[0] != '\0' && fuzz_is_utf8(error));
}

static void read_file_of(struct json_file *file, size_t length)
{
    struct workload workload = {.kind = &custom_kind, .tasks = TASKS};
    char error[JSON_FILE_ERROR] = "";
    struct json_fault fault = {.what = ""};

    if (json_file_parse(file, length, error) != 0) {
        check_line(error);
        return;
    }
    if (read_workload(&fault, file->json, file->path, 2, &workload) == 0) {
        FUZZ_MUST(workload.concurrency > 0 && fuzz_is_utf8(workload.label) && fuzz_is_utf8(workload.describe));
        check_mix(&workload.mix, workload.rate_per_s);
    } else {
        json_file_fault(file, &fault, error);
        check_line(error);
    }
    workload_release(&workload);
}

static void read_classes_of(const cJSON *json)
{
    struct json_fault fault = {.what = ""};
    char error[JSON_ERROR];
    struct task_mix mix;

    if (task_mix_read(json, false, &mix, &fault) == 0) {
        check_mix(&mix, 1);
        task_mix_release(&mix);
    } else {
        FUZZ_MUST(json_fault_write(&fault, error)[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_file file = {.path = "fuzz.json", .text = fuzz_text(data, size)};
    cJSON *json = cJSON_Parse(file.text);

    read_file_of(&file, size);
    read_classes_of(json);
    cJSON_Delete(json);
    json_file_release(&file);
    return 0;
}
