// SPDX-License-Identifier: MIT
// What a timeline comes to, as numbers: each is what a sentence below its picture says (timeline_say.h), and what can be counted again
// in the picture.
#pragma once

#include "measure/trace/timeline.h"

#define TIMELINE_NO_ROW SIZE_MAX

// The longest time that a row was ready without a break, and the row that worked most meanwhile.
struct timeline_wait {
    size_t row, other; // of the timeline; TIMELINE_NO_ROW: there is none
    uint64_t begin_ns, end_ns;
    uint64_t other_ns;         // for how long it worked
    enum timeline_state state; // the first reason
};

struct timeline_facts {
    uint64_t length_ns;
    uint32_t tasks;          // that have a row
    uint32_t most_under_way; // tasks begun and not ended, at once
    uint32_t most_at_work;   // tasks and children
    uint64_t at_work_ns;     // while at least one was at work
    uint64_t together_ns;    // while at least two were
    uint64_t nobody_ns;      // while a task was under way, and none at work
    // A turn of a row is its work without a break. Turns in the order in which they begin: from one row's to another's it is a switch.
    // Where the row that is left was ready then, it could have gone on.
    uint64_t turns, switches, forced, yielded; // forced: ready for a core or the lock; yielded: ready for its loop
    uint64_t hand_overs;                       // of an interpreter's lock: taken by another thread than the last time
    uint64_t total_ns[TIMELINE_STATES];        // of all rows
    struct timeline_wait longest;
    uint64_t busiest_ns; // begin of the time, a twentieth of the whole, in which most turns begin
    uint64_t busiest_turns;
};

// Of rows by task. 0 or -ENOMEM.
int timeline_facts_find(const struct trace *trace, const struct timeline *tasks, struct timeline_facts *ret_facts);

// How long the time is that is looked at closely.
uint64_t timeline_close_ns(const struct timeline_facts *facts);
