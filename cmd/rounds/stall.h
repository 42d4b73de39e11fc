// SPDX-License-Identifier: MIT
// Notices a user's server that answers only some of the connections it has accepted, as one does whose few threads each
// keep a connection for as long as it is open: the fetches on the others would be waited for until --timeout.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "measure/slot.h"

#define STALL_TEXT 96

struct stall {
    const struct slot *slots; // of the trial under way, which changes them
    uint32_t tasks, lanes;
    bool open_loop;       // their arrivals are offsets from the run's beginning
    uint32_t chunk;       // the tasks a lane takes at a time
    unsigned port;        // the server's, where it is on this machine; 0: not known
    uint64_t patience_ns; // that nothing must have happened for
    uint32_t ended;       // when it was last looked at
    uint64_t since_ns;    // it is so many
    char text[STALL_TEXT];
};

// NULL, or what to say of the server. It is said where all tasks but those some lanes took last have ended, in a small part of
// the time that has passed since; sooner where connections are seen to wait, or where none of those lanes had begun before.
const char *stall_look(struct stall *stall, uint64_t now_ns);
