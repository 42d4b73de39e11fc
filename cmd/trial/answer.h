// SPDX-License-Identifier: MIT
// What a trial says: one line of JSON on descriptor 3 (docs/trial-protocol.md).
#pragma once

struct cJSON;

// Makes the descriptor ready: without a supervisor's pipe there, lines go to standard output, so that a trial can be run
// by hand. From here on the process ends with a refusal where there is no memory for JSON. Before all other calls.
void answer_open(void);

// In a worker, which has no result of its own: answers are diagnostics.
void answer_by_diagnostics(void);

enum refusal {
    REFUSED,       // the plan is wrong, or what it asks for cannot be had now
    REFUSED_LACKS, // this build does not have it: a model, a step
};

// Writes why there will be no result. Always -EINVAL, for the caller to return.
int answer_refuse(enum refusal refusal, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Writes the message, which it takes over.
void answer_write(struct cJSON *message);
