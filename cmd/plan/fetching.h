// SPDX-License-Identifier: MIT
// Whether what a block's tasks fetch can be fetched, as far as that is known beforehand.
#pragma once

#include "cmd/plan/plan.h"

// Room for why not.
#define FETCHING_REASON sizeof((struct cell){0}.reason)

// What was not built that the block's tasks fetch from; NULL: nothing.
const char *fetching_lacks(const struct block *block);

// Whether a user's server is asked by TLS its URL says: where tasks ask for it, it must. 0, or EXIT_USAGE with one line
// printed.
int fetching_check(const struct options *options, const struct block *block);

// Whether some fetch is over TLS; and whether the cell's client speaks it.
bool fetching_needs_tls(const struct options *options, const struct block *block);
bool fetching_speaks_tls(const struct cell *cell);

// How many connections a trial has open at the most: those that are kept, with TLS and without it, and one that a fetch
// has for itself, of each lane and each child that a task of it gathers.
uint64_t fetching_connections(const struct block *block, const struct cell *cell);

// Whether a trial's fresh connections need more ports than there are, also if it takes longer than it should: those that
// are closed keep theirs for a while. Then `reason` is filled.
bool fetching_lacks_ports(const struct block *block, const struct cell *cell, char reason[FETCHING_REASON]);
