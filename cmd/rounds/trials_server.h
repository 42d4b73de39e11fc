// SPDX-License-Identifier: MIT
// The part of a trial that a server of the user's own (--server) has in it.
#pragma once

#include "cmd/rounds/trials.h"

// Starts the server, where there is one and the block fetches. 0, or -errno with `error` filled (but for -EINTR).
int trials_server_start(struct trials *trials, const struct block *block, char error[SERVER_ERROR]);

// Stops it; its CPU time since then goes into the sample as "server", unless that is NULL.
void trials_server_stop(struct trials *trials, struct cJSON *sample);

// Sends the fetches of a trial's plan to the server that runs now, if one does.
void trials_server_aim(const struct trials *trials, struct cJSON *plan);

// Starts and stops the server once, to find out whether that can be done; `option` and `command` are for the message. 0,
// EXIT_USAGE with one line printed, or EXIT_SIGNAL + the signal that interrupted it.
int trials_server_try(struct trials *trials, const char *option, const char *command);
