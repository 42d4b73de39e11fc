// SPDX-License-Identifier: MIT
// The part of a trial that ccbench's own server has in it: one that is started here, or that of --origin.
#pragma once

#include "cmd/rounds/trials.h"

// With --origin: connects to it, measures the round trip, and has the blocks' ideals and estimates know of it; tells of
// another version. Before anything is measured. 0, EXIT_USAGE with one line printed, or EXIT_SIGNAL + the signal that
// interrupted it.
int trials_origin_open(struct trials *trials, struct plan *plan);
void trials_origin_close(struct trials *trials);

// Whether it is another machine's, or may be.
bool trials_origin_apart(const struct trials *trials);

// Before a trial of the block: starts it, unless it runs, or tells it that a trial begins. 0, or -errno with `error`, as a
// sentence.
int trials_origin_ready(struct trials *trials, const struct block *block, char error[TRIALS_ERROR]);

// Sends the fetches of a trial's plan there, if they are for it.
void trials_origin_aim(const struct trials *trials, const struct block *block, struct cJSON *plan);

// Its counts before the trial; 0 of one that begins anew with each.
void trials_origin_read(const struct trials *trials, struct origin_reading *ret_reading);

// For struct trial_request: why there is no use in waiting for a trial; `trials` is a struct trials with an origin apart.
const char *trials_origin_look(void *trials);

// After the trial: what the origin did for it goes into the sample as "origin", and must be what the tasks ask for; if it has
// ended, the sample has failed, and says how.
void trials_origin_judge(struct trials *trials, const struct block *block, const struct cell *cell,
                         const struct origin_reading *before, struct trial_result *result);
