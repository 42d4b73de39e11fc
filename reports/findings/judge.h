// SPDX-License-Identifier: MIT
// Judgements on a cell that the table's flags, the findings and the warnings share, so that they cannot disagree.
#pragma once

#include <stdbool.h>

// From where on a machine is not left alone: shares of CPU time stolen, and of time in which some task waited.
#define JUDGE_STEAL 0.02
#define JUDGE_PRESSURE 0.05

struct cJSON;

// Of an open loop: carried the tasks as fast as they arrived, in most rounds.
bool judge_keeps_up(const struct cJSON *cell);
// Its tasks lost updates of the counter they share, in some round.
bool judge_lost_updates(const struct cJSON *cell);
// Some tasks were to fail, and did.
bool judge_failed_as_expected(const struct cJSON *cell);
// Its times vary by 5 % or more (standard deviation over mean, from 3 rounds up).
bool judge_noisy(const struct cJSON *cell);
// CPU time in a trial of the HTTP origin, of several workers of the busiest one, which alone can be no faster.
double judge_origin_busiest_ns(const struct cJSON *sample);

// By that it was busy for 90 % of the run or more: its speed was measured, not the model's.
bool judge_origin_bound(const struct cJSON *cell);
// Never reached the tasks in flight that were asked for and possible.
bool judge_short_of_lanes(const struct cJSON *block, const struct cJSON *cell);
// Its memory was read with fewer tasks in flight than there can be, though they wait: it may need more.
bool judge_memory_too_low(const struct cJSON *block, const struct cJSON *cell);
// Carries one task at a time by its nature.
bool judge_one_at_a_time(const struct cJSON *cell);
// Stands for a runtime that it only resembles: what it is and shows, to be put behind its name; NULL where it does not.
const char *judge_emulation(const struct cJSON *cell);
// A load (average of 1 minute) of half a core for each core, and more.
bool judge_busy_before(double load, double cores);
// Whether steps, nested ones included, have one of that name.
bool judge_has_step(const struct cJSON *steps, const char *name);
// Built for finding bugs, not for speed.
bool judge_slow_build(const struct cJSON *document);
