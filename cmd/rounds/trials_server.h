// SPDX-License-Identifier: MIT
// The part of a trial that a server of the user's own (--server, --url) has in it.
#pragma once

#include "cmd/rounds/trials.h"

// Starts the server, where there is one and the block fetches, and waits until it is ready. 0, or -errno with `error`
// filled (but for -EINTR).
int trials_server_start(struct trials *trials, const struct block *block, char error[SERVER_ERROR]);

// Stops it.
void trials_server_stop(struct trials *trials);

// Before that: its CPU time since it was started, and its memory, go into the sample as "server"; if it has ended meanwhile, the sample
// has failed, and says how it ended; of a sample that failed, what the server printed last is kept, and what may help is
// said.
void trials_server_judge(struct trials *trials, const struct block *block, struct trial_result *result);

// A sample has failed because `who`, a server, has ended as `how` says; what had been found to be wrong with it stands behind
// that.
void trials_server_blame(struct trial_result *result, const char *who, const char *how);

// Sends the fetches of a trial's plan to the server that runs now, or to the user's, with what was masked in it.
void trials_server_aim(const struct trials *trials, struct cJSON *plan);

// The port of the server that is fetched from; 0: a Unix socket, or none.
unsigned trials_server_port(const struct trials *trials);

// Starts and stops the server once, to find out whether that can be done; `option` and `command` are for the message. 0,
// EXIT_USAGE with one line printed, or EXIT_SIGNAL + the signal that interrupted it.
int trials_server_try(struct trials *trials, const char *option, const char *command);
