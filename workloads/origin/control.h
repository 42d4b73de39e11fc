// SPDX-License-Identifier: MIT
// What an origin answers about itself, as JSON. With a guard:
//   /lease?run=ID&seed=N  {"origin":"ccbench","protocol","version","build_type","sanitizer","tls_port","workers","certificate","machine"};
//                         the connection has the lease then, until it closes. 409 {"since"}: another run has it
//   /trial                {"marker","trial"} and what /stats says, all counts 0; only over the connection that has the lease
// and with or without one:
//   /stats                the counters and CPU time of all workers together, and of several the CPU time of each; where strangers are told apart also the trial that they are of, and what
//                         strangers did
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "workloads/origin/answer.h"

struct connection;

// Formats the connection's answer, if it is one of these that is asked for, a query behind it or not. Whether it is.
bool origin_control_answer(struct connection *c, const char *target, size_t length,
                           enum origin_persistence persistence);

// Whether that is asked for.
bool origin_control_asked(const char *target, size_t length);

// The same, of /stats.
void origin_control_stats(struct connection *c, enum origin_persistence persistence);
