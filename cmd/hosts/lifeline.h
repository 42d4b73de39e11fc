// SPDX-License-Identifier: MIT
// The far end of a lifeline (--lifeline): a standard input that stays open, down which a byte comes every second, for as long as
// whoever started ccbench there still wants its figures. Two processes: the keeper, which the caller becomes, holds the lifeline; the
// run, its child, measures. Where the lifeline ends, or is silent for LIFELINE_SILENCE_NS, the run gets SIGINT, reports what there is,
// and is killed where it has not ended in time; whatever it leaves behind is killed, too. Where the keeper dies, the run gets SIGINT
// from the kernel.
#pragma once

#include <stdbool.h>

#include "cmd/hosts/received.h"

// What the run has from the lifeline.
struct lifeline {
    struct received received;
    bool greets; // its plan came over it: it says what it is, and waits to be told to begin
    int argc;    // of the plan, argv[0] the command's name
    char **argv;
};

// Becomes the keeper, and returns in its child alone. `alone`: nothing else was typed, so that the options may come over the lifeline,
// if its first byte is a '{'. 0 with *ret_lifeline; or an exit status with one line printed. The keeper ends with the status of the run,
// 128 and the signal's number where that was killed.
int lifeline_hold(bool alone, struct lifeline *ret_lifeline);

// Of the run, at its end. Again is nothing.
void lifeline_release(struct lifeline *lifeline);
