// SPDX-License-Identifier: MIT
// Sentences that give reasons: what the recommended ones cost, and why the others are slower.
#pragma once

#include "reports/findings/wording.h"

sentence_writer say_price;  // what slower ones need much less of than all that are recommended
sentence_writer say_causes; // why the slower ones are slower, where the figures tell
