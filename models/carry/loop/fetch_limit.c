// SPDX-License-Identifier: MIT
#include "models/carry/loop/fetch_limit.h"

#include "models/carry/http_get.h"
#include "models/carry/loop/reactor.h"
#include "models/carry/queue.h"

static void await(struct fetch_limit *limit)
{
    limit->awaited = true;
    (void)timers_add(&limit->get->reactor->timers, limit->deadline_ns, &limit->entry); // reserved
}

static void on_time(struct timer_entry *entry)
{
    struct fetch_limit *limit = CONTAINER_OF(entry, struct fetch_limit, entry);

    limit->awaited = false;
    if (limit->deadline_ns > clock_now_ns())
        await(limit);
    else if (limit->deadline_ns > 0)
        reactor_time_out(limit->get);
}

void fetch_limit_init(struct fetch_limit *limit, struct http_get *get, uint64_t grace_ns)
{
    *limit = (struct fetch_limit){.entry.fire = on_time, .get = get, .grace_ns = grace_ns};
}

void fetch_limit_begin(struct fetch_limit *limit)
{
    if (limit->get->timeout_ns == 0)
        return;
    limit->deadline_ns = clock_now_ns() + limit->get->timeout_ns + limit->grace_ns;
    if (!limit->awaited)
        await(limit);
}

void fetch_limit_end(struct fetch_limit *limit)
{
    limit->deadline_ns = 0;
}
