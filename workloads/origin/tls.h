// SPDX-License-Identifier: MIT
// TLS of the HTTP origin: OpenSSL between libuv and what a connection reads and says, by way of memory. Sessions may be
// resumed by tickets, as with most servers; whether clients do is theirs, and counted. In a build without OpenSSL
// origin_tls_open() says so, and nothing else is ever called.
#pragma once

#include <stdbool.h>
#include <uv.h>

struct origin_tls; // of an origin: its certificate and settings
struct tls_stream; // of one connection

// Loads OpenSSL and makes a certificate, for `host` too, if that is not NULL (see certificate_make()). 0; -ENOSYS: not built; -ELIBACC: OpenSSL cannot be loaded; -ENOMEM.
int origin_tls_open(const char *host, struct origin_tls **ret_tls);
void origin_tls_close(struct origin_tls *tls); // accepts NULL

// What clients have to trust, as PEM; valid until the close.
const char *origin_tls_certificate(const struct origin_tls *tls);

// Of a connection whose bytes go out through `tcp`; `done` is called with its data and 0 or an error once all that had to
// wait is out, or never will be. 0 or -ENOMEM.
int tls_stream_open(struct origin_tls *tls, uv_tcp_t *tcp, void (*done)(void *data, int status), void *data,
                    struct tls_stream **ret_stream);
void tls_stream_close(struct tls_stream *stream); // accepts NULL

// Takes what came from the client; it is copied. 0 or -ENOMEM.
int tls_stream_feed(struct tls_stream *stream, const char *data, size_t length);

// What the client said, as far as it is there: bytes; 0: nothing more yet; UV_EOF: it has ended; or another error. There
// may be something to flush afterwards, after an error too.
ssize_t tls_stream_read(struct tls_stream *stream, char *buf, size_t size);

// Whether the handshake is over; if so, whether an earlier session was resumed.
bool tls_stream_ready(const struct tls_stream *stream, bool *ret_resumed);

// To be said to the client, after the handshake. 0 or -ENOMEM.
int tls_stream_write(struct tls_stream *stream, const uv_buf_t *slices, unsigned n);

// Hands the kernel what there is for the client, `now` in this call, as far as it takes it; else, and the rest, by and
// by. 1: all of it is out; 0: `done` will be called; or -errno.
int tls_stream_flush(struct tls_stream *stream, bool now);

// Says that nothing more will come, if that can be said at once.
void tls_stream_end(struct tls_stream *stream);
