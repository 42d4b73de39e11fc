// SPDX-License-Identifier: MIT
// What a program does, in words: "fetches /delay/20ms, computes for 2 ms, sleeps 1 ms".
#pragma once

#include "measure/base/units.h"
#include "workloads/program/program.h"

// Writes at most `size` bytes; what does not fit becomes "...". Returns `buf`.
char *program_words(const struct program *program, char *buf, size_t size);

// How many of the tasks are of that class: "90 %"; or, in an open loop, "every 1 s" for one with a clock of its own, beside
// which the others share the rate. Returns `buf`.
char *class_share_words(const struct task_mix *mix, size_t index, bool open_loop, char buf[UNITS_TEXT]);
