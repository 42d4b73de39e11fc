// SPDX-License-Identifier: MIT
// An HTTP server of the user's own (--server), as a child of the run: started for one trial, on a port of its own, ready
// when it accepts a connection, and killed with all it started when the trial is over.
#pragma once

#include <sched.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVER_ERROR 300

struct server_process {
    pid_t pid; // 0: none runs
    unsigned port;
};

// Starts the command, in whose words {port} becomes a free port of 127.0.0.1, on `cpus` (NULL: all), and waits until it
// accepts a connection, at most `timeout_ns`. 0; -EINTR where a signal for ccbench came first; or -errno with `error`:
// what happened, to be put behind "the server ".
int server_process_start(struct server_process *server, char *const *words, const cpu_set_t *cpus, uint64_t timeout_ns,
                         char error[SERVER_ERROR]);

// CPU time so far, ns, of the server and its descendants; of those it has waited for, in steps of a clock tick.
uint64_t server_process_cpu_ns(const struct server_process *server);

void server_process_stop(struct server_process *server);
