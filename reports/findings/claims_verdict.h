// SPDX-License-Identifier: MIT
// Whether a figure of a claim confirms or refutes it. Pure functions; docs/METHODOLOGY.md, "Claims", says why it is done so.
//
// The bounds are one-sided, with room between them: what confirms lies on one side of its bound, what refutes on the other
// side of another. A figure decides where the whole 95 % interval of the median of all rounds, and the median of each batch of
// them, lie on one side; noise makes intervals wide, and then nothing is shown. Of more batches than the least, which are
// measured where noise hid the answer, two that decide by themselves decide, where the median of all, and those of all batches but
// one, lie on that side too, and none decides for the other: a batch of six rounds decides by itself where all of them lie on one
// side, which is the 96.9 % interval of their median.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Batches of each figure, and how many there may be where these do not settle it.
#define CLAIMS_BATCHES 2
#define CLAIMS_BATCHES_MOST 4
// Rounds of each batch.
#define CLAIMS_ROUNDS 6

// Where others took more of the CPUs' time than this while it was measured, a figure that depends on it shows nothing: what
// takes half of two cores makes threads no faster than one, in every round. Up to this two cores are worth 1.7 of one.
#define CLAIMS_OTHERS_MOST 0.15

enum claims_verdict { CLAIMS_CONFIRMED, CLAIMS_REFUTED, CLAIMS_NOT_SHOWN, CLAIMS_VERDICTS };
// "confirmed", "refuted", "not shown".
extern const char *const claims_verdict_names[CLAIMS_VERDICTS];

struct claims_bounds {
    bool at_most; // confirmed up to `confirmed` and refuted from `refuted`; else the other way round
    double confirmed, refuted;
};

// A batch of a figure: what is kept of its values.
struct claims_batch {
    size_t n;
    double median, low, high; // NAN where there is no value
    double others;            // the share of the CPUs' time that others took meanwhile; NAN: unknown, or no matter
};

// What the values come to: of rounds with the interval of their median, else with the least and the most.
struct claims_estimate {
    size_t n;
    double median, low, high;
    bool once, interval;
    struct claims_batch batches[CLAIMS_BATCHES_MOST];
    unsigned batch_count;
    double others; // the most of a batch; NAN: of none
};

// Of n[b] values in each of `batch_count` batches, `values` one after the other, with what others took of the CPUs' time in each;
// `once`: each batch gives one value, and no interval is asked for. 0, or -ENOMEM. Nothing (n 0) where there is no value.
int claims_estimate(const double *values, const size_t *n, const double *others, unsigned batch_count, bool once,
                    struct claims_estimate *ret_estimate);

enum claims_cause {
    CLAIMS_CAUSE_NONE,
    CLAIMS_CAUSE_FEW,     // fewer values than are needed
    CLAIMS_CAUSE_BATCHES, // the batches disagree
    CLAIMS_CAUSE_NOISE,   // the interval reaches over a bound
    CLAIMS_CAUSE_BETWEEN, // it lies between the bounds
    CLAIMS_CAUSE_OTHERS,  // others took too much of the CPUs' time
    CLAIMS_CAUSES,
};

// The verdict of a figure, of which `needed` values are asked for in each batch; of one that is not shown, the cause.
enum claims_verdict claims_judge_estimate(const struct claims_estimate *estimate, const struct claims_bounds *bounds,
                                          size_t needed, enum claims_cause *ret_cause);

// Whether a further batch may show what is not shown for that cause.
bool claims_cause_may_pass(enum claims_cause cause);
