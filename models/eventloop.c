// SPDX-License-Identifier: MIT
// Callbacks on one thread.
#include "models/carry/http_get.h"
#include "models/carry/loop/callbacks.h"
#include "models/carry/loop/loop_alone.h"
#include "models/model.h"

static int eventloop_open(struct trial *trial)
{
    return loop_alone_open(trial, &callback_loop_kind);
}

const struct model model_eventloop = {
    .name = "eventloop",
    .kin = "Twisted, Node: callbacks",
    .also = "nodejs, libuv, reactor, callback",
    .group = "Event loops",
    .summary = "one thread, one event loop, callbacks",
    .about =
        "One thread with an event loop (libuv). A task that must wait registers a callback and returns; the loop runs "
        "whatever is ready next. So one thread keeps thousands of tasks in flight, at a few dozen bytes each and without a "
        "switch through the kernel. But a task that computes, or calls something that blocks, stops all others, and a "
        "second core is never used. Written in this style a program becomes a set of callbacks. Twisted and Node.js work "
        "so.",
    .example = "ccbench --model=threads,eventloop --workload=sleep:50ms --tasks=1000 --concurrency=1000",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .open = eventloop_open,
    .run = loop_alone_run,
    .close = loop_alone_close,
};
