// SPDX-License-Identifier: MIT
// TLS of a build without OpenSSL: there is no stream, since there is no origin_tls to open one from.
#include <errno.h>

#include "workloads/origin/tls.h"

int origin_tls_open(const char *host, struct origin_tls **ret_tls)
{
    return -ENOSYS;
}

void origin_tls_close(struct origin_tls *tls)
{
}

const char *origin_tls_certificate(const struct origin_tls *tls)
{
    return "";
}

int tls_stream_open(struct origin_tls *tls, uv_tcp_t *tcp, void (*done)(void *data, int status), void *data,
                    struct tls_stream **ret_stream)
{
    return -ENOSYS;
}

void tls_stream_close(struct tls_stream *stream)
{
}

int tls_stream_feed(struct tls_stream *stream, const char *data, size_t length)
{
    return -ENOSYS;
}

ssize_t tls_stream_read(struct tls_stream *stream, char *buf, size_t size)
{
    return -ENOSYS;
}

bool tls_stream_ready(const struct tls_stream *stream, bool *ret_resumed)
{
    return false;
}

int tls_stream_write(struct tls_stream *stream, const uv_buf_t *slices, unsigned n)
{
    return -ENOSYS;
}

int tls_stream_flush(struct tls_stream *stream, bool now)
{
    return -ENOSYS;
}

void tls_stream_end(struct tls_stream *stream)
{
}
