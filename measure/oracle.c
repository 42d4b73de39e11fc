// SPDX-License-Identifier: MIT
#include "measure/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/task_status.h"
#include "measure/base/units.h"

void judgement_set(struct judgement *judgement, enum sample_status status, const char *format, ...)
{
    va_list arguments;

    if (judgement->status != SAMPLE_OK)
        return;
    judgement->status = status;
    va_start(arguments, format);
    vsnprintf(judgement->reason, sizeof judgement->reason, format, arguments);
    va_end(arguments);
}

// Stamps of a program that cannot count; `slot` ended after it began.
static bool took_longer_than_there_is(const struct slot *slot, uint64_t start_ns)
{
    uint64_t arrival_ns = start_ns + slot->arrival_ns;

    return slot->end_ns - slot->begin_ns >= (uint64_t)UNITS_MOST ||
           (slot->end_ns > arrival_ns && slot->end_ns - arrival_ns >= (uint64_t)UNITS_MOST);
}

// The checksum of a class's first task that succeeded.
struct first {
    bool known;
    uint32_t check;
};

static void judge_check(const struct oracle *oracle, const struct slot *slot, uint32_t index, struct first *first,
                        struct judgement *judgement)
{
    const struct expectation *expected = &oracle->expected[slot->class_index];

    if (!expected->unknown && slot->check != expected->check)
        judgement_wrong(judgement, "task %u came to checksum %u instead of %u", index + 1, slot->check,
                        expected->check);
    if (expected->unknown && !first->known)
        *first = (struct first){true, slot->check};
    if (expected->unknown && !oracle->any_check && slot->check != first->check)
        judgement_wrong(
            judgement,
            "task %u got another answer than the first one (checksum %u instead of %u); --url-varies allows it",
            index + 1, slot->check, first->check);
}

// What a task that ended well came to.
static void judge_success(const struct oracle *oracle, const struct slot *slot, uint32_t index, struct first *first,
                          struct judgement *judgement)
{
    const struct expectation *expected = &oracle->expected[slot->class_index];

    if (expected->fails && !oracle->pretends)
        judgement_wrong(judgement, "task %u of %u should have failed and did not", index + 1, oracle->tasks);
    judge_check(oracle, slot, index, first, judgement);
    if (!oracle->pretends && slot->end_ns - slot->begin_ns < expected->least_wait_ns)
        judgement_wrong(judgement, "task %u took %" PRIu64 " ns, less than the %" PRIu64 " ns it had to wait",
                        index + 1, slot->end_ns - slot->begin_ns, expected->least_wait_ns);
}

static void judge_task(const struct oracle *oracle, const struct slot *slot, uint32_t index, struct first *firsts,
                       uint64_t start_ns, struct judgement *judgement)
{
    if (slot->begin_ns == 0 || slot->end_ns == 0 || slot->end_ns < slot->begin_ns ||
        slot->class_index >= oracle->classes) {
        judgement_wrong(judgement, "task %u of %u was never completed", index + 1, oracle->tasks);
        return;
    }
    if (took_longer_than_there_is(slot, start_ns))
        judgement_wrong(judgement, "task %u of %u took longer than there is time", index + 1, oracle->tasks);
    if (oracle->open_loop && !oracle->pretends &&
        (slot->begin_ns < start_ns || slot->begin_ns - start_ns < slot->arrival_ns))
        judgement_wrong(judgement, "task %u of %u began before it arrived", index + 1, oracle->tasks);
    if (slot->status == TASK_STATUS_OK)
        judge_success(oracle, slot, index, &firsts[slot->class_index], judgement);
}

// A few comparisons, since it is asked of nearly all.
bool oracle_plain(const struct oracle *oracle, const struct slot *slot, uint64_t start_ns)
{
    const struct expectation *expected;

    if (slot->class_index >= oracle->classes || slot->status != TASK_STATUS_OK)
        return false;
    expected = &oracle->expected[slot->class_index];
    return !expected->unknown && !expected->fails && slot->check == expected->check && slot->begin_ns != 0 &&
           slot->end_ns >= slot->begin_ns && slot->end_ns < (uint64_t)UNITS_MOST &&
           slot->end_ns - slot->begin_ns >= expected->least_wait_ns &&
           (!oracle->open_loop || (slot->begin_ns >= start_ns && slot->begin_ns - start_ns >= slot->arrival_ns));
}

static void judge_tasks(const struct oracle *oracle, const struct slot *slots, uint64_t start_ns,
                        struct judgement *judgement)
{
    struct first *firsts = calloc(oracle->classes + 1, sizeof *firsts);

    if (firsts == NULL)
        judgement_wrong(judgement, "out of memory for what %u classes came to", oracle->classes);
    for (uint32_t i = 0; firsts != NULL && i < oracle->tasks; i++) {
        if (!oracle_plain(oracle, &slots[i], start_ns))
            judge_task(oracle, &slots[i], i, firsts, start_ns, judgement);
    }
    free(firsts);
}

void oracle_judge(const struct oracle *oracle, const struct slot *slots, const struct oracle_seen *seen,
                  uint64_t start_ns, struct judgement *judgement)
{
    uint32_t in_flight = seen->in_flight;

    if (!seen->plain)
        judge_tasks(oracle, slots, start_ns, judgement);
    if (in_flight > oracle->lanes)
        judgement_wrong(judgement, "%u tasks were in flight, more than %u", in_flight, oracle->lanes);
    if (in_flight > oracle->tasks)
        judgement_wrong(judgement, "%u tasks were in flight, of %u", in_flight, oracle->tasks);
}

uint64_t oracle_updates(const struct oracle *oracle, const struct slot *slots)
{
    uint64_t sum = 0;
    bool any = false;

    for (uint32_t c = 0; c < oracle->classes; c++)
        any |= oracle->expected[c].updates > 0;
    for (uint32_t i = 0; any && i < oracle->tasks; i++) {
        uint64_t updates = slots[i].class_index < oracle->classes ? oracle->expected[slots[i].class_index].updates : 0;

        if (updates > 0 && (slots[i].end_ns == 0 || slots[i].status != TASK_STATUS_OK))
            return 0;
        sum += updates;
    }
    return oracle->pretends ? 0 : sum;
}
