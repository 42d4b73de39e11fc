// SPDX-License-Identifier: MIT
// Whether a JSON value is a report document that no renderer can choke on.
#pragma once

#include "reports/document/document.h"

// 0, or -EINVAL with `error` filled: where, what is there, what was expected. Summaries may be missing (they can be
// made anew from the samples); where they are present they are checked like everything else.
int validate_document(const struct cJSON *document, char error[DOCUMENT_ERROR]);
