// SPDX-License-Identifier: MIT
// The memory of a block's cells, which trials of their own read after its rounds.
#pragma once

#include "cmd/rounds/rounds.h"

// "memory" of the cell, or "memory_reason" where it was not read: there was no time for it, it did not work, or not every trial
// ended well.
void rounds_memory(struct rounds *rounds, struct block *block, struct cell *cell);
