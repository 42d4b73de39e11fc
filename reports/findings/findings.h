// SPDX-License-Identifier: MIT
// The plain sentences under a table: which model to choose, what it costs, why the others lose.
#pragma once

struct cJSON;

// Those of a block whose cells are summarised and ranked: a new array of strings, the caller's to delete. NULL when out
// of memory.
struct cJSON *findings_make(const struct cJSON *document, const struct cJSON *block);
