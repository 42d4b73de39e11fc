// SPDX-License-Identifier: MIT
// What differs between the hosts, by their greetings.
#pragma once

#include "cmd/hosts/host.h"

// Says on standard error, one line for each: version, the parts of the fingerprint, models that are missing somewhere, a clock that is
// more than 2 s from this one's. Nothing where all are alike.
void differences_tell(const struct host *hosts, unsigned count);
