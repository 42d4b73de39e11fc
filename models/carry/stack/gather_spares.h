// SPDX-License-Identifier: MIT
// What a lane's children fetch, read and count in a file with: made when the first of them needs it, kept for the next. So there are never more
// connections than children that fetch at once, but where children are processes, each of which makes its own.
#pragma once

#include "models/carry/lane.h"

// What the child's lane lacks for the step, from among what is spare. False when out of memory.
bool gather_spares_take(struct lane *lane, const struct step *step);

// What it has taken, at its end. From any thread, as take is.
void gather_spares_put(struct lane *lane);
