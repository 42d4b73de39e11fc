// SPDX-License-Identifier: MIT
#include "cmd/plan/repeats_planned.h"

#include <cjson/cJSON.h>

#include "cmd/plan/estimate.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"

#define MOST 12
// Time is left for so many rounds, whose interval leaves out the lowest and the highest. Where it is narrow enough after fewer,
// the run takes no longer than with one trial a round.
#define ROUNDS 9

unsigned repeats_fitting(unsigned asked, uint64_t each_ns, uint64_t time_ns)
{
    uint64_t fit = each_ns != 0 ? time_ns / each_ns : 0;

    if (asked != 0)
        return asked;
    return fit < 1 ? 1 : fit > MOST ? MOST : (unsigned)fit;
}

// So many that one of them is the median.
static unsigned odd_fitting(uint64_t each_ns, uint64_t time_ns)
{
    unsigned fit = repeats_fitting(0, each_ns, time_ns);

    return fit % 2 == 0 ? fit - 1 : fit;
}

static void settle_within(struct block *block, unsigned asked, uint64_t time_ns)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[i];

        cell->repeat = asked != 0 ? asked : odd_fitting(cell->estimate_ns, time_ns);
    }
}

// Where nobody said how many rounds there are to be. Programs of other runtimes have no time for more than these rounds, and
// what arrives for seconds is no short trial.
static bool may_repeat(const struct plan *plan, const struct block *block, bool warm)
{
    return warm && plan->options->rounds == 0 && !plan_open_loop(block) && !estimate_enough(plan, block);
}

void repeats_settle(const struct plan *plan, struct block *block, uint64_t left_ns, bool warm)
{
    unsigned asked = plan->options->repeat;
    uint64_t time_ns = may_repeat(plan, block, warm) ? REPEATS_NS : 0;

    settle_within(block, asked, time_ns);
    while (asked == 0 && time_ns > 0 && left_ns != 0 && ROUNDS * estimate_round(block) > left_ns) {
        time_ns = time_ns / 8 * 7;
        settle_within(block, asked, time_ns);
    }
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (block->cells[i].repeat > 1)
            json_set(block->cells[i].json, "trials_per_round", cJSON_CreateNumber(block->cells[i].repeat));
    }
}

// With --repeat it is what was asked for.
uint64_t repeats_round(const struct plan *plan, const struct block *block, uint64_t share_ns)
{
    uint64_t once_ns = estimate_round(block), all_ns = 0, kept_ns = once_ns + estimate_memory_part(block, share_ns);
    uint64_t left_ns = share_ns > kept_ns ? share_ns - kept_ns : 0;
    bool warm = estimate_warms_up(plan, block) && (share_ns == 0 || 2 * once_ns < share_ns);

    if (plan->options->repeat != 0 || !may_repeat(plan, block, warm))
        return once_ns;
    for (unsigned i = 0; i < block->cell_count; i++) {
        uint64_t each_ns = block->cells[i].ended ? 0 : block->cells[i].estimate_ns;

        all_ns += each_ns * odd_fitting(each_ns, REPEATS_NS);
    }
    if (share_ns != 0 && ROUNDS * all_ns > left_ns)
        all_ns = left_ns / ROUNDS;
    return all_ns > once_ns ? all_ns : once_ns;
}
