// SPDX-License-Identifier: MIT
// What machines are called where their reports stand side by side.
#pragma once

#include "reports/document/document.h"

struct cJSON;

// Sets "label" of the machines that were given none: the host, or, where it is not known or is not one machine's alone, the
// name of the file without its folder and ".json". 0, or -EINVAL with one line in `error`: two are called the same.
int several_set_labels(struct cJSON *several, char error[DOCUMENT_ERROR]);
