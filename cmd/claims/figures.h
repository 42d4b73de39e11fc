// SPDX-License-Identifier: MIT
// The figures of a claim in the document, with what was measured of them so far.
#pragma once

#include "cmd/claims/blocks.h"

struct cJSON;

// An array of figures, without verdicts, owned by the caller. `real`: a runtime, as "real" of a claim has it, whose models
// stand in the place of the claim's; figures are left out where it has nothing in their place. NULL: the claim's own.
struct cJSON *claims_figures(const struct claims_blocks *blocks, const struct claim_file *claim,
                             const struct cJSON *real);
