// SPDX-License-Identifier: MIT
// The sentence about what the HTTP client costs, where a block has a model with libcurl and with client=bare.
#pragma once

#include "reports/findings/wording.h"

// How much of its CPU time is libcurl's, of each such model of which the rounds show that the bare client takes less, by more than
// 10 %: by the 95 % interval of the ratios round by round.
sentence_writer say_client;
