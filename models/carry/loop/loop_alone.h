// SPDX-License-Identifier: MIT
// One loop with all lanes, on the trial's own thread: eventloop, async, green, green-copy.
#pragma once

#include "models/carry/loop/loop_kind.h"

// These three are a model's open, run and close; the trial's state is theirs.
int loop_alone_open(struct trial *trial, const struct loop_kind *kind);
int loop_alone_run(struct trial *trial);
void loop_alone_close(struct trial *trial);
