// SPDX-License-Identifier: MIT
#include "models/carry/loop/reactor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/carry/loop/fetch_limit.h"
#include "models/carry/loop/fetch_loop.h"
#include "models/carry/loop/file_read.h"
#include "models/carry/queue.h"

static struct reactor *reactor_of_arrival(struct timer_entry *entry)
{
    return CONTAINER_OF(entry, struct reactor, arrival);
}

// That the turn ends is all: the loop then looks for itself which tasks have arrived.
static void on_arrival(struct timer_entry *entry)
{
    reactor_of_arrival(entry)->awaits_arrival = false;
}

static int open_remote(struct reactor *reactor)
{
    int err = mpsc_queue_open(&reactor->remote, &reactor->loop);

    if (err != 0)
        return trial_fail(reactor->trial, err, "cannot wake an event loop: %s", uv_strerror(err));
    reactor->mpsc_queue_open = true;
    reactor->home = &reactor->remote;
    return 0;
}

static int open_timers(struct reactor *reactor, uint32_t lanes)
{
    int err = timers_open(&reactor->timers, &reactor->loop);

    if (err != 0)
        return trial_fail(reactor->trial, err, "cannot make a timer: %s", strerror(-err));
    reactor->timers_open = true;
    reactor->arrival.fire = on_arrival;
    // Each sleep and fetch, of children too, and the next arrival.
    err = timers_reserve(&reactor->timers, 2 * (size_t)lanes * (1 + (size_t)reactor->trial->children) + 1);
    return err != 0 ? trial_fail(reactor->trial, err, "out of memory for %u timers", lanes) : 0;
}

static const struct fetch_loop *const fetch_loops[HTTP_CLIENTS] = {
#ifdef CCBENCH_HAVE_CURL
    [HTTP_LIBCURL] = &fetch_loop_curl,
#else
    [HTTP_LIBCURL] = NULL,
#endif
#ifdef CCBENCH_HAVE_HTTP_MESSAGE
    [HTTP_BARE] = &fetch_loop_bare,
#endif
};

// A lane has one handle, and of its task's children each that fetches.
static int open_fetches(struct reactor *reactor, uint32_t lanes)
{
    struct trial *trial = reactor->trial;
    uint32_t handles = lanes * (trial->children == 0 ? 1 : 1 + trial->connections);

    reactor->limits = calloc(handles, sizeof *reactor->limits);
    if (reactor->limits == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    reactor->fetches = fetch_loops[trial->client];
    return reactor->fetches->open(reactor, lanes, handles);
}

int reactor_open(struct reactor *reactor, struct trial *trial, const struct share *share)
{
    int err;

    reactor->trial = trial;
    reactor->polled = (trial->kinds & (STEP_BIT(STEP_FETCH) | STEP_BIT(STEP_READ))) != 0;
    if (share->alone) // else it has been done before there were several
        file_pool_prepare(trial);
    err = uv_loop_init(&reactor->loop);
    if (err != 0)
        return trial_fail(trial, err, "cannot make an event loop: %s", uv_strerror(err));
    reactor->loop_open = true;
    err = file_pool_open(trial, &reactor->loop);
    if (err != 0)
        return trial_fail(trial, err, "cannot start the threads that read: %s", uv_strerror(err));
    err = open_timers(reactor, share->lanes);
    if (err == 0 && !share->alone)
        err = open_remote(reactor);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_FETCH))
        err = open_fetches(reactor, share->lanes);
    return err;
}

static void close_gets(struct reactor *reactor)
{
    while (reactor->made != NULL) {
        struct http_get *get = reactor->made;

        reactor->made = get->next_made;
        http_get_close(get);
    }
    reactor->spare = NULL;
}

void reactor_close(struct reactor *reactor)
{
    if (!reactor->loop_open)
        return;
    reactor->closing = true;
    if (reactor->timers_open) // first: no entry is to fire any more, for its lane may have gone
        timers_close(&reactor->timers);
    if (reactor->sockets != NULL)
        reactor->fetches->close(reactor);
    close_gets(reactor);
    if (reactor->mpsc_queue_open)
        mpsc_queue_close(&reactor->remote);
    uv_run(&reactor->loop, UV_RUN_DEFAULT); // until every handle's close callback has run, and every read has ended
    uv_loop_close(&reactor->loop);
    free(reactor->limits);
    reactor->limits = NULL;
    reactor->loop_open = false;
}

void reactor_stop(struct reactor *reactor)
{
    if (reactor->home != NULL)
        mpsc_queue_stop(reactor->home);
}

void reactor_sleep(struct reactor *reactor, uint64_t ns, struct timer_entry *entry)
{
    (void)timers_add(&reactor->timers, clock_now_ns() + ns, entry);
}

void reactor_forget(struct reactor *reactor, struct timer_entry *entry)
{
    timers_forget(&reactor->timers, entry);
}

void reactor_assign(struct reactor *reactor, struct http_get *get, uint32_t lane)
{
    get->reactor = reactor;
    get->limit = &reactor->limits[reactor->assigned++];
    fetch_limit_init(get->limit, get, reactor->fetches->grace_ns);
    reactor->fetches->assign(get, lane);
}

void reactor_fetch(struct reactor *reactor, struct http_get *get, const struct step *step)
{
    fetch_limit_begin(get->limit);
    reactor->fetches->fetch(get, step);
}

void reactor_give_up(struct http_get *get)
{
    fetch_limit_end(get->limit);
    get->reactor->fetches->abandon(get, false);
}

void reactor_time_out(struct http_get *get)
{
    get->reactor->fetches->abandon(get, true);
}

struct http_get *reactor_take_get(struct reactor *reactor)
{
    struct http_get *get = reactor->spare;

    if (get != NULL) {
        reactor->spare = get->next_spare;
        return get;
    }
    get = http_get_new(reactor->trial);
    if (get == NULL)
        return NULL;
    reactor_assign(reactor, get, reactor->made_count++);
    get->next_made = reactor->made;
    reactor->made = get;
    return get;
}

void reactor_put_get(struct reactor *reactor, struct http_get *get)
{
    get->next_spare = reactor->spare;
    reactor->spare = get;
}

// One that is among the timers already is not later than the next arrival: tasks are claimed in the order in which they
// arrive. If another loop has claimed that one, the turn ends for nothing, and the next one awaits the next.
bool reactor_await_arrival(struct reactor *reactor)
{
    uint64_t next_ns = trial_next_arrival_ns(reactor->trial);

    if (reactor->awaits_arrival)
        return true;
    if (next_ns == UINT64_MAX)
        return false;
    reactor->awaits_arrival = true;
    (void)timers_add(&reactor->timers, next_ns, &reactor->arrival);
    return true;
}

// Whether a poll that does not block could come to anything.
static bool may_have_happened(const struct reactor *reactor)
{
    return reactor->polled || (reactor->timers.count > 0 && timers_next_ns(&reactor->timers) <= clock_now_ns());
}

int reactor_turn(struct reactor *reactor, bool may_block)
{
    if (reactor->sockets != NULL && reactor->fetches->kick(reactor))
        may_block = false;
    timers_arm(&reactor->timers);
    if (reactor->home != NULL && may_block)
        may_block = mpsc_queue_may_sleep(reactor->home);
    if (may_block || may_have_happened(reactor))
        uv_run(&reactor->loop, may_block ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    if (reactor->home != NULL) {
        mpsc_queue_drain(reactor->home);
        if (reactor->broken == 0 && atomic_load_explicit(&reactor->home->stopped, memory_order_relaxed))
            reactor->broken = -ECANCELED;
    }
    return reactor->broken;
}
