// SPDX-License-Identifier: MIT
// What one trial came to: its slots and its result, checked by the oracle and turned into the sample of the document.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct judgement;
struct oracle;
struct seen;
struct slot;
struct trial_report;

// Makes the sample object (see reports/document/document.h, "samples") from a trial whose outcome is TRIAL_DONE; its "status" and
// "reason" are the judgement's. `slots` is read, not changed. NULL when out of memory. `ret_seen` is what one look at the slots
// shows (measure/seen.h).
struct cJSON *sample_make(const struct oracle *oracle, const struct slot *slots, const struct trial_report *report,
                          struct seen *ret_seen, struct judgement *ret_judgement);

// The sample of a trial that gave no result: failed, with the report's reason. Never NULL.
struct cJSON *sample_failed(const struct oracle *oracle, const struct trial_report *report,
                            struct judgement *ret_judgement);

// What arrivals in the slots are counted from: the run's start by the trial's clock in an open loop, else 0. False, with 0,
// where the trial's result lacks it.
bool sample_arrivals_start(const struct oracle *oracle, const struct cJSON *result, uint64_t *ret_start_ns);

// Puts a judgement, a later one too, into the sample's "status" and "reason".
void sample_set_judgement(struct cJSON *sample, const struct judgement *judgement);
