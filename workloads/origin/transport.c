// SPDX-License-Identifier: MIT
#include "workloads/origin/transport.h"

#include <errno.h>

#include "workloads/origin/count.h"

// Where descriptors run out, libuv gives up one that it keeps, to take what waits and close it. Of several workers another may be
// given that one meanwhile; then libuv's worker tries again for ever, and never closes what it has. So it must not come to that.
static bool is_one_of_the_last(const struct transport *transport)
{
    int fd;

    return uv_fileno((const uv_handle_t *)&transport->tcp, &fd) == 0 && fd >= transport->shared->descriptors;
}

int transport_accept(struct transport *transport, struct origin_tls *tls, uv_stream_t *listener)
{
    int err = tls != NULL ? tls_stream_open(tls, &transport->tcp, transport->written, transport->data, &transport->tls)
                          : 0;

    if (err != 0)
        return -ENOMEM;
    uv_tcp_init(listener->loop, &transport->tcp);
    transport->tcp.data = transport->data;
    err = uv_accept(listener, (uv_stream_t *)&transport->tcp);
    if (err < 0)
        return err;
    if (is_one_of_the_last(transport))
        return -EMFILE;
    transport->counted = tls != NULL && origin_counts_at_once(transport->shared);
    if (origin_counts_at_once(transport->shared))
        origin_count_connection(transport->shared, tls != NULL);
    uv_tcp_nodelay(&transport->tcp, 1);
    return 0;
}

void transport_end(struct transport *transport, bool reset)
{
    if (transport->counted && !transport->shaken)
        origin_count_no_handshake(transport->shared);
    transport->counted = false;
    if (transport->tls != NULL && !reset)
        tls_stream_end(transport->tls);
}

void transport_release(struct transport *transport)
{
    tls_stream_close(transport->tls);
}

static void on_written(uv_write_t *write, int status)
{
    struct transport *transport = write->data;

    transport->written(transport->data, status);
}

int transport_try_write(struct transport *transport, const uv_buf_t *slices, unsigned n)
{
    int out, size = 0;

    if (transport->tls == NULL)
        return uv_try_write((uv_stream_t *)&transport->tcp, slices, n);
    for (unsigned i = 0; i < n; i++)
        size += (int)slices[i].len;
    out = tls_stream_write(transport->tls, slices, n);
    if (out == 0)
        out = tls_stream_flush(transport->tls, true);
    return out == 1 ? size : out == 0 ? UV_EAGAIN : out;
}

int transport_write(struct transport *transport, const uv_buf_t *slices, unsigned n)
{
    int err;

    if (transport->tls == NULL) {
        transport->write.data = transport;
        return uv_write(&transport->write, (uv_stream_t *)&transport->tcp, slices, n, on_written);
    }
    err = tls_stream_write(transport->tls, slices, n);
    return err == 0 ? tls_stream_flush(transport->tls, false) : err;
}

// Counted before what comes behind it is looked at.
static void note_handshake(struct transport *transport)
{
    if (transport->shaken || !tls_stream_ready(transport->tls, &transport->resumed))
        return;
    transport->shaken = true;
    if (transport->counted)
        origin_count_handshake(transport->shared, transport->resumed);
}

int transport_receive(struct transport *transport, const uv_buf_t *buf, size_t length)
{
    ssize_t n;
    bool more = true;

    if (transport->tls == NULL) {
        transport->received(transport->data, buf->base, length);
        return 0;
    }
    n = tls_stream_feed(transport->tls, buf->base, length);
    while (n >= 0 && more) {
        n = tls_stream_read(transport->tls, buf->base, buf->len);
        note_handshake(transport);
        more = n > 0 && transport->received(transport->data, buf->base, (size_t)n);
    }
    if (!uv_is_closing((uv_handle_t *)&transport->tcp) && tls_stream_flush(transport->tls, true) < 0)
        return UV_EPIPE;
    return n < 0 ? (int)n : 0;
}
