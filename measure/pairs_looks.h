// SPDX-License-Identifier: MIT
// When a gate may decide before all rounds of a batch are measured: a group-sequential sign test that looks after each round.
//
// A test that is repeated after each round would raise more false alarms than one at the end. So the error is spent over the
// rounds by the functions of Hwang, Shih and DeCani (Statistics in Medicine 9, 1990, 1439-1445): for an alarm with gamma = -4,
// which keeps nearly all of it for the last rounds, for passing with gamma = 4, which spends it early, since most of what is
// gated is the same. The boundaries are exact: what is left to cross is carried from round to round (Lan and DeMets, Biometrika
// 70, 1983, 659-663), with the distribution of the signs, whatever that of the differences.
#pragma once

#include <stddef.h>

#include "measure/pairs.h"

// The chance that a cell is passed before the end whose median is no better than what is allowed: one side of the 95 % interval
// that it is held to at the end.
#define PAIRS_PASS_LEVEL 0.025

// Nothing is decided by fewer rounds: with fewer there is no 95 % interval of a median.
#define PAIRS_FIRST_LOOK 6

struct pairs_looks {
    size_t rounds; // of a batch, at most
    // By the number n of rounds, 0 to `rounds`. Owned.
    size_t *alarm;  // the k of the bound: the k-th smallest difference; 0: none yet
    size_t *passed; // passes where the k-th largest difference is within what is allowed; 0: not yet
};

// For one of `comparisons` ≥ 1 that are judged together. Without `early` nothing is decided before the end, and `alarm` are the
// bounds of a single test at that n. 0 or -ENOMEM; to be released in either case.
int pairs_looks_make(size_t rounds, size_t comparisons, bool early, struct pairs_looks *ret_looks);
void pairs_looks_release(struct pairs_looks *looks);

// What the first n differences, in any order, come to: PAIRS_UNSURE where that is not plain yet. 0 or -ENOMEM.
int pairs_look(const double *d, size_t n, const struct pairs_looks *looks, double allowed,
               enum pairs_finding *ret_finding);
