// SPDX-License-Identifier: MIT
// What a trial's fetches cost in connections to ccbench's own server, by that server's count.
#pragma once

#include "cmd/plan/plan.h"
#include "cmd/rounds/trials.h"

// Fetches that ask for a connection of their own must have had one, with a whole TLS handshake where they ask for that
// too; all others share those that are kept open, of which each lane has at most one with TLS and one without; each
// connection with TLS must have shaken hands. A task that failed, or a request that was sent again (by the sample's
// http_retries), may have cost one more. Else the judgement becomes wrong. `slots` and `sample` are those of the trial,
// `used` is what the server did for it.
void connections_judge(const struct block *block, const struct cell *cell, const struct slot *slots,
                       const struct origin_reading *used, const struct cJSON *sample, struct judgement *judgement);

// Where tasks failed since no port was left to connect from, the judgement says so, and what helps.
void connections_name_ports(const struct block *block, const struct slot *slots, struct judgement *judgement);
