// SPDX-License-Identifier: MIT
// What makes figures other than they look (reports/findings/switches.h), for formats that show no warnings.
#pragma once

struct cJSON;

// The sentences about that block, or, where it is NULL, about all of the report's, each once, with "; " between them; "" where
// there are none. To be freed with free(); NULL when out of memory.
char *export_marks(const struct cJSON *document, const struct cJSON *block);
