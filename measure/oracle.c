// SPDX-License-Identifier: MIT
#include "measure/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

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

// What a task that ended well came to.
static void judge_success(const struct oracle *oracle, const struct slot *slot, uint32_t index, uint32_t first,
                          struct judgement *judgement)
{
    const struct expectation *expected = &oracle->expected[slot->class_index];
    uint32_t check = oracle->first_check ? first : expected->check;

    if (expected->fails && !oracle->pretends)
        judgement_wrong(judgement, "task %u of %u should have failed and did not", index + 1, oracle->tasks);
    if (!oracle->any_check && slot->check != check)
        judgement_wrong(judgement,
                        oracle->first_check
                            ? "task %u got another answer than the first one (checksum %u instead of %u); "
                              "--url-varies allows it"
                            : "task %u came to checksum %u instead of %u",
                        index + 1, slot->check, check);
    if (!oracle->pretends && slot->end_ns - slot->begin_ns < expected->least_wait_ns)
        judgement_wrong(judgement, "task %u took %" PRIu64 " ns, less than the %" PRIu64 " ns it had to wait",
                        index + 1, slot->end_ns - slot->begin_ns, expected->least_wait_ns);
}

static void judge_task(const struct oracle *oracle, const struct slot *slot, uint32_t index, uint32_t first,
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
        judge_success(oracle, slot, index, first, judgement);
}

void oracle_judge(const struct oracle *oracle, const struct slot *slots, uint32_t in_flight, uint64_t start_ns,
                  struct judgement *judgement)
{
    uint32_t first = 0;

    for (uint32_t i = 0; oracle->first_check && i < oracle->tasks; i++) {
        if (slots[i].status == TASK_STATUS_OK) {
            first = slots[i].check;
            break;
        }
    }
    for (uint32_t i = 0; i < oracle->tasks; i++)
        judge_task(oracle, &slots[i], i, first, start_ns, judgement);
    if (in_flight > oracle->lanes)
        judgement_wrong(judgement, "%u tasks were in flight, more than %u", in_flight, oracle->lanes);
    if (in_flight > oracle->tasks)
        judgement_wrong(judgement, "%u tasks were in flight, of %u", in_flight, oracle->tasks);
}

uint64_t oracle_updates(const struct oracle *oracle, const struct slot *slots)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < oracle->tasks; i++) {
        uint64_t updates = slots[i].class_index < oracle->classes ? oracle->expected[slots[i].class_index].updates : 0;

        if (updates > 0 && (slots[i].end_ns == 0 || slots[i].status != TASK_STATUS_OK))
            return 0;
        sum += updates;
    }
    return oracle->pretends ? 0 : sum;
}
