// SPDX-License-Identifier: MIT
#include "measure/base/timers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "measure/base/clock.h"

// Four children per node: half the levels of a binary heap, and the children lie side by side in 64 bytes.
#define HEAP_ARITY 4
#define FIRST_CAPACITY 64

#define UNARMED UINT64_MAX

static void heap_insert(struct timers *timers, struct timers_node node)
{
    struct timers_node *heap = timers->heap;
    size_t at = timers->heap_count++;

    while (at > 0) {
        const size_t parent = (at - 1) / HEAP_ARITY;

        if (heap[parent].deadline_ns <= node.deadline_ns)
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = node;
}

// The earliest of the children that start at `first`, which exists.
static size_t heap_least_child(const struct timers *timers, size_t first)
{
    const size_t end = timers->heap_count - first < HEAP_ARITY ? timers->heap_count : first + HEAP_ARITY;
    size_t least = first;

    for (size_t i = first + 1; i < end; i++)
        if (timers->heap[i].deadline_ns < timers->heap[least].deadline_ns)
            least = i;
    return least;
}

// Takes out the node at `at`: the last one is put into its place, and moved down to where it belongs.
static void heap_remove(struct timers *timers, size_t at)
{
    struct timers_node *heap = timers->heap;
    const struct timers_node last = heap[--timers->heap_count];

    while (HEAP_ARITY * at + 1 < timers->heap_count) {
        const size_t child = heap_least_child(timers, HEAP_ARITY * at + 1);

        if (last.deadline_ns <= heap[child].deadline_ns)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
}

// The one that takes its place in the heap may be due before those above it: what is above goes down first, to the root.
static void heap_forget(struct timers *timers, size_t at)
{
    for (; at > 0; at = (at - 1) / HEAP_ARITY)
        timers->heap[at] = timers->heap[(at - 1) / HEAP_ARITY];
    heap_remove(timers, 0);
}

// Where the nth of the queue is.
static struct timers_node *queue_at(const struct timers *timers, size_t n)
{
    const size_t at = timers->queue_first + n;

    return &timers->queue[at < timers->capacity ? at : at - timers->capacity];
}

// The nth goes: those behind it move up.
static void queue_forget(struct timers *timers, size_t n)
{
    for (; n + 1 < timers->queue_count; n++)
        *queue_at(timers, n) = *queue_at(timers, n + 1);
    timers->queue_count--;
}

static void queue_remove_first(struct timers *timers)
{
    timers->queue_first = timers->queue_first + 1 < timers->capacity ? timers->queue_first + 1 : 0;
    timers->queue_count--;
}

// The earliest of all, whether or not it is in the queue; there must be one.
static const struct timers_node *earliest(const struct timers *timers, bool *ret_queued)
{
    const struct timers_node *queued = timers->queue_count > 0 ? queue_at(timers, 0) : NULL;

    *ret_queued = queued != NULL && (timers->heap_count == 0 || queued->deadline_ns <= timers->heap[0].deadline_ns);
    return *ret_queued ? queued : &timers->heap[0];
}

uint64_t timers_next_ns(const struct timers *timers)
{
    bool queued;

    return timers->count > 0 ? earliest(timers, &queued)->deadline_ns : UNARMED;
}

int timers_reserve(struct timers *timers, size_t count)
{
    struct timers_node *heap, *queue;

    if (count <= timers->capacity)
        return 0;
    if (count > SIZE_MAX / sizeof *heap)
        return -ENOMEM;
    heap = realloc(timers->heap, count * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    timers->heap = heap;
    queue = malloc(count * sizeof *queue);
    if (!queue)
        return -ENOMEM;
    for (size_t i = 0; i < timers->queue_count; i++)
        queue[i] = *queue_at(timers, i);
    free(timers->queue);
    timers->queue = queue;
    timers->queue_first = 0;
    timers->capacity = count;
    return 0;
}

int timers_add(struct timers *timers, uint64_t deadline_ns, struct timer_entry *entry)
{
    const struct timers_node node = {.deadline_ns = deadline_ns, .entry = entry};

    if (timers->count == timers->capacity) {
        const int err = timers_reserve(timers, timers->count > 0 ? 2 * timers->count : FIRST_CAPACITY);

        if (err < 0)
            return err;
    }
    if (timers->queue_count == 0 || queue_at(timers, timers->queue_count - 1)->deadline_ns <= deadline_ns)
        *queue_at(timers, timers->queue_count++) = node;
    else
        heap_insert(timers, node);
    timers->count++;
    return 0;
}

void timers_forget(struct timers *timers, const struct timer_entry *entry)
{
    size_t at = 0;

    timers->count--;
    while (at < timers->heap_count && timers->heap[at].entry != entry)
        at++;
    if (at < timers->heap_count) {
        heap_forget(timers, at);
        return;
    }
    for (at = 0; queue_at(timers, at)->entry != entry; at++)
        ;
    queue_forget(timers, at);
}

size_t timers_fire_due(struct timers *timers, uint64_t now_ns, size_t limit)
{
    size_t fired = 0;

    for (; fired < limit && timers->count > 0; fired++) {
        bool queued;
        const struct timers_node *node = earliest(timers, &queued);
        struct timer_entry *entry = node->entry;

        if (node->deadline_ns > now_ns)
            break;
        if (queued)
            queue_remove_first(timers);
        else
            heap_remove(timers, 0);
        timers->count--;
        entry->fire(entry);
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
    const uint64_t at_ns = timers_next_ns(timers);

    if (at_ns == timers->armed_ns)
        return;
    if (timers->fd >= 0)
        arm_timerfd(timers, at_ns);
    else
        arm_uv_timer(timers, at_ns);
    timers->armed_ns = at_ns;
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
    free(timers->heap);
    free(timers->queue);
    timers->heap = timers->queue = NULL;
    timers->count = timers->heap_count = timers->queue_count = timers->capacity = 0;
}
