// SPDX-License-Identifier: MIT
// The step gather where steps block: each child gets a thread or a process of its own, made for it and joined, as programs do that
// start some threads and join them; or there is one thread for all, and they come one after the other.
//
// A child has a lane of its own: its checksum, its hold of the lock and its connection. Its register begins as its parent's.
#pragma once

#include "models/carry/lane.h"

// What a model's threads hold while they run (gil), taken and dropped by the thread that carries the lane.
struct gather_turns {
    void (*take)(struct lane *lane);
    void (*drop)(struct lane *lane);
};

step_function gather_in_turn, gather_by_threads, gather_by_forks;

// The same as gather_by_threads(), where each thread runs only while it has what it takes in turns; the caller has it.
int gather_by_threads_in_turns(struct lane *lane, const struct step *step, const struct gather_turns *turns);

// What a lane's children fetch and read with, kept from one gather to the next. The lane's trial is set. 0 or -ENOMEM with
// trial_fail() called; close in any case.
int gather_spares_open(struct lane *lane);
void gather_spares_close(struct lane *lane);
