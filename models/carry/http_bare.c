// SPDX-License-Identifier: MIT
#include "models/carry/http_bare.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/task_status.h"

// Read at a time: as much as libcurl does.
#define INBOX 16384

static int add_to_head(http_message *message, const char *at, size_t length)
{
    struct http_bare *bare = message->data;

    bare->head += length;
    return bare->head <= HTTP_MESSAGE_HEAD ? 0 : HTTP_MESSAGE_REFUSE;
}

// An interim answer (RFC 9110, section 15.2) is passed over; one that changes the protocol is the last. Some have no body, even where
// they have its length (section 6.4.1).
static int on_headers_complete(http_message *message)
{
    struct http_bare *bare = message->data;
    unsigned status = message->status_code;

    if (status >= 200 || status == 101)
        bare->status = status;
    return status < 200 || status == 204 || status == 304 ? HTTP_MESSAGE_NO_BODY : 0;
}

static int on_body(http_message *message, const char *at, size_t length)
{
    struct http_bare *bare = message->data;

    http_get_add(&bare->get, at, length);
    return 0;
}

static int on_message_complete(http_message *message)
{
    struct http_bare *bare = message->data;

    if (bare->status == 0)
        return 0;
    bare->complete = true;
    bare->keeps = http_message_keeps_alive(message);
    return http_message_stop(message);
}

static const http_message_hooks hooks = {
    .on_status = add_to_head,
    .on_header_field = add_to_head,
    .on_header_value = add_to_head,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_bare_close(struct http_bare *bare, struct http_connection *connection)
{
    if (connection->fd < 0)
        return;
    if (bare->closing != NULL)
        bare->closing(connection);
    close(connection->fd);
    *connection = (struct http_connection){.fd = -1};
}

void http_bare_break_off(struct http_bare *bare)
{
    if (bare->connection != NULL)
        http_bare_close(bare, bare->connection);
    bare->connection = NULL;
}

static enum http_bare_needs fail(struct http_bare *bare, int status)
{
    http_bare_break_off(bare);
    bare->result = status;
    bare->check = 0;
    return HTTP_BARE_ENDED;
}

static enum http_bare_needs time_out(struct http_bare *bare)
{
    return fail(bare, TASK_STATUS_CURL + TASK_CURL_OPERATION_TIMEDOUT);
}

static enum http_bare_needs answered(struct http_bare *bare)
{
    if (!bare->keeps || bare->fresh)
        http_bare_close(bare, bare->connection);
    bare->connection = NULL;
    bare->check = 0;
    bare->result = http_get_answered(&bare->get, bare->status, &bare->check);
    return HTTP_BARE_ENDED;
}

// How long the kernel waits for one connection, of a socket that blocks. It rounds up.
static void limit_waits(struct http_connection *connection, int option, uint64_t ns)
{
    struct timeval limit = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US)};

    if (limit.tv_sec == 0 && limit.tv_usec == 0)
        limit.tv_usec = 1; // 0 would be for ever
    setsockopt(connection->fd, SOL_SOCKET, option, &limit, sizeof limit);
    if (option == SO_RCVTIMEO)
        connection->limit_ns = ns;
}

// Until the deadline, which is not over yet or was just now.
static uint64_t left_ns(const struct http_bare *bare)
{
    uint64_t now_ns = clock_now_ns();

    return bare->deadline_ns > now_ns ? bare->deadline_ns - now_ns : 1;
}

// Of what there is none of its own: 127.0.0.1 is refused, but ::1 may lack IPv6.
static int note_lack(struct http_bare *bare, int err)
{
    if (bare->address == 0)
        bare->lacked = err;
    return err;
}

// 0 or an errno, of which EINPROGRESS means that it is to be waited for.
static int connect_to(struct http_bare *bare, const struct sockaddr *address, socklen_t length)
{
    struct http_connection *connection = bare->connection;
    int blocks = bare->opened == NULL, one = 1, err;

    connection->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);
    if (connection->fd < 0)
        return note_lack(bare, errno);
    if (address->sa_family != AF_UNIX)
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (blocks && bare->deadline_ns > 0) {
        limit_waits(connection, SO_SNDTIMEO, left_ns(bare));
        limit_waits(connection, SO_RCVTIMEO, left_ns(bare));
    }
    if (!blocks && (err = bare->opened(bare, connection)) != 0) {
        close(connection->fd);
        connection->fd = -1;
        return note_lack(bare, -err);
    }
    while ((err = connect(connection->fd, address, length) == 0 ? 0 : errno) == EINTR)
        ;
    return err;
}

// What is said of a server none of whose addresses could be connected to.
static int not_connected(const struct http_bare *bare, unsigned addresses)
{
    if (bare->lacked != 0)
        return task_status_from_errno(bare->lacked);
    return TASK_STATUS_CURL + (addresses > 0 ? TASK_CURL_COULDNT_CONNECT : TASK_CURL_COULDNT_RESOLVE_HOST);
}

static enum http_bare_needs send_rest(struct http_bare *bare);

// Tries the addresses of the server one after the other.
static enum http_bare_needs connect_next(struct http_bare *bare)
{
    const struct server_address *server = &bare->targets->servers[bare->target->server].address;

    for (; bare->address < server->count; bare->address++) {
        int err = connect_to(bare, (const struct sockaddr *)&server->of[bare->address], server->lengths[bare->address]);

        if (err == 0)
            return send_rest(bare);
        if (err == EINPROGRESS && bare->opened == NULL)
            return time_out(bare);
        bare->state = HTTP_BARE_CONNECTING;
        if (err == EINPROGRESS)
            return HTTP_BARE_WRITE;
        if (err == EADDRNOTAVAIL)
            note_lack(bare, err);
        http_bare_close(bare, bare->connection);
    }
    return fail(bare, not_connected(bare, server->count));
}

static enum http_bare_needs start(struct http_bare *bare)
{
    bare->sent = bare->head = 0;
    bare->status = 0;
    bare->any = bare->complete = bare->keeps = false;
    bare->reused = bare->connection->fd >= 0;
    http_message_init(&bare->message, true, &hooks, bare);
    if (bare->reused)
        return send_rest(bare);
    bare->address = 0;
    bare->lacked = 0;
    return connect_next(bare);
}

// A kept-open connection may turn out to have been closed: then, once, the request is sent again on another (RFC 9110, 9.2.2).
static enum http_bare_needs lose(struct http_bare *bare, int curl_code)
{
    if (!bare->reused || bare->any || bare->again)
        return fail(bare, TASK_STATUS_CURL + curl_code);
    http_bare_close(bare, bare->connection);
    http_get_count_retries(&bare->get, 1);
    bare->again = true;
    return start(bare);
}

static enum http_bare_needs send_rest(struct http_bare *bare)
{
    const struct http_target *target = bare->target;

    while (bare->sent < target->length) {
        ssize_t n = send(bare->connection->fd, target->request + bare->sent, target->length - bare->sent, MSG_NOSIGNAL);

        if (n >= 0) {
            bare->sent += (size_t)n;
        } else if (errno == EAGAIN) {
            bare->state = HTTP_BARE_SENDING;
            return bare->opened == NULL ? time_out(bare) : HTTP_BARE_WRITE;
        } else if (errno != EINTR) {
            return lose(bare, TASK_CURL_SEND_ERROR);
        }
    }
    bare->state = HTTP_BARE_RECEIVING;
    return HTTP_BARE_READ;
}

// An answer without a length ends so.
static enum http_bare_needs closed(struct http_bare *bare)
{
    if (!bare->any)
        return lose(bare, TASK_CURL_GOT_NOTHING);
    http_message_finish(&bare->message, &hooks);
    bare->keeps = false;
    if (bare->complete)
        return answered(bare);
    return fail(bare, TASK_STATUS_CURL + (bare->status == 0 ? TASK_CURL_GOT_NOTHING : TASK_CURL_PARTIAL_FILE));
}

static enum http_bare_needs receive(struct http_bare *bare)
{
    char inbox[INBOX];
    ssize_t n = recv(bare->connection->fd, inbox, sizeof inbox, 0);
    enum http_message_end end;
    size_t used;

    if (n < 0 && errno == EAGAIN)
        return bare->opened == NULL ? time_out(bare) : HTTP_BARE_READ;
    if (n < 0)
        return errno == EINTR ? HTTP_BARE_READ : lose(bare, TASK_CURL_RECV_ERROR);
    if (n == 0)
        return closed(bare);
    bare->any = true;
    used = http_message_read(&bare->message, &hooks, inbox, (size_t)n, &end);
    if (end == HTTP_MESSAGE_MALFORMED)
        return fail(bare, TASK_STATUS_CURL + TASK_CURL_WEIRD_SERVER_REPLY);
    if (!bare->complete)
        return HTTP_BARE_READ;
    bare->keeps &= used == (size_t)n; // whoever says more than was asked for is not asked again
    return answered(bare);
}

// What connect() has come to.
static enum http_bare_needs connected(struct http_bare *bare)
{
    int err = 0;
    socklen_t length = sizeof err;

    if (getsockopt(bare->connection->fd, SOL_SOCKET, SO_ERROR, &err, &length) != 0)
        err = errno;
    if (err == 0)
        return send_rest(bare);
    if (err == EADDRNOTAVAIL)
        note_lack(bare, err);
    http_bare_close(bare, bare->connection);
    bare->address++;
    return connect_next(bare);
}

enum http_bare_needs http_bare_begin(struct http_bare *bare, const struct step *step)
{
    if (bare->target == NULL || bare->target->url != step->url)
        bare->target = http_targets_find(bare->targets, step->url);
    bare->fresh = step->fresh;
    bare->again = false;
    http_get_begin(&bare->get);
    if (bare->target == NULL)
        return fail(bare, TASK_STATUS_CURL + TASK_CURL_URL_MALFORMAT);
    bare->connection = step->fresh ? &bare->own : &bare->kept[bare->target->server];
    return start(bare);
}

enum http_bare_needs http_bare_go_on(struct http_bare *bare)
{
    switch (bare->state) {
    case HTTP_BARE_CONNECTING:
        return connected(bare);
    case HTTP_BARE_SENDING:
        return send_rest(bare);
    default:
        return receive(bare);
    }
}

// Before each read that blocks. A first one of a kept-open connection has the whole time: the request went out at once. So an
// answer that comes in one piece costs no system call for its limit.
static void limit_read(struct http_bare *bare)
{
    bool whole = bare->reused && !bare->any;
    uint64_t limit_ns = whole ? bare->get.timeout_ns : left_ns(bare);

    if (limit_ns != bare->connection->limit_ns)
        limit_waits(bare->connection, SO_RCVTIMEO, limit_ns);
}

static int perform(struct http_get *get, const struct step *step, uint32_t *check)
{
    struct http_bare *bare = http_bare_of(get);
    enum http_bare_needs needs;

    bare->deadline_ns = get->timeout_ns > 0 ? clock_now_ns() + get->timeout_ns : 0;
    needs = http_bare_begin(bare, step);
    while (needs != HTTP_BARE_ENDED) {
        if (bare->deadline_ns > 0)
            limit_read(bare);
        needs = http_bare_go_on(bare);
    }
    *check += bare->check;
    return bare->result;
}

void http_bare_disconnect(struct http_bare *bare)
{
    http_bare_close(bare, &bare->own);
    for (unsigned i = 0; i < bare->targets->server_count; i++)
        http_bare_close(bare, &bare->kept[i]);
}

static void destroy(struct http_get *get)
{
    http_bare_disconnect(http_bare_of(get));
    free(get);
}

static int make(struct trial *trial, struct http_get **ret_get)
{
    unsigned servers = trial->http_targets->server_count;
    struct http_bare *bare = calloc(1, sizeof *bare + servers * sizeof bare->kept[0]);

    if (bare == NULL)
        return -ENOMEM;
    http_get_init(&bare->get, trial);
    bare->targets = trial->http_targets;
    bare->own.fd = -1;
    for (unsigned i = 0; i < servers; i++)
        bare->kept[i].fd = -1;
    *ret_get = &bare->get;
    return 0;
}

static int load(struct trial *trial)
{
    return http_targets_open(trial, &trial->http_targets);
}

static void unload(struct trial *trial)
{
    http_targets_close(trial->http_targets);
    trial->http_targets = NULL;
}

const struct http_engine http_engine_bare = {
    .load = load,
    .unload = unload,
    .make = make,
    .destroy = destroy,
    .perform = perform,
};
