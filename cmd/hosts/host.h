// SPDX-License-Identifier: MIT
// One host of a run on many: what it has said so far, and what has become of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/hosts/launcher.h"
#include "cmd/hosts/sent.h"

struct cJSON;

#define HOST_REASON 320
#define HOST_LINE 256
// The most that a host may answer.
#define HOST_ANSWER_BYTES ((size_t)128 * 1024 * 1024)

enum host_state {
    HOST_STARTED, // its launcher runs, and nothing has been answered
    HOST_READY,   // it has said what it is, and waits to be told to begin
    HOST_RUNNING,
    HOST_OVER,
};

struct host {
    const char *name; // not owned
    enum host_state state;
    struct launched launched;
    size_t sent;  // of the bytes for all hosts
    char *answer; // owned; standard output since the greeting, or as far as that has come
    size_t length, room;
    size_t noise; // bytes that came before the greeting
    char line[HOST_LINE],
        last[HOST_LINE]; // of standard error: the one under way, and the last whole one that is not empty
    size_t line_length;
    char doing[HOST_LINE]; // what it said of its progress last; "": nothing
    unsigned told;         // lines of it that were passed on
    uint64_t left_ns;      // what it said that the rest will take
    uint64_t heard_ns;     // when it gave a sign of life last
    uint64_t over_ns;      // when it is lost whatever comes; 0: it has time
    uint64_t kill_ns;      // when what there is of a lost one here is killed; 0: it has been, or is not lost
    bool ended;            // its launcher has, with this status
    int status;
    struct cJSON *greeting, *report; // owned; NULL: none came
    double clock_ns;                 // by how much its clock is ahead of ours; at most, by what the answer took
    char reason[HOST_REASON];        // why there is no report of a host that is over
};

// Starts the launcher. One that cannot be started is over at once.
void host_start(struct host *host, const struct launcher *launcher);

// Sends what there is room for of what all hosts get; once that is there, a byte to keep the lifeline, where `beat`.
void host_send(struct host *host, const struct sent *sent, bool beat);

// Tells one that is ready to begin.
void host_go(struct host *host);

// Reads what has come. Whole lines that say neither that the host is there nor how far it is are handed to `tell`.
void host_hear(struct host *host, void (*tell)(const struct host *host, const char *line, void *data), void *data);

// Ends the lifeline: it is to stop, and to report until then.
void host_stop(struct host *host, uint64_t over_ns);

// The launcher has ended with that status; host_settle() says what follows once all it wrote has been read.
void host_ended(struct host *host, int status);

// Whether it is over, by what has ended, or since its time is up.
bool host_settle(struct host *host, uint64_t now_ns);

// It is over without a report; the reason is that one. Ends the lifeline; what there is of it here is killed a little later.
void host_lose(struct host *host, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Whether a lost one's launcher is still there, and has time to end.
bool host_lingers(const struct host *host);

void host_release(struct host *host);
