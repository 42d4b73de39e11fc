// SPDX-License-Identifier: MIT
// A connection from the inside, for its two halves: reading requests, and answering them.
#pragma once

#include "workloads/origin/answer.h"
#include "workloads/origin/connection.h"
#include "workloads/origin/count.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/request.h"
#include "workloads/origin/transport.h"

// The trial of what is no trial's.
#define CONNECTION_NO_TRIAL UINT64_MAX

enum connection_state {
    CONNECTION_READING,   // between answers
    CONNECTION_DELAYED,   // an answer waits for its time
    CONNECTION_WRITING,   // an answer waits for the client to read
    CONNECTION_LINGERING, // all is said, only the client's end is waited for
    CONNECTION_CLOSED,    // until libuv gives the handle back
};

struct connection_wait;

struct connection {
    struct transport transport;
    struct origin_shared *shared;
    struct connection_wait *wait; // made with the first delay, kept for the next
    enum connection_state state;
    bool waiting;              // the wait is among the timers
    bool reading;              // libuv reads
    bool ended;                // the client has sent all it will send
    uint64_t trial;            // whose its request is
    uint64_t counted_for;      // the trial that it is counted for itself
    uint64_t sent, piece, end; // of the answer: bytes the kernel has, bytes it is about to get, bytes in all
    uint64_t unfinished;       // bytes of the request that is not whole yet, those read together with it included
    char *kept;                // what came before its turn; NULL: nothing
    size_t kept_at, kept_end;
    struct origin_guest guest;
    struct origin_request request;
    struct origin_answer answer;
};

// Whether its request is one of the trial under way, and counted as such.
bool connection_is_counted(const struct connection *c);

// Closes it, with a reset or not, unless it is closed already.
void connection_close(struct connection *c, bool reset);

// Goes on at `deadline_ns`: with the answer, if it is DELAYED; else with the close. 0 or -ENOMEM.
int connection_wait_until(struct connection *c, uint64_t deadline_ns);

// After an answer: goes on with what the client has sent meanwhile.
void connection_resume(struct connection *c);

// Answers the request that is there, now or when its delay is over.
void connection_answer(struct connection *c);

// The delay is over.
void connection_send(struct connection *c);

// All that was written is out, or never will be.
void connection_written(void *connection, int status);
