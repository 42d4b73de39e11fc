// SPDX-License-Identifier: MIT
// What a trial says over its fd 3 (docs/trial-protocol.md): marks, and a result or an error, a line of JSON each.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "measure/supervisor.h"

// Zeroed but for its first members. Whoever reads puts what was read at `text + length`.
struct trial_messages {
    const struct trial_request *request; // its on_mark is called
    struct trial_report *report;         // gets the outcome, the result and the reason
    pid_t pid;                           // the trial's
    int answer_fd;                       // a byte goes there for each mark; not owned
    char *text;                          // what is no whole line yet
    size_t length, capacity;
};

// Makes room for another read; false when there is no memory for it, or when a line has become too long to be anything but
// rubbish (outcome TRIAL_RUBBISH): then nothing more should be read.
bool trial_messages_room(struct trial_messages *messages);

// Takes in the lines that `more` bytes behind the end have made whole.
void trial_messages_take(struct trial_messages *messages, size_t more);

// No more will come: what is left is no whole line, which is rubbish where it stands behind a result or an error.
void trial_messages_end(struct trial_messages *messages);

void trial_messages_release(struct trial_messages *messages);
