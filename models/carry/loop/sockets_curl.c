// SPDX-License-Identifier: MIT
// libcurl's multi interface on libuv. It differs from curl's own example (multi-uv.c) where that one is slow or loses
// events:
// - Descriptors are watched lazily: when curl takes back its interest in a socket and then asks again for the same events,
//   as it does with every request on a kept-open connection, the uv_poll stays as it is. That saves two epoll_ctl a request.
// - A zero timeout means "now": all multis with something to start are kicked once before the loop polls.
// - Completions are collected after every call into curl, whatever the reason of the call was.
// - curl opens and closes its connections through us, so that a watch is never taken for that of another descriptor with the
//   same number. Those that were still connecting it closes itself (7.88), and those it looks up names with: their watches
//   are stopped as soon as they are not wanted, and what is left of them when the number comes again.
// - curl may forget the time limit of a transfer: each fetch has ours as well (fetch_limit.h).
#include "models/carry/loop/fetch_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure/base/libcurl.h"
#include "models/carry/http_curl.h"
#include "models/carry/loop/fetch_limit.h"
#include "models/carry/loop/reactor.h"
#include "models/carry/loop/sockets_curl_watch.h"

// One multi handle gets slower per request beyond some 250 transfers (56,000/s at 1000 lanes against 74,500/s with 16
// handles of 62): above that, lanes are spread.
#define LANES_OF_ONE_MULTI 250
#define LANES_PER_MULTI 62

struct multi {
    CURLM *handle;
    uv_timer_t timer;
    struct reactor *reactor;
    struct multi *next_kicked;
    bool kicked;
};

struct reactor_sockets {
    struct multi *multis;
    unsigned count, opened;
    struct multi *kicked; // to be called with a timeout before the next poll
    struct curl_watches watches;
    uint64_t completions;
};

static struct reactor_sockets *sockets_of(const struct http_curl *curl)
{
    return curl->get.reactor->sockets;
}

static void kick(struct multi *multi)
{
    struct reactor_sockets *sockets = multi->reactor->sockets;

    if (multi->kicked)
        return;
    multi->kicked = true;
    multi->next_kicked = sockets->kicked;
    sockets->kicked = multi;
}

// Transfers that curl or libuv has no memory or descriptors for would never be heard of again: the trial ends. (A socket
// callback's -1 is no way out: libcurl 7.88 crashes on the transfers that have no connection yet.)
static void give_up(struct reactor *reactor, const char *why)
{
    reactor->broken = trial_fail(reactor->trial, -ENOMEM, "cannot watch a connection: %s", why);
}

static void start(struct multi *multi, CURL *easy)
{
    if (libcurl.multi_add_handle(multi->handle, easy) != CURLM_OK)
        give_up(multi->reactor, "libcurl is out of memory");
    kick(multi);
}

static void finish(struct http_curl *curl, int curl_code)
{
    struct http_get *get = &curl->get;

    sockets_of(curl)->completions++;
    fetch_limit_end(get->limit);
    get->check = 0;
    get->done(get, http_curl_finish(curl, curl_code, &get->check));
}

static void collect(struct multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = libcurl.multi_info_read(multi->handle, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        int code = (int)message->data.result;
        struct http_curl *curl;

        if (message->msg != CURLMSG_DONE)
            continue;
        libcurl.easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&curl);
        libcurl.multi_remove_handle(multi->handle, easy);
        if (http_curl_again(curl, code))
            start(multi, easy);
        else
            finish(curl, code);
    }
}

static void call_curl(struct multi *multi, curl_socket_t fd, int flags)
{
    CURLMcode code;
    int running;

    code = libcurl.multi_socket_action(multi->handle, fd, flags, &running);
    if (code != CURLM_OK)
        give_up(multi->reactor, libcurl.multi_strerror(code));
    collect(multi);
}

static void on_timer(uv_timer_t *timer)
{
    call_curl(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timeout(CURLM *handle, long timeout_ms, void *user)
{
    struct multi *multi = user;

    if (timeout_ms == 0) {
        uv_timer_stop(&multi->timer);
        kick(multi); // not from here: curl must not be called from its own callbacks
    } else if (timeout_ms < 0) {
        uv_timer_stop(&multi->timer);
    } else {
        uv_update_time(&multi->reactor->loop); // uv_timer counts from the loop's cached clock
        uv_timer_start(&multi->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

static void arm(struct curl_watch *watch);

// libuv stops watching a descriptor with an error, and curl tells only of changes.
static void arm_again(struct reactor_sockets *sockets, struct curl_watch *watch, int fd)
{
    if (sockets->watches.of[fd] == watch && watch->armed == 0 && watch->wanted != 0)
        arm(watch);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct curl_watch *watch = poll->data;
    int flags = 0, fd = watch->fd;

    // An idle connection moved, mostly because the server closed it: nobody reads it now, so stop being told.
    if (watch->wanted == 0 || status < 0)
        curl_watch_disarm(watch);
    if (watch->wanted == 0)
        return;
    // Not as an error of curl's: it then gives the transfer up, while reading or writing tells it what happened, after
    // which it may send the request again.
    if (status < 0 || (events & UV_READABLE) != 0)
        flags |= CURL_CSELECT_IN;
    if (status < 0 || (events & UV_WRITABLE) != 0)
        flags |= CURL_CSELECT_OUT;
    call_curl(watch->multi, fd, flags);
    arm_again(watch->multi->reactor->sockets, watch, fd);
}

static void arm(struct curl_watch *watch)
{
    int err = uv_poll_start(&watch->poll, watch->wanted, on_poll);

    watch->armed = watch->wanted;
    if (err != 0)
        give_up(watch->multi->reactor, uv_strerror(err));
}

static struct curl_watch *watch_of(struct reactor *reactor, int fd)
{
    struct reactor_sockets *sockets = reactor->sockets;

    return curl_watch_of(&sockets->watches, &reactor->loop, fd);
}

// Else curl may have closed it already.
static bool may_be_kept_open(const struct curl_watch *watch)
{
    return watch->opened && (watch->armed & UV_WRITABLE) == 0;
}

static void forget(struct curl_watch *watch)
{
    watch->opened = false;
    curl_watch_disarm(watch);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_data)
{
    struct multi *multi = user;
    struct curl_watch *watch = watch_of(multi->reactor, fd);
    int events = 0;

    if (watch == NULL) {
        give_up(multi->reactor, "out of memory");
        return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= UV_READABLE;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= UV_WRITABLE;
    watch->multi = multi;
    watch->wanted = events;
    if (events != 0 && events != watch->armed)
        arm(watch);
    else if (events == 0 && !may_be_kept_open(watch))
        forget(watch);
    return 0;
}

static curl_socket_t on_curl_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_curl *curl = user;
    int fd = http_curl_socket(curl, address);
    struct curl_watch *watch = fd >= 0 ? watch_of(curl->get.reactor, fd) : NULL;

    if (watch == NULL)
        return fd; // on_curl_socket() tells
    watch->opened = true;
    curl_watch_disarm(watch);
    // Where a transfer goes on to the next address, curl may have closed one socket, opened this one with the same number,
    // and want the same events as before, without a word.
    if (watch->wanted != 0)
        arm(watch);
    return fd;
}

static int on_curl_close(void *user, curl_socket_t fd)
{
    const struct reactor *reactor = user;
    struct reactor_sockets *sockets = reactor->sockets;

    curl_watch_close(&sockets->watches, fd);
    return close(fd);
}

static int open_multi(struct reactor *reactor, struct multi *multi, long lanes)
{
    multi->reactor = reactor;
    multi->handle = libcurl.multi_init();
    if (multi->handle == NULL)
        return -ENOMEM;
    uv_timer_init(&reactor->loop, &multi->timer);
    multi->timer.data = multi;
    libcurl.multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    libcurl.multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
    libcurl.multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, on_curl_timeout);
    libcurl.multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
    // Else curl would close connections it could keep: of each lane a plain one and one with TLS, and it counts the one that
    // a fetch has for itself. MAX_HOST_CONNECTIONS stays 0: the lanes are the limit, and its queues are quadratic.
    libcurl.multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, 3 * lanes);
    return 0;
}

static int open_sockets(struct reactor *reactor, uint32_t lanes, uint32_t handles)
{
    unsigned count = lanes <= LANES_OF_ONE_MULTI ? 1 : (lanes + LANES_PER_MULTI - 1) / LANES_PER_MULTI;
    struct reactor_sockets *sockets = calloc(1, sizeof *sockets);

    reactor->sockets = sockets;
    if (sockets != NULL)
        sockets->multis = calloc(count, sizeof *sockets->multis);
    if (sockets == NULL || sockets->multis == NULL)
        return trial_fail(reactor->trial, -ENOMEM, "out of memory");
    sockets->count = count;
    for (; sockets->opened < count; sockets->opened++) {
        if (open_multi(reactor, &sockets->multis[sockets->opened], (long)(handles / count) + 1) != 0)
            return trial_fail(reactor->trial, -ENOMEM, "out of memory for an HTTP engine");
    }
    return 0;
}

static void close_sockets(struct reactor *reactor)
{
    struct reactor_sockets *sockets = reactor->sockets;

    if (sockets == NULL)
        return;
    for (unsigned i = 0; i < sockets->opened; i++) {
        libcurl.multi_cleanup(sockets->multis[i].handle); // closes the connections, through on_curl_close
        uv_close((uv_handle_t *)&sockets->multis[i].timer, NULL);
    }
    curl_watches_close(&sockets->watches);
    uv_run(&reactor->loop, UV_RUN_NOWAIT); // the timers are closed before their memory goes
    free(sockets->multis);
    free(sockets);
    reactor->sockets = NULL;
}

static bool kick_all(struct reactor *reactor)
{
    struct reactor_sockets *sockets = reactor->sockets;
    uint64_t before = sockets->completions;
    struct multi *multi = sockets->kicked;

    // Whatever is kicked meanwhile waits for the next turn, so that a fetch that fails at once cannot starve the loop.
    sockets->kicked = NULL;
    while (multi != NULL) {
        struct multi *next = multi->next_kicked;

        multi->kicked = false;
        call_curl(multi, CURL_SOCKET_TIMEOUT, 0);
        multi = next;
    }
    return sockets->completions != before || sockets->kicked != NULL || reactor->broken != 0;
}

static void abandon(struct http_get *get, bool tell)
{
    struct http_curl *curl = http_curl_of(get);

    libcurl.multi_remove_handle(sockets_of(curl)->multis[curl->multi].handle, curl->easy);
    if (tell)
        finish(curl, CURLE_OPERATION_TIMEDOUT);
    else
        http_curl_give_up(curl);
}

static void assign(struct http_get *get, uint32_t lane)
{
    struct http_curl *curl = http_curl_of(get);

    curl->multi = lane % sockets_of(curl)->count;
    libcurl.easy_setopt(curl->easy, CURLOPT_OPENSOCKETFUNCTION, on_curl_open);
    libcurl.easy_setopt(curl->easy, CURLOPT_OPENSOCKETDATA, curl);
    libcurl.easy_setopt(curl->easy, CURLOPT_CLOSESOCKETFUNCTION, on_curl_close);
    libcurl.easy_setopt(curl->easy, CURLOPT_CLOSESOCKETDATA, get->reactor);
}

static void fetch(struct http_get *get, const struct step *step)
{
    struct http_curl *curl = http_curl_of(get);

    http_curl_prepare(curl, step);
    start(&sockets_of(curl)->multis[curl->multi], curl->easy);
}

const struct fetch_loop fetch_loop_curl = {
    .open = open_sockets,
    .close = close_sockets,
    .kick = kick_all,
    .assign = assign,
    .fetch = fetch,
    .abandon = abandon,
    .grace_ns = 2 * NS_PER_MS, // libcurl is to have the first word
};
