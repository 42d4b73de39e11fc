// SPDX-License-Identifier: MIT
// Claims for a terminal: a line for each, or each in full.
#pragma once

#include "reports/render/claims_format.h"

extern const struct report_claims table_claims;
