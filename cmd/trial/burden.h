// SPDX-License-Identifier: MIT
// A known slowdown of a trial, to see whether a gate finds it. Only a build for trying gates (meson setup -Dburden=true)
// has it (burden.c), and its every report says so; any other has burden_none.c. Asked for by the environment variable
// CCBENCH_BURDEN, which a gate's --new='env CCBENCH_BURDEN=… ccbench' gives to one side only; see bench/gate-trial.
//
//   CCBENCH_BURDEN=calls=1200,sleep=1ms,memory=4m,only=http
//
//   calls   each task computes so many calls of fib more (about 0.65 ns each)
//   sleep   each task sleeps so long more
//   memory  the trial touches so many bytes more, once, before its lanes are made and outside of all times
//   only    nothing of that unless the first class of tasks has this name
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct task_mix;
struct trial;

// Whether this build can slow its trials.
extern const bool burden_built;

struct burden {
    uint64_t calls, sleep_ns, memory_bytes; // 0: none
    char only[32];                          // "": whatever the tasks are
    uint32_t check;                         // what the calls add to a task's checksum
};

// Reads the variable; all 0 where it is not set or not looked at. 0 or -EINVAL.
int burden_read(struct burden *ret_burden);

// Puts the steps at the end of each class's program; makes the burden none where it is not for these tasks. 0 or -ENOMEM.
int burden_add(struct burden *burden, struct task_mix *mix);

// Maps and touches the memory, which stays until the process ends.
void burden_touch(const struct burden *burden);

// Takes what burden_add() has added off the checksums, which are then those of the plan, and counts the trial as "burdened"
// where it was.
void burden_settle(const struct burden *burden, struct trial *trial);
