// SPDX-License-Identifier: MIT
// The hosts of a run, from their launchers' start until the last of them is over.
#pragma once

#include "cmd/console/progress.h"
#include "cmd/hosts/host.h"

struct watch {
    struct host *hosts; // owned by the caller
    unsigned count;
    const struct sent *sent;
    bool quiet;
    uint64_t answer_ns; // how long a host may take to answer
    struct progress progress;
    char going_on[48]; // "8 hosts"
    uint64_t beat_ns;  // when the lifelines got their last byte
    bool stopping;
};

// Starts all, and waits until each has said what it is, is over, or has taken too long for that. Ends early where a signal arrives.
void watch_greetings(struct watch *watch);

// Tells those that are ready to begin, and waits until all are over. After a signal (SIGINT, SIGTERM, SIGHUP) all are to stop, and
// have 7 s to report; after another one there is no more waiting.
void watch_runs(struct watch *watch);
