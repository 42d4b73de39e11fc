// SPDX-License-Identifier: MIT
// What would make a careful colleague doubt a block's figures, each with the next thing to try.
#pragma once

struct cJSON;

// How the note on times that vary begins; the models follow.
#define WARNINGS_NOISY "times varied by 5 % or more: "

// Those of a block whose cells are summarised: a new array of strings, the caller's to delete. NULL when out of memory.
struct cJSON *warnings_make(const struct cJSON *document, const struct cJSON *block);
