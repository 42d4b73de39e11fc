// SPDX-License-Identifier: MIT
#include "workloads/origin/tls.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "workloads/origin/certificate.h"
#include "workloads/origin/openssl.h"

struct origin_tls {
    SSL_CTX *context;
    char *certificate; // PEM
};

struct tls_stream {
    SSL *ssl;
    BIO *from, *to; // the client: sealed bytes; the SSL's own
    uv_stream_t *tcp;
    uv_write_t write;
    bool writing; // `write` is under way
    char *out;    // what it writes, or what was written last
    size_t out_size;
    void (*done)(void *data, int status);
    void *data;
};

static int make_context(X509 *certificate, EVP_PKEY *key, SSL_CTX **ret_context)
{
    SSL_CTX *context = openssl.SSL_CTX_new(openssl.TLS_server_method());

    if (context == NULL)
        return -ENOMEM;
    openssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
    openssl.SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    // Tickets are the client's to keep; and an idle connection keeps no buffers.
    openssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL);
    openssl.SSL_CTX_ctrl(context, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
    if (openssl.SSL_CTX_use_certificate(context, certificate) != 1 ||
        openssl.SSL_CTX_use_PrivateKey(context, key) != 1) {
        openssl.SSL_CTX_free(context);
        return -ENOMEM;
    }
    *ret_context = context;
    return 0;
}

int origin_tls_open(const char *host, struct origin_tls **ret_tls)
{
    struct origin_tls *tls = calloc(1, sizeof *tls);
    EVP_PKEY *key;
    X509 *certificate;
    int err = tls != NULL ? openssl_load() : -ENOMEM;

    if (err == 0)
        err = certificate_make(host, &certificate, &key);
    if (err == 0) {
        tls->certificate = certificate_pem(certificate);
        err = tls->certificate != NULL ? make_context(certificate, key, &tls->context) : -ENOMEM;
        openssl.X509_free(certificate);
        openssl.EVP_PKEY_free(key);
    }
    if (err == 0)
        *ret_tls = tls;
    else
        origin_tls_close(tls);
    return err;
}

void origin_tls_close(struct origin_tls *tls)
{
    if (tls == NULL)
        return;
    if (tls->context != NULL)
        openssl.SSL_CTX_free(tls->context);
    free(tls->certificate);
    free(tls);
}

const char *origin_tls_certificate(const struct origin_tls *tls)
{
    return tls->certificate;
}

int tls_stream_open(struct origin_tls *tls, uv_tcp_t *tcp, void (*done)(void *data, int status), void *data,
                    struct tls_stream **ret_stream)
{
    struct tls_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return -ENOMEM;
    stream->tcp = (uv_stream_t *)tcp;
    stream->done = done;
    stream->data = data;
    stream->ssl = openssl.SSL_new(tls->context);
    stream->from = openssl.BIO_new(openssl.BIO_s_mem());
    stream->to = openssl.BIO_new(openssl.BIO_s_mem());
    if (stream->ssl == NULL || stream->from == NULL || stream->to == NULL) {
        openssl.BIO_free(stream->from);
        openssl.BIO_free(stream->to);
        openssl.SSL_free(stream->ssl);
        free(stream);
        return -ENOMEM;
    }
    openssl.SSL_set_bio(stream->ssl, stream->from, stream->to);
    openssl.SSL_set_accept_state(stream->ssl);
    *ret_stream = stream;
    return 0;
}

void tls_stream_close(struct tls_stream *stream)
{
    if (stream == NULL)
        return;
    openssl.SSL_free(stream->ssl); // and the BIOs
    free(stream->out);
    free(stream);
}

int tls_stream_feed(struct tls_stream *stream, const char *data, size_t length)
{
    return openssl.BIO_write(stream->from, data, (int)length) == (int)length ? 0 : -ENOMEM;
}

ssize_t tls_stream_read(struct tls_stream *stream, char *buf, size_t size)
{
    int n = openssl.SSL_read(stream->ssl, buf, (int)size), error;

    if (n > 0)
        return n;
    error = openssl.SSL_get_error(stream->ssl, n);
    openssl.ERR_clear_error(); // it is the thread's, and would be taken for that of another connection
    return error == SSL_ERROR_WANT_READ ? 0 : error == SSL_ERROR_ZERO_RETURN ? UV_EOF : UV_EPROTO;
}

bool tls_stream_ready(const struct tls_stream *stream, bool *ret_resumed)
{
    if (!openssl.SSL_is_init_finished(stream->ssl))
        return false;
    *ret_resumed = openssl.SSL_session_reused(stream->ssl) == 1;
    return true;
}

int tls_stream_write(struct tls_stream *stream, const uv_buf_t *slices, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (slices[i].len > 0 &&
            openssl.SSL_write(stream->ssl, slices[i].base, (int)slices[i].len) != (int)slices[i].len) {
            openssl.ERR_clear_error();
            return -ENOMEM;
        }
    }
    return 0;
}

// Moves all that is for the client into `out`: bytes, or -ENOMEM.
static ssize_t collect(struct tls_stream *stream)
{
    size_t length = (size_t)openssl.BIO_ctrl(stream->to, BIO_CTRL_PENDING, 0, NULL);

    if (length > INT_MAX)
        return -ENOMEM;
    if (length > stream->out_size) {
        char *out = realloc(stream->out, length);

        if (out == NULL)
            return -ENOMEM;
        stream->out = out;
        stream->out_size = length;
    }
    return length > 0 ? openssl.BIO_read(stream->to, stream->out, (int)length) : 0;
}

static void on_written(uv_write_t *write, int status)
{
    struct tls_stream *stream = write->data;

    stream->writing = false;
    // What has come in meanwhile goes first.
    if (status == 0)
        status = tls_stream_flush(stream, true);
    if (status != 0)
        stream->done(stream->data, status < 0 ? status : 0);
}

int tls_stream_flush(struct tls_stream *stream, bool now)
{
    ssize_t length;
    int written, err;
    uv_buf_t rest;

    if (stream->writing)
        return 0;
    length = collect(stream);
    if (length <= 0)
        return length < 0 ? (int)length : 1;
    rest = uv_buf_init(stream->out, (unsigned)length);
    written = now ? uv_try_write(stream->tcp, &rest, 1) : UV_EAGAIN;
    if (written == length || (written < 0 && written != UV_EAGAIN))
        return written < 0 ? written : 1;
    if (written > 0)
        rest = uv_buf_init(stream->out + written, (unsigned)(length - written));
    stream->write.data = stream;
    err = uv_write(&stream->write, stream->tcp, &rest, 1, on_written);
    stream->writing = err == 0;
    return err;
}

void tls_stream_end(struct tls_stream *stream)
{
    uv_buf_t last;
    ssize_t length;

    if (stream->writing || !openssl.SSL_is_init_finished(stream->ssl))
        return;
    openssl.SSL_shutdown(stream->ssl);
    openssl.ERR_clear_error();
    length = collect(stream);
    last = uv_buf_init(stream->out, length > 0 ? (unsigned)length : 0);
    if (length > 0)
        uv_try_write(stream->tcp, &last, 1);
}
