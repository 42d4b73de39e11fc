// SPDX-License-Identifier: MIT
// How many tasks a lane claims at a time: the counter that all claim from is the one line of memory that every core writes, and
// it can be one core's at a time.
#pragma once

#include "models/carry/trial.h"

// Of a trial whose mix, tasks, lanes and cores are known. 1 where tasks wait or compute, or arrive at times of their own: the next
// goes to whoever is free. Tasks of nothing but yields: 64, and 8 for each core that claims where that is more, so that a core
// finds the counter's line free however many there are. It is never more than a lane's share, else the first lanes would take all
// and fewer be in flight than asked for; above 64 never more than a sixteenth of it, else the last chunks would be waited for. An even
// number where it is more than one: two slots lie in a line, and so no line is written by two lanes.
uint32_t claim_chunk(const struct trial *trial);
