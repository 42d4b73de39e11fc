// SPDX-License-Identifier: MIT
#include "cmd/trial/result.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "cmd/trial/answer.h"
#include "measure/in_flight.h"
#include "models/carry/resources.h"

static void add_counters(const struct trial *trial, cJSON *result)
{
    cJSON *counters = cJSON_AddObjectToObject(result, "counters");
    uint64_t retries = atomic_load(&trial->shared->retries);

    for (int i = 0; i < TRIAL_COUNTERS && trial->counters[i].name != NULL; i++)
        cJSON_AddNumberToObject(counters, trial->counters[i].name, (double)trial->counters[i].value);
    if (retries > 0)
        cJSON_AddNumberToObject(counters, "http_retries", (double)retries);
}

// False: no memory to count in.
static bool add_in_flight(const struct trial *trial, cJSON *result)
{
    uint32_t in_flight;

    if (trial->memory != NULL && atomic_load(&trial->memory->marked_with) > 0)
        in_flight = atomic_load(&trial->memory->marked_with); // when memory was read; there may have been more later
    else if (trial->memory != NULL)
        in_flight = atomic_load(&trial->memory->peak);
    else if (trial->work_ended_ns != NULL && trial->error[0] == '\0')
        in_flight = in_flight_peak(trial->slots, trial->work_ended_ns, trial->tasks);
    else
        return true;
    cJSON_AddNumberToObject(result, "in_flight", in_flight);
    return in_flight != UINT32_MAX;
}

// What the tasks have counted together.
static void add_counter(const struct trial *trial, cJSON *result)
{
    char error[128];
    uint64_t counted;
    int err;

    if (!(trial->kinds & (STEP_SHARED | STEP_SHARED_FILE)))
        return;
    err = resources_counted(trial, &counted);
    if (err == 0) {
        cJSON_AddNumberToObject(result, "counter", (double)counted);
    } else if (trial->error[0] == '\0') {
        snprintf(error, sizeof error, "cannot read the file that tasks share: %s", strerror(-err));
        cJSON_AddStringToObject(result, "error", error);
    }
}

static void add_phases(const struct phases *phases, uint64_t run_start_ns, cJSON *result)
{
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {
        {"setup_ns", phases->setup_ns},
        {"run_ns", phases->run_ns},
        {"teardown_ns", phases->teardown_ns},
        {"run_start_ns", run_start_ns},
        {"startup_cpu_ns", phases->before.cpu_ns},
        {"cpu_ns", phases->after.cpu_ns - phases->before.cpu_ns},
        {"switches_own", phases->after.switches_own - phases->before.switches_own},
        {"switches_forced", phases->after.switches_forced - phases->before.switches_forced},
    };

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        cJSON_AddNumberToObject(result, figures[i].name, (double)figures[i].value);
}

static void add_hardware(struct phases *phases, cJSON *result)
{
    char reason[HARDWARE_REASON], text[HARDWARE_REASON + 8];

    if (!phases->counted)
        return;
    cJSON_AddItemToObject(result, "hardware", hardware_read(&phases->hardware));
    if (hardware_reason(&phases->hardware, reason)) {
        snprintf(text, sizeof text, "n/a: %s", reason);
        cJSON_AddStringToObject(result, "hardware_reason", text);
    }
    hardware_close(&phases->hardware);
}

int result_answer(const struct trial *trial, struct phases *phases)
{
    cJSON *message = cJSON_CreateObject();
    cJSON *result = cJSON_AddObjectToObject(message, "result");
    bool counted;

    add_counters(trial, result);
    if (trial->error[0] != '\0')
        cJSON_AddStringToObject(result, "error", trial->error);
    counted = add_in_flight(trial, result);
    add_counter(trial, result);
    add_phases(phases, trial->run_start_ns, result);
    add_hardware(phases, result);
    if (counted) {
        answer_write(message);
        return 0;
    }
    cJSON_Delete(message);
    return answer_refuse(REFUSED, "out of memory");
}
