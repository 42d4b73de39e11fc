// SPDX-License-Identifier: MIT
// What a trial answers when it is over.
#pragma once

#include "cmd/trial/phases.h"

// Writes the result, or the refusal where there is no memory to find one; closes the hardware's counters. 0 or -EINVAL.
int result_answer(const struct trial *trial, struct phases *phases);
