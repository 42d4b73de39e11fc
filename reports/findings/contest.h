// SPDX-License-Identifier: MIT
// Those models of a block that one can choose from, and what the rounds show about who of them is as fast as the first:
// docs/METHODOLOGY.md, "The sentences under the table".
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

// A difference of less decides nothing for anybody.
#define CONTEST_AS_FAST 1.10
// Who may differ by more than this cannot be told apart well enough to choose by what else they cost.
#define CONTEST_NEAR 1.25

// What is shown, all of it by the 95 % intervals of round-by-round ratios.
enum contest_outcome {
    CONTEST_NONE,   // fewer than two to compare
    CONTEST_FEW,    // too few rounds for such intervals: nothing is shown
    CONTEST_AHEAD,  // all others are slower than the first by more than 10 %
    CONTEST_EQUAL,  // those in `fast` differ by less than 10 %, whichever two are compared
    CONTEST_CLOSE,  // by less than 25 %
    CONTEST_FASTER, // by more, perhaps; but all of them are slower than the first
    CONTEST_NOISY,  // none of this
};

struct contest {
    const struct cJSON *block;
    size_t n;
    const struct cJSON **cells; // best median first; those without a figure are left out
    bool *fast; // of each: not shown to be behind the first by more than 10 %, or, where the first is faster
                // than all of them, at all; false where rounds are too few
    size_t fast_n;
    bool tied; // all the fast ones are of the first rank
    size_t
        rounds; // in which they can be compared with the first, of the cell with the fewest; contest_rounds() at most
    enum contest_outcome outcome;
};

// What CPU time per task shows of the fast ones where time is too noisy to tell.
enum contest_cpu {
    CONTEST_CPU_UNKNOWN, // nothing; or the work does not compute, so that it says little of who is fast
    CONTEST_CPU_EQUAL,   // any two differ by less than 10 %
    CONTEST_CPU_LEAST,   // one needs less than each of the others
};

// Of a block that is summarised and ranked, which must outlive it. 0 or -ENOMEM; contest_release() in any case.
int contest_open(const struct cJSON *block, struct contest *ret_contest);
void contest_release(struct contest *contest);

// The rounds of that one of all cells of the block that gave right results which has the fewest.
size_t contest_rounds(const struct cJSON *block);

// The same intervals, of CPU time per task, over the fast ones. *ret_least is who needs least, untouched else.
enum contest_cpu contest_by_cpu(const struct contest *contest, const struct cJSON **ret_least);

// The place of a cell, n where it is not among them.
size_t contest_place(const struct contest *contest, const struct cJSON *cell);

// One of them that is not among the fast ones, which is shown.
bool contest_slow(const struct contest *contest, const struct cJSON *cell);
