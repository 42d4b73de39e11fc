// SPDX-License-Identifier: MIT
// How the bytes of a connection come and go: as they are, or through TLS.
#pragma once

#include "workloads/origin/tls.h"

struct origin_shared;

struct transport {
    uv_tcp_t tcp;
    uv_write_t write;
    struct origin_shared *shared;
    struct tls_stream *tls;                                         // NULL: plain
    bool counted, shaken, resumed;                                  // its handshake is to be counted; is over; how
    void (*written)(void *data, int status);                        // all that had to wait is out, or never will be
    bool (*received)(void *data, const char *bytes, size_t length); // whether to go on
    void *data;
};

// Takes the pending connection of `listener`; `tls` may be NULL. The rest of *transport is set. 0; -ENOMEM with the
// connection still pending and nothing to close; or another -errno with it gone.
int transport_accept(struct transport *transport, struct origin_tls *tls, uv_stream_t *listener);

// Before the handle is closed: says so to the client, unless it is to be a reset.
void transport_end(struct transport *transport, bool reset);
void transport_release(struct transport *transport); // when it has been closed

// Bytes that the kernel has taken, or an error. UV_EAGAIN: none, but through TLS all are on their way, and `written`
// will be called.
int transport_try_write(struct transport *transport, const uv_buf_t *slices, unsigned n);

// `written` will be called when all are out. 0 or -errno. The slices need not outlive the call, their bytes have to.
int transport_write(struct transport *transport, const uv_buf_t *slices, unsigned n);

// What libuv has read, into buf->base: `received` is called with all that the client says by it, from the same memory.
// 0; UV_EOF: the client has said that it ends; or an error.
int transport_receive(struct transport *transport, const uv_buf_t *buf, size_t length);
