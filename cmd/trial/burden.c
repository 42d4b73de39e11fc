// SPDX-License-Identifier: MIT
#include "cmd/trial/burden.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "measure/base/units.h"
#include "models/carry/trial.h"
#include "workloads/program/compute.h"
#include "workloads/program/program.h"

// What does not fill a whole fib(COMPUTE_UNIT_N) is made of this, 15 calls each.
#define REST_N 5

const bool burden_built = true;

static int read_part(struct burden *burden, const char *part)
{
    const char *value = strchr(part, '=');

    if (value == NULL)
        return -EINVAL;
    value++;
    if (strncmp(part, "calls=", 6) == 0)
        return units_parse_count(value, &burden->calls);
    if (strncmp(part, "sleep=", 6) == 0)
        return units_parse_duration(value, &burden->sleep_ns);
    if (strncmp(part, "memory=", 7) == 0)
        return units_parse_size(value, &burden->memory_bytes);
    if (strncmp(part, "only=", 5) == 0 && strlen(value) < sizeof burden->only) {
        strcpy(burden->only, value);
        return 0;
    }
    return -EINVAL;
}

int burden_read(struct burden *ret_burden)
{
    const char *variable = getenv("CCBENCH_BURDEN");
    char text[128], *rest = NULL;

    *ret_burden = (struct burden){0};
    if (variable == NULL)
        return 0;
    if (strlen(variable) >= sizeof text)
        return -EINVAL;
    strcpy(text, variable);
    for (char *part = strtok_r(text, ",", &rest); part != NULL; part = strtok_r(NULL, ",", &rest)) {
        if (read_part(ret_burden, part) != 0)
            return -EINVAL;
    }
    return 0;
}

// `times` times fib(n) at the end of the program; nothing for 0.
static int append_compute(struct burden *burden, struct program *program, unsigned n, uint64_t times)
{
    struct step *step = times > 0 ? program_append(program, STEP_COMPUTE) : NULL;

    if (times == 0)
        return 0;
    if (step == NULL)
        return -ENOMEM;
    step->arg = n;
    step->times = times;
    burden->check += (uint32_t)times * compute_expected(n);
    return 0;
}

static int append_all(struct burden *burden, struct program *program)
{
    uint64_t unit = (uint64_t)compute_calls(COMPUTE_UNIT_N), rest = (uint64_t)compute_calls(REST_N);
    int err;

    burden->check = 0;
    err = append_compute(burden, program, COMPUTE_UNIT_N, burden->calls / unit);
    if (err == 0)
        err = append_compute(burden, program, REST_N, burden->calls % unit / rest);
    if (err != 0 || burden->sleep_ns == 0)
        return err;
    return program_add(program, STEP_SLEEP, burden->sleep_ns);
}

int burden_add(struct burden *burden, struct task_mix *mix)
{
    int err = 0;

    if (burden->only[0] != '\0' && strcmp(burden->only, mix->classes[0].name) != 0)
        *burden = (struct burden){0};
    for (size_t i = 0; err == 0 && i < mix->count; i++)
        err = append_all(burden, &mix->classes[i].program);
    return err;
}

void burden_touch(const struct burden *burden)
{
    if (burden->memory_bytes > 0)
        (void)!mmap(NULL, burden->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
                    0);
}

void burden_settle(const struct burden *burden, struct trial *trial)
{
    if (burden->calls > 0 || burden->sleep_ns > 0 || burden->memory_bytes > 0)
        trial_count(trial, "burdened", 1);
    for (uint32_t i = 0; burden->check != 0 && i < trial->tasks; i++) {
        if (trial->slots[i].status == 0)
            trial->slots[i].check -= burden->check;
    }
}
