// SPDX-License-Identifier: MIT
#include "measure/base/timers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "measure/base/clock.h"

// Four children per node: half the levels of a binary heap, and the children lie side by side in 64 bytes.
#define HEAP_ARITY 4
#define HEAP_FIRST_CAPACITY 64

#define UNARMED UINT64_MAX

static void heap_insert(struct timers *timers, struct timers_heap_node node)
{
    struct timers_heap_node *nodes = timers->nodes;
    size_t at = timers->count++;

    while (at > 0) {
        const size_t parent = (at - 1) / HEAP_ARITY;

        if (nodes[parent].deadline_ns <= node.deadline_ns)
            break;
        nodes[at] = nodes[parent];
        at = parent;
    }
    nodes[at] = node;
}

// The earliest of the children that start at `first`, which exists.
static size_t heap_least_child(const struct timers *timers, size_t first)
{
    const size_t end = timers->count - first < HEAP_ARITY ? timers->count : first + HEAP_ARITY;
    size_t least = first;

    for (size_t i = first + 1; i < end; i++)
        if (timers->nodes[i].deadline_ns < timers->nodes[least].deadline_ns)
            least = i;
    return least;
}

// Takes out the node at `at`: the last one is put into its place, and moved down to where it belongs.
static void heap_remove(struct timers *timers, size_t at)
{
    struct timers_heap_node *nodes = timers->nodes;
    const struct timers_heap_node last = nodes[--timers->count];

    while (HEAP_ARITY * at + 1 < timers->count) {
        const size_t child = heap_least_child(timers, HEAP_ARITY * at + 1);

        if (last.deadline_ns <= nodes[child].deadline_ns)
            break;
        nodes[at] = nodes[child];
        at = child;
    }
    nodes[at] = last;
}

static struct timer_entry *heap_take(struct timers *timers)
{
    struct timer_entry *entry = timers->nodes[0].entry;

    heap_remove(timers, 0);
    return entry;
}

int timers_reserve(struct timers *timers, size_t count)
{
    struct timers_heap_node *nodes;

    if (count <= timers->capacity)
        return 0;
    if (count > SIZE_MAX / sizeof *nodes)
        return -ENOMEM;
    nodes = realloc(timers->nodes, count * sizeof *nodes);
    if (!nodes)
        return -ENOMEM;
    timers->nodes = nodes;
    timers->capacity = count;
    return 0;
}

int timers_add(struct timers *timers, uint64_t deadline_ns, struct timer_entry *entry)
{
    if (timers->count == timers->capacity) {
        const int err = timers_reserve(timers, timers->count > 0 ? 2 * timers->count : HEAP_FIRST_CAPACITY);

        if (err < 0)
            return err;
    }
    heap_insert(timers, (struct timers_heap_node){.deadline_ns = deadline_ns, .entry = entry});
    return 0;
}

// The one that takes its place in the heap may be due before those above it: what is above goes down first, to the root.
void timers_forget(struct timers *timers, const struct timer_entry *entry)
{
    size_t at = 0;

    while (timers->nodes[at].entry != entry)
        at++;
    for (; at > 0; at = (at - 1) / HEAP_ARITY)
        timers->nodes[at] = timers->nodes[(at - 1) / HEAP_ARITY];
    heap_remove(timers, 0);
}

size_t timers_fire_due(struct timers *timers, uint64_t now_ns, size_t limit)
{
    size_t fired = 0;

    while (fired < limit && timers->count > 0 && timers->nodes[0].deadline_ns <= now_ns) {
        struct timer_entry *entry = heap_take(timers);

        entry->fire(entry);
        fired++;
    }
    return fired;
}

// No more than slept at the start: whoever sleeps again for no time at all must not keep the loop from its sockets.
static void fire_and_arm(struct timers *timers)
{
    timers_fire_due(timers, clock_now_ns(), timers->count);
    timers_arm(timers);
}

// The timerfd is not read: setting it anew takes its expirations back, and as long as it is set to a time that has
// passed it stays readable, which is right, for then something is still due. One system call instead of two.
static void on_timerfd(uv_poll_t *poll, int status, int events)
{
    fire_and_arm(poll->data);
}

static void on_uv_timer(uv_timer_t *timer)
{
    struct timers *timers = timer->data;

    timers->armed_ns = UNARMED;
    fire_and_arm(timers);
}

static void arm_timerfd(struct timers *timers, uint64_t deadline_ns)
{
    struct itimerspec spec = {0};

    if (deadline_ns == UNARMED) {
        uv_unref((uv_handle_t *)&timers->poll);
    } else {
        // All zeros would disarm; the first nanosecond since boot is as much in the past.
        const uint64_t at_ns = deadline_ns > 0 ? deadline_ns : 1;

        spec.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
        spec.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
        uv_ref((uv_handle_t *)&timers->poll);
    }
    timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

// libuv's milliseconds are those of CLOCK_MONOTONIC, rounded down: it fires once they have reached the deadline,
// rounded up.
static void arm_uv_timer(struct timers *timers, uint64_t deadline_ns)
{
    const uint64_t deadline_ms = deadline_ns / NS_PER_MS + (deadline_ns % NS_PER_MS != 0);
    uint64_t now_ms;

    if (deadline_ns == UNARMED) {
        uv_timer_stop(&timers->timer);
        return;
    }
    uv_update_time(timers->timer.loop);
    now_ms = uv_now(timers->timer.loop);
    uv_timer_start(&timers->timer, on_uv_timer, deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
}

void timers_arm(struct timers *timers)
{
    const uint64_t earliest_ns = timers->count > 0 ? timers->nodes[0].deadline_ns : UNARMED;

    if (earliest_ns == timers->armed_ns)
        return;
    if (timers->fd >= 0)
        arm_timerfd(timers, earliest_ns);
    else
        arm_uv_timer(timers, earliest_ns);
    timers->armed_ns = earliest_ns;
}

// 0, or -errno where this kernel or process has no timerfd to give or epoll does not take it.
static int open_timerfd(struct timers *timers, uv_loop_t *loop)
{
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int err;

    if (fd < 0)
        return -errno;
    err = uv_poll_init(loop, &timers->poll, fd);
    if (err < 0) {
        close(fd);
        return err;
    }
    timers->fd = fd;
    timers->poll.data = timers;
    uv_poll_start(&timers->poll, UV_READABLE, on_timerfd);
    uv_unref((uv_handle_t *)&timers->poll);
    return 0;
}

int timers_open(struct timers *timers, uv_loop_t *loop)
{
    *timers = (struct timers){.fd = -1, .armed_ns = UNARMED};
    if (open_timerfd(timers, loop) == 0)
        return 0;
    timers->timer.data = timers;
    return uv_timer_init(loop, &timers->timer);
}

void timers_close(struct timers *timers)
{
    if (timers->fd >= 0) {
        // In this order: libuv takes the descriptor out of its epoll set, and aborts if it has gone by then.
        uv_close((uv_handle_t *)&timers->poll, NULL);
        close(timers->fd);
        timers->fd = -1;
    } else {
        uv_close((uv_handle_t *)&timers->timer, NULL);
    }
    free(timers->nodes);
    timers->nodes = NULL;
    timers->count = timers->capacity = 0;
}
