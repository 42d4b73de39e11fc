// SPDX-License-Identifier: MIT
// Which other runtimes a report's figures come from.
#pragma once

#include <stdio.h>

struct cJSON;

// "CPython 3.11.2 with a GIL (/usr/bin/python3.11): asyncio, trio 0.22.0; …", as its models' programs said; nothing where
// there were none.
void runtimes_say(FILE *out, const struct cJSON *document);
