// SPDX-License-Identifier: MIT
#include "models/carry/trial.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure/machine/limits.h"
#include "measure/protocol.h"

// The limit that memory ran into, if there is one, where the reason does not name one.
static void name_limit(struct trial *trial)
{
    size_t length = strlen(trial->error);
    char limit[LIMIT_TEXT];

    if (length > 0 && trial->error[length - 1] != ')' && limit_of_memory(limit)[0] != '\0')
        snprintf(trial->error + length, sizeof trial->error - length, " (%s)", limit);
}

int trial_fail(struct trial *trial, int err, const char *format, ...)
{
    va_list arguments;

    if (atomic_flag_test_and_set(&trial->failing))
        return err;
    va_start(arguments, format);
    vsnprintf(trial->error, sizeof trial->error, format, arguments);
    va_end(arguments);
    if (err == -ENOMEM)
        name_limit(trial);
    return err;
}

void trial_count(struct trial *trial, const char *name, uint64_t value)
{
    for (int i = 0; i < TRIAL_COUNTERS; i++) {
        struct trial_counter *counter = &trial->counters[i];

        if (counter->name == NULL || strcmp(counter->name, name) == 0) {
            counter->name = name;
            counter->value += value;
            return;
        }
    }
}

void trial_mark(const char *mark)
{
    char line[64];
    int length = snprintf(line, sizeof line, "{\"mark\":\"%s\"}\n", mark);
    char answer;

    // One write and one byte of answer, from whichever process of the trial gives the mark. Where nobody answers (the end
    // of standard input, as when a trial is replayed by hand) the trial goes on.
    if (write(PROTOCOL_RESULT_FD, line, (size_t)length) != length)
        return;
    while (read(STDIN_FILENO, &answer, 1) < 0 && errno == EINTR)
        ;
}

static void mark_peak(struct trial_memory *memory, uint32_t in_flight)
{
    if (atomic_exchange(&memory->marked, true))
        return;
    atomic_store(&memory->marked_with, in_flight);
    trial_mark("peak");
}

static void begin_in_memory(struct trial_memory *memory)
{
    uint32_t now = atomic_fetch_add(&memory->in_flight, 1) + 1;
    uint32_t peak = atomic_load(&memory->peak);

    while (now > peak && !atomic_compare_exchange_weak(&memory->peak, &peak, now))
        ;
    if (now >= memory->expected)
        mark_peak(memory, now);
}

// A process begins so much later than it is asked to that the first may have ended before the last has begun: each waits
// at its end until all are there, or until it is plain that they never will be.
static void wait_for_peak(struct trial_memory *memory)
{
    uint64_t until_ns = clock_now_ns() + 2 * NS_PER_S;

    while (!atomic_load(&memory->marked)) {
        if (clock_now_ns() > until_ns)
            mark_peak(memory, atomic_load(&memory->in_flight));
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
}

bool trial_watch_begin(struct trial *trial)
{
    if (trial->memory != NULL)
        begin_in_memory(trial->memory);
    return trial->trace != NULL;
}

bool trial_watch_end(struct trial *trial)
{
    struct trial_memory *memory = trial->memory;

    if (memory != NULL && memory->held)
        wait_for_peak(memory);
    if (memory != NULL)
        atomic_fetch_sub(&memory->in_flight, 1);
    return trial->trace != NULL;
}
