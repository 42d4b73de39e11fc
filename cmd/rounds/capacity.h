// SPDX-License-Identifier: MIT
// A block of which the highest rate that each model carries is searched for: a closed loop, which says about where, then probes, one
// of each model in turn.
#pragma once

#include "cmd/plan/capacity_rule.h"
#include "cmd/rounds/rounds.h"

// Searches, and puts what was found into block->json: "capacity" of each cell, and as its samples those of the highest rate that
// holds. What was found until an interruption, or the time was up, counts. 0; or -ENOMEM.
int capacity_measure(struct rounds *rounds, const struct capacity_rule *rule, struct block *block);
