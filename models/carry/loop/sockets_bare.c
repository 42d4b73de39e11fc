// SPDX-License-Identifier: MIT
// The bare client on libuv: a uv_poll for each connection, on the loop and with the timers that libcurl's sockets have too. A connection
// is watched for reading as long as it is there, so that a fetch on one that was kept open costs no epoll_ctl.
#include <errno.h>
#include <stdlib.h>

#include "measure/base/task_status.h"
#include "models/carry/http_bare.h"
#include "models/carry/loop/fetch_limit.h"
#include "models/carry/loop/fetch_loop.h"
#include "models/carry/loop/reactor.h"

struct watch {
    uv_poll_t poll;
    struct http_bare *bare;
    struct http_connection *connection;
    int armed; // events that it is watched for
};

// Those that ended before they had to wait, in their order.
struct ended {
    struct http_bare *first, **last;
    uint32_t count;
};

static void finish(struct http_bare *bare)
{
    struct http_get *get = &bare->get;

    fetch_limit_end(get->limit);
    get->check = bare->check;
    get->done(get, bare->result);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void arm(struct http_bare *bare, enum http_bare_needs needs)
{
    struct watch *watch = bare->connection->watch;
    int wanted = needs == HTTP_BARE_WRITE ? UV_WRITABLE : UV_READABLE;
    int err;

    if (watch->armed == wanted)
        return;
    err = uv_poll_start(&watch->poll, wanted, on_poll);
    watch->armed = wanted;
    if (err != 0)
        bare->get.reactor->broken = trial_fail(bare->get.reactor->trial, -ENOMEM, "cannot watch a connection: %s",
                                               uv_strerror(err));
}

// Told of an error libuv stops watching; reading or writing then tells which it is.
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct http_bare *bare = watch->bare;
    enum http_bare_needs needs;

    if (status < 0)
        watch->armed = 0;
    if (bare->connection != watch->connection) { // the server has closed it, or says what nobody asked for
        http_bare_close(bare, watch->connection);
        return;
    }
    needs = http_bare_go_on(bare);
    if (needs == HTTP_BARE_ENDED)
        finish(bare);
    else
        arm(bare, needs);
}

static int on_opened(struct http_bare *bare, struct http_connection *connection)
{
    struct watch *watch = calloc(1, sizeof *watch);
    int err = watch != NULL ? uv_poll_init(&bare->get.reactor->loop, &watch->poll, connection->fd) : -ENOMEM;

    if (err != 0) {
        free(watch);
        return err;
    }
    watch->poll.data = watch;
    watch->bare = bare;
    watch->connection = connection;
    connection->watch = watch;
    return 0;
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_closing(struct http_connection *connection)
{
    struct watch *watch = connection->watch;

    uv_poll_stop(&watch->poll); // before the descriptor is closed, whose number may come again
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static int open_sockets(struct reactor *reactor, uint32_t lanes, uint32_t handles)
{
    struct ended *ended = calloc(1, sizeof *ended);

    reactor->sockets = ended;
    if (ended == NULL)
        return trial_fail(reactor->trial, -ENOMEM, "out of memory");
    ended->last = &ended->first;
    return 0;
}

static void close_sockets(struct reactor *reactor)
{
    for (uint32_t i = 0; i < reactor->assigned; i++)
        http_bare_disconnect(http_bare_of(reactor->limits[i].get));
    free(reactor->sockets);
    reactor->sockets = NULL;
}

static void take_out(struct ended *ended, struct http_bare *bare)
{
    struct http_bare **at = &ended->first;

    while (*at != bare)
        at = &(*at)->next_ended;
    *at = bare->next_ended;
    if (*at == NULL)
        ended->last = at;
    ended->count--;
    bare->ended_at_once = false;
}

// What ends at once meanwhile waits for the next turn, so that it cannot starve the loop.
static bool kick(struct reactor *reactor)
{
    struct ended *ended = reactor->sockets;
    uint32_t count = ended->count;

    for (uint32_t i = 0; i < count && ended->first != NULL; i++) {
        struct http_bare *bare = ended->first;

        take_out(ended, bare);
        finish(bare);
    }
    return count > 0 || reactor->broken != 0;
}

static void assign(struct http_get *get, uint32_t lane)
{
    struct http_bare *bare = http_bare_of(get);

    bare->opened = on_opened;
    bare->closing = on_closing;
}

static void fetch(struct http_get *get, const struct step *step)
{
    struct http_bare *bare = http_bare_of(get);
    enum http_bare_needs needs = http_bare_begin(bare, step);
    struct ended *ended = get->reactor->sockets;

    if (needs != HTTP_BARE_ENDED) {
        arm(bare, needs);
        return;
    }
    bare->ended_at_once = true;
    bare->next_ended = NULL;
    *ended->last = bare;
    ended->last = &bare->next_ended;
    ended->count++;
}

static void abandon(struct http_get *get, bool tell)
{
    struct http_bare *bare = http_bare_of(get);

    if (bare->ended_at_once)
        take_out(get->reactor->sockets, bare);
    http_bare_break_off(bare);
    if (!tell)
        return;
    bare->check = 0;
    bare->result = TASK_STATUS_CURL + TASK_CURL_OPERATION_TIMEDOUT;
    finish(bare);
}

const struct fetch_loop fetch_loop_bare = {
    .open = open_sockets,
    .close = close_sockets,
    .kick = kick,
    .assign = assign,
    .fetch = fetch,
    .abandon = abandon,
};
