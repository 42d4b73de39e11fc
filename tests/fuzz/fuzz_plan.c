// SPDX-License-Identifier: MIT
// The plan that a trial reads from its supervisor: understood, or refused by one message.
#include "tests/fuzz/fuzz.h"

#include "measure/protocol.h"

// Refusals go nowhere: descriptor 3 may be the fuzzer's own.
static int nowhere(void);
#undef PROTOCOL_RESULT_FD
#define PROTOCOL_RESULT_FD nowhere()

// The library's is then not linked.
#include "cmd/trial/answer.c" // NOLINT(bugprone-suspicious-include)
#include "cmd/trial/read_plan.h"

static int nowhere(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
}

size_t fuzz_json_offset(const uint8_t *data, size_t size)
{
    (void)data, (void)size;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = fuzz_text(data, size);
    cJSON *plan = cJSON_Parse(line);
    struct trial trial = {.model = NULL};
    struct burden burden;

    if (cJSON_IsObject(plan) && read_plan(plan, &trial, &burden) == 0) {
        FUZZ_MUST(trial.model != NULL && trial.mix.count > 0);
        FUZZ_MUST(trial.tasks >= 1 && trial.lanes >= 1);
    }
    task_mix_release(&trial.mix);
    cJSON_Delete(plan);
    free(line);
    return 0;
}
