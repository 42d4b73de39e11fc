// SPDX-License-Identifier: MIT
// --server-ready: a server may accept connections long before it can answer.
#pragma once

#include <stdint.h>

#include "cmd/console/options.h"
#include "measure/base/clock.h"
#include "workloads/origin/server_process.h"

// A server has so long to be ready, where --timeout says nothing else.
#define SERVER_READY_NS (10 * NS_PER_S)

// Asks for the path of --server-ready until the answer is 2xx, of the server that was started, or with NULL of the user's
// own. 0; -EINTR where a signal came first; or -errno with `error`: what happened, to be put behind "the server ".
int server_ready_wait(const struct options *options, struct server_process *server, uint64_t deadline_ns,
                      char error[SERVER_ERROR]);
