// SPDX-License-Identifier: MIT
#include "models/reactor.h"

#include <string.h>

int reactor_open(struct reactor *reactor, struct trial *trial, uint32_t lanes)
{
    int err = uv_loop_init(&reactor->loop);

    reactor->trial = trial;
    if (err != 0)
        return trial_fail(trial, err, "cannot make an event loop: %s", uv_strerror(err));
    reactor->loop_open = true;
    err = timers_open(&reactor->timers, &reactor->loop);
    if (err != 0)
        return trial_fail(trial, err, "cannot make a timer: %s", strerror(-err));
    reactor->timers_open = true;
    err = timers_reserve(&reactor->timers, lanes);
    if (err != 0)
        return trial_fail(trial, err, "out of memory for %u timers", lanes);
    return trial->kinds & STEP_BIT(STEP_FETCH) ? sockets_open(reactor, lanes) : 0;
}

void reactor_close(struct reactor *reactor)
{
    if (!reactor->loop_open)
        return;
    sockets_close(reactor);
    if (reactor->timers_open)
        timers_close(&reactor->timers);
    uv_run(&reactor->loop, UV_RUN_DEFAULT); // until every handle's close callback has run
    uv_loop_close(&reactor->loop);
    reactor->loop_open = false;
}

void reactor_sleep(struct reactor *reactor, uint64_t ns, struct timer_entry *entry)
{
    (void)timers_add(&reactor->timers, clock_now_ns() + ns, entry);
}

int reactor_turn(struct reactor *reactor, bool may_block)
{
    if (reactor->sockets != NULL && sockets_kick(reactor))
        may_block = false;
    timers_arm(&reactor->timers);
    uv_run(&reactor->loop, may_block ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    return reactor->broken;
}
