// SPDX-License-Identifier: MIT
// The content of a page about a gate or a comparison (reports/document/gate.h).
#pragma once

#include <stdio.h>

struct cJSON;

// What stands below the page's heading, which is the conclusion. 0 or -ENOMEM.
int html_gate_write(const struct cJSON *document, FILE *out);
