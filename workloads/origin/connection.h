// SPDX-License-Identifier: MIT
// One client of the HTTP origin: reads requests, answers them one after the other in their order. While an answer
// waits for its delay or for the client to read, what the client sends on is kept, within bounds, and taken up after.
// A connection belongs to itself: it is freed by its own end, whoever brings that about.
#pragma once

#include <uv.h>

struct origin_guest;
struct origin_shared;
struct origin_tls;

// Takes the pending connection of `listener`; `shared` must outlive it, and so must `tls`, whose it speaks; NULL: it
// speaks none. 0; -ENOMEM with it still pending; or another
// -errno with it gone.
int origin_connection_accept(struct origin_shared *shared, struct origin_tls *tls, uv_stream_t *listener);

// Closes the connection that `handle` belongs to, a handle of the loop that is none of the origin's own. A request
// that had no answer yet counts as aborted.
void origin_connection_close(uv_handle_t *handle);

// Closes the connection of a guest; and the same of a stranger, which is counted.
void origin_connection_end(struct origin_guest *guest);
void origin_connection_drop(struct origin_shared *shared, struct origin_guest *guest);

// To be called once a second, where there is a guard: closes those of strangers that have waited for too long.
void origin_connection_sweep(struct origin_shared *shared);
