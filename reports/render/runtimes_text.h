// SPDX-License-Identifier: MIT
// Which other runtimes a report's figures come from.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

// "CPython 3.11.2 with a GIL (/usr/bin/python3.11): asyncio, trio 0.22.0; …", as its models' programs said; nothing where
// there were none.
void runtimes_say(FILE *out, const struct cJSON *document);

// Calls `say` with what the two sides of a gate run, where other runtimes are: "both sides: CPython 3.11.2 …", or, where that differs,
// a line for each; and one for whatever else does: "asyncio's gc: 700, 10, 10 | 2000, 10, 10". 0, or what `say` returned if not
// 0; -ENOMEM.
int runtimes_each_side(const struct cJSON *document, int (*say)(const char *text, bool differs, void *data),
                       void *data);
