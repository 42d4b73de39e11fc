// SPDX-License-Identifier: MIT
#include "measure/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "measure/base/task_status.h"
#include "measure/base/units.h"

void verdict_set(struct verdict *verdict, const char *status, const char *format, ...)
{
    va_list arguments;

    if (verdict->status[0] != 'o')
        return;
    verdict->status = status;
    va_start(arguments, format);
    vsnprintf(verdict->reason, sizeof verdict->reason, format, arguments);
    va_end(arguments);
}

static uint32_t expected_check(const struct oracle *oracle, const struct slot *slot, uint32_t first)
{
    return oracle->first_check ? first : oracle->expected[slot->class_index].check;
}

// Stamps of a program that cannot count; `slot` ended after it began.
static bool took_longer_than_there_is(const struct slot *slot, uint64_t start_ns)
{
    uint64_t arrival_ns = start_ns + slot->arrival_ns;

    return slot->end_ns - slot->begin_ns >= (uint64_t)UNITS_MOST ||
           (slot->end_ns > arrival_ns && slot->end_ns - arrival_ns >= (uint64_t)UNITS_MOST);
}

static void judge_task(const struct oracle *oracle, const struct slot *slot, uint32_t index, uint32_t first,
                       uint64_t start_ns, struct verdict *verdict)
{
    const struct expectation *expected;

    if (slot->begin_ns == 0 || slot->end_ns == 0 || slot->end_ns < slot->begin_ns || slot->class_index >= oracle->classes) {
        verdict_wrong(verdict, "task %u of %u was never completed", index + 1, oracle->tasks);
        return;
    }
    if (took_longer_than_there_is(slot, start_ns))
        verdict_wrong(verdict, "task %u of %u took longer than there is time", index + 1, oracle->tasks);
    expected = &oracle->expected[slot->class_index];
    if (oracle->open_loop && !oracle->pretends &&
        (slot->begin_ns < start_ns || slot->begin_ns - start_ns < slot->arrival_ns))
        verdict_wrong(verdict, "task %u of %u began before it arrived", index + 1, oracle->tasks);
    if (slot->status != TASK_STATUS_OK)
        return;
    if (expected->fails && !oracle->pretends)
        verdict_wrong(verdict, "task %u of %u should have failed and did not", index + 1, oracle->tasks);
    if (!oracle->any_check && slot->check != expected_check(oracle, slot, first))
        verdict_wrong(verdict,
                      oracle->first_check ? "task %u got another answer than the first one (checksum %u instead of %u); "
                                            "--url-varies allows it"
                                          : "task %u came to checksum %u instead of %u",
                      index + 1, slot->check, expected_check(oracle, slot, first));
    if (!oracle->pretends && slot->end_ns - slot->begin_ns < expected->least_wait_ns)
        verdict_wrong(verdict, "task %u took %" PRIu64 " ns, less than the %" PRIu64 " ns it had to wait", index + 1,
                      slot->end_ns - slot->begin_ns, expected->least_wait_ns);
}

void verdict_judge(const struct oracle *oracle, const struct slot *slots, uint32_t in_flight, uint64_t start_ns,
                   struct verdict *verdict)
{
    uint32_t first = 0;

    for (uint32_t i = 0; oracle->first_check && i < oracle->tasks; i++) {
        if (slots[i].status == TASK_STATUS_OK) {
            first = slots[i].check;
            break;
        }
    }
    for (uint32_t i = 0; i < oracle->tasks; i++)
        judge_task(oracle, &slots[i], i, first, start_ns, verdict);
    if (in_flight > oracle->lanes)
        verdict_wrong(verdict, "%u tasks were in flight, more than %u", in_flight, oracle->lanes);
}

uint64_t verdict_updates(const struct oracle *oracle, const struct slot *slots)
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
