// SPDX-License-Identifier: MIT
// The bare client: a request made beforehand, a socket and a parser of HTTP/1.1 (measure/base/http_message.h), nothing else. It is a
// machine that goes as far as it can and says what it waits for. Where lanes block, its sockets do and it waits by itself; under a
// reactor loop/sockets_bare.c waits for it. A lane has one connection to each server, kept open, and another for a fetch that is to
// have its own.
#pragma once

#include "measure/base/http_message.h"
#include "models/carry/http_get.h"
#include "models/carry/http_target.h"

// What is to happen before the machine can go on.
enum http_bare_needs {
    HTTP_BARE_READ,  // its connection is readable
    HTTP_BARE_WRITE, // its connection is writable
    HTTP_BARE_ENDED, // nothing: result and check are there
};

struct http_connection {
    int fd;            // -1: none
    uint64_t limit_ns; // blocking only: how long the kernel waits in a read; 0: for ever
    void *watch;       // reactor only: its own
};

enum http_bare_state { HTTP_BARE_CONNECTING, HTTP_BARE_SENDING, HTTP_BARE_RECEIVING };

struct http_bare {
    struct http_get get;
    const struct http_targets *targets;
    const struct http_target *target;   // of the fetch under way, or of the last one; NULL: there was none
    struct http_connection *connection; // of the fetch under way; NULL: none is
    enum http_bare_state state;
    http_message message;
    size_t sent;          // of the request
    size_t head;          // bytes of the answer's head, at most HTTP_MESSAGE_HEAD
    unsigned address;     // of the server, the one that is connected to
    unsigned status;      // of the answer; 0: it is not there
    bool fresh;           // it has a connection of its own
    bool reused;          // the connection had been kept open
    bool again;           // it is sent for the second time
    bool any;             // something of an answer has come
    bool complete, keeps; // the answer is there; the connection may be kept
    int lacked;           // errno of what a connection could not be made for want of; 0: nothing
    uint64_t deadline_ns; // blocking only: CLOCK_MONOTONIC; 0: none
    int result;           // the task's status, once the fetch has ended
    uint32_t check;       // and what the answer adds to its checksum
    // Reactor only: a socket has been made, 0 or -errno; and is about to be closed. NULL: it blocks.
    int (*opened)(struct http_bare *bare, struct http_connection *connection);
    void (*closing)(struct http_connection *connection);
    struct http_bare *next_ended; // reactor only, of those that ended at once
    bool ended_at_once;
    struct http_connection own;
    struct http_connection kept[]; // by server
};

static inline struct http_bare *http_bare_of(struct http_get *get)
{
    return (struct http_bare *)get; // its first member
}

// For sockets_bare.c: starts the step's fetch; goes on, when what was needed is there; ends it without a result; closes all
// connections.
enum http_bare_needs http_bare_begin(struct http_bare *bare, const struct step *step);
enum http_bare_needs http_bare_go_on(struct http_bare *bare);
void http_bare_break_off(struct http_bare *bare);
void http_bare_disconnect(struct http_bare *bare);

// Of a connection that no fetch uses.
void http_bare_close(struct http_bare *bare, struct http_connection *connection);
