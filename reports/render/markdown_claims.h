// SPDX-License-Identifier: MIT
// Claims in Markdown: a table of all, and each in full where that is asked for; or the page of questions.
#pragma once

#include "reports/render/claims_format.h"

extern const struct report_claims markdown_claims;
