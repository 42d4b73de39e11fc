// SPDX-License-Identifier: MIT
// The signals that end ccbench with what it has: SIGINT, SIGTERM and SIGHUP.
#pragma once

#include <signal.h>
#include <stdbool.h>

// Adds them to the set. SIGHUP only where it is not ignored: under nohup and its like ccbench is to outlive its terminal.
void signals_add_endings(sigset_t *signals);

// Whether SIGHUP is ignored.
bool signals_hangup_ignored(void);

// "SIGHUP", and back: NULL and 0 for what is none of them.
const char *signals_name(int number);
int signals_number(const char *name);
