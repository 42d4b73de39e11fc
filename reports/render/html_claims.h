// SPDX-License-Identifier: MIT
// Claims as one page: all in a table, each in full; or the questions, to be printed.
#pragma once

#include "reports/render/claims_format.h"

extern const struct report_claims html_claims;
