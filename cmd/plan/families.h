// SPDX-License-Identifier: MIT
// The families of models in a block: those of one language and interpreter, whose computing takes equally long.
#pragma once

#include "cmd/plan/plan.h"

// Which of the block's families the model is of, see struct cell; one that is not there yet is made, of a block that is
// weighed. 0 or -ENOMEM.
int families_find(const struct options *options, struct block *block, const struct model *model, unsigned *ret_family);

void families_release(struct block *block);
