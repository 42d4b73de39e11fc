// SPDX-License-Identifier: MIT
// Two sides, base and new, measured in pairs: what their differences come to, and when that is a regression. Pure
// functions; docs/METHODOLOGY.md, "The gate", says why it is done so.
//
// A difference is d = ln(new / base), or its negative where more is better: positive where new is worse. Logarithms treat
// "twice" and "half" alike, and a bound of d is a bound of the ratio.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// The chance, of a whole gate in which nothing changed, that one batch flags anything at all. It is shared out evenly
// among the comparisons (Bonferroni).
#define PAIRS_LEVEL 0.01

// The difference of one pair, d > 0 where new is worse. False, and *ret_d untouched, where there is none: a figure that
// is missing (NAN), infinite, zero or negative.
bool pairs_difference(double base, double new, bool more_is_better, double *ret_d);

// A difference as a share: 0.05 is "5 % worse".
double pairs_share(double d);

struct pairs_estimate {
    size_t n;
    double median; // of d
    bool interval; // whether low … high is a 95 % interval of it (n ≥ 6), else the smallest and largest
    double low, high, coverage;
    size_t k;           // of the bounds; 0: n is too small for any, and these are infinite
    double least, most; // one-sided bounds of the median: the k-th smallest and the k-th largest d
};

// Of n ≥ 1 differences in any order, with the k of the bounds (measure/pairs_looks.h). 0 or -ENOMEM.
int pairs_estimate(const double *d, size_t n, size_t k, struct pairs_estimate *ret_estimate);

// The fewest pairs with which anything could be found, ⌈log2(comparisons / PAIRS_LEVEL)⌉.
size_t pairs_needed(size_t comparisons);

enum pairs_finding {
    PAIRS_SAME,    // no regression shown
    PAIRS_WORSE,   // worse by more than is allowed, even by the bound
    PAIRS_BETTER,  // better by more than that
    PAIRS_UNSURE,  // too noisy to tell: neither "worse" nor "not worse" would be honest
    PAIRS_TOO_FEW, // pairs for any bound
};

// `allowed` is a share (0.03). Unsure: the 95 % interval holds ln(1 + allowed) and is wider than twice that, or lies all
// above it, though the bound does not.
enum pairs_finding pairs_judge(const struct pairs_estimate *estimate, double allowed);

// A cell that was flagged and measured again: worse only if this batch says so too. Else, after one alarm, nothing but an
// interval that lies all below what is allowed is a denial.
enum pairs_finding pairs_judge_again(const struct pairs_estimate *again, double allowed);
