// SPDX-License-Identifier: MIT
// An HTTP server of the user's own (--server), as a child of the run: started for one trial, on a port of its own, ready
// when it accepts a connection, and stopped with all it started when the trial is over. It runs as it would without ccbench
// (measure/machine/outside.h), in a process group of its own, with a standard input that stays open, and may print
// what it likes. It dies with ccbench, however that ends.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "measure/base/cpus.h"
#include "workloads/origin/server_address.h"
#include "workloads/origin/server_output.h"

#define SERVER_ERROR 480

// In all texts {port} stands for the free port that is found.
struct server_request {
    char *const *words;      // the command
    const char *url;         // whose host and port it is to listen on
    const char *unix_socket; // or where else; NULL: none
    const struct cpus *cpus; // NULL: all
    uint64_t timeout_ns;     // until it must accept a connection
    uint64_t stop_ns;        // what it is given to end by itself
};

struct server_process {
    pid_t pid;               // 0: none runs
    char *url, *unix_socket; // with the port in them
    struct server_address address;
    struct server_output *output;
    int stdin_fd;
    uint64_t stop_ns;
    uint64_t start_ns;     // how long the start took
    uint64_t ended_cpu_ns; // of one that has ended by itself
    bool open;             // something of this is to be released
};

// Starts it and waits until it accepts a connection. 0; -EINTR where a signal for ccbench came first; or -errno with
// `error`: what happened, to be put behind "the server ".
int server_process_start(struct server_process *server, const struct server_request *request, char error[SERVER_ERROR]);

// Whether it has ended by itself; then `error` says how, to be put behind "the server ".
bool server_process_ended(struct server_process *server, char error[SERVER_ERROR]);

// The same, but a server that accepts no more connections is given a moment to end: it is seen to fail before it is seen
// to be gone.
bool server_process_ending(struct server_process *server, char error[SERVER_ERROR]);

// CPU time so far, ns, of the server and its descendants; of those it has waited for, in steps of a clock tick.
uint64_t server_process_cpu_ns(const struct server_process *server);

// Asks it to end (SIGTERM, to its whole group), waits, then kills what is left, and releases what it had. Again is nothing.
void server_process_stop(struct server_process *server);
