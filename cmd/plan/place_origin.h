// SPDX-License-Identifier: MIT
// Where ccbench's own server runs, and on how many workers: the same for every model, and said in every report.
#pragma once

#include "cmd/console/options.h"
#include "measure/base/cpus.h"

// How many workers it has where none are asked for, on so many cores, as a quota may leave them: one on up to 7; else one for
// each four, and at most 8.
unsigned place_origin_workers(double cores);

// Of trials on `allowed`: what the options say, or else the last CPUs, one a worker. No more workers than CPUs, but where they were
// asked for.
void place_origin(const struct options *options, const struct cpus *allowed, struct cpus *ret_cpus,
                  unsigned *ret_workers);
