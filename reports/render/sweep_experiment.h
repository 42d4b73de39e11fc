// SPDX-License-Identifier: MIT
// What was done in a sweep, in words.
#pragma once

#include <stdio.h>

struct sweep_view;

// Writes what was done at all its values, without its name: "4 to 1024 tasks, each …; 4 to 256 in flight; …".
void sweep_say_experiment(FILE *out, const struct sweep_view *view);
