// SPDX-License-Identifier: MIT
// The ports that a client connects from. A closed connection keeps its port for a while (TIME_WAIT), so that they may
// run out.
#pragma once

#include <stdint.h>

// How many ports there are for connections to one address of a server; 0: not known.
uint64_t ports_count(const char *root);

// How long a port stays taken on the loopback once its connection has been closed, ns: a second where the kernel takes
// it for a new one there (tcp_tw_reuse, with timestamps), else a minute.
uint64_t ports_held_ns(const char *root);

// How many connections are closed but still have a port; 0: none, or not known.
uint64_t ports_waiting(void);
