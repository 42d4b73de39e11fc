// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "models/carry/messages/processes_pool.h"

int process_pool_watch(struct process_pool *pool, int fd, uint32_t events, enum event event, uint32_t index)
{
    struct epoll_event request = {.events = events, .data.u64 = (uint64_t)event << 32 | index};

    return epoll_ctl(pool->poll_fd, EPOLL_CTL_ADD, fd, &request) == 0 ? 0 : -errno;
}

// How many of the tasks from `next` on may travel together now: a chunk, or of an open loop's what has arrived.
static uint32_t ready(const struct trial *trial, const struct process_pool *pool, uint32_t next)
{
    uint32_t most = trial->tasks - next < pool->chunk ? trial->tasks - next : pool->chunk, count = 0;
    uint64_t now_ns;

    if (!trial->open_loop || most == 0)
        return most;
    now_ns = clock_now_ns();
    while (count < most && trial_arrival_ns(trial, &trial->slots[next + count]) <= now_ns)
        count++;
    return count;
}

static void fill_frame(const struct trial *trial, struct task_frame *frame, uint32_t first, uint32_t count)
{
    frame->first = first;
    frame->count = (uint16_t)count;
    for (uint32_t i = 0; i < count; i++) {
        struct slot *slot = &trial->slots[first + i];

        frame->classes[i] = slot->class_index;
        slot->check = 0; // to be added to
    }
}

// As many frames as may be outstanding and the shared pipe takes.
static int send_shared(struct trial *trial, struct process_pool *pool)
{
    _Alignas(struct task_frame) char batch[PIPE_BUF];

    for (;;) {
        uint32_t frames = 0, next = pool->sent, count;

        while ((frames + 1) * pool->frame_bytes <= sizeof batch && pool->outstanding + frames < trial->lanes + QUEUED &&
               (count = ready(trial, pool, next)) > 0) {
            fill_frame(trial, (struct task_frame *)(batch + frames++ * pool->frame_bytes), next, count);
            next += count;
        }
        if (frames == 0)
            return 0;
        // At most PIPE_BUF bytes, so all or none of it.
        if (write(pool->tasks[1], batch, frames * pool->frame_bytes) < 0)
            return errno == EAGAIN || errno == EINTR || errno == EPIPE ? 0 : -errno;
        pool->sent = next;
        pool->outstanding += frames;
    }
}

// Writes what the worker's pipe takes, and waits for room where that is not all.
static int flush(const struct trial *trial, struct process_pool *pool, uint32_t index)
{
    int state = sender_flush(&pool->senders[index], trial->argument, trial->payload_most), err = 0;

    if (state < 0 && state != -EPIPE)
        return state;
    // Of a pipe that nobody reads any more, the worker's end will tell.
    if (state == 0 && !pool->full[index])
        err = process_pool_watch(pool, pool->senders[index].fd, EPOLLOUT, EVENT_ROOM, index);
    else if (state != 0 && pool->full[index] &&
             epoll_ctl(pool->poll_fd, EPOLL_CTL_DEL, pool->senders[index].fd, NULL) != 0)
        err = -errno;
    pool->full[index] = state == 0;
    return err;
}

static int send_to(const struct trial *trial, struct process_pool *pool, uint32_t index, uint32_t count)
{
    struct sender *sender = &pool->senders[index];

    fill_frame(trial, sender->frame, pool->sent, count);
    sender->frame_sent = sender->payload_sent = sender->payload_bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        sender->payload_bytes += pool->take_bytes[sender->frame->classes[i]];
    pool->sent += count;
    pool->outstanding++;
    return flush(trial, pool, index);
}

static int send_idle(struct trial *trial, struct process_pool *pool)
{
    uint32_t count;
    int err = 0;

    while (err == 0 && pool->idle_count > 0 && (count = ready(trial, pool, pool->sent)) > 0) {
        uint32_t index = pool->idle[pool->idle_first];

        pool->idle_first = (pool->idle_first + 1) % trial->lanes;
        pool->idle_count--;
        err = send_to(trial, pool, index, count);
    }
    return err;
}

// To the arrival of the next task, where that is what is waited for: not also for a worker.
static int arm(const struct trial *trial, struct process_pool *pool)
{
    uint64_t at_ns;
    struct itimerspec timer = {.it_value.tv_sec = 0};

    if (pool->sent == trial->tasks ||
        (pool->own_pipes ? pool->idle_count == 0 : pool->outstanding >= trial->lanes + QUEUED))
        return 0;
    at_ns = trial_arrival_ns(trial, &trial->slots[pool->sent]);
    if (at_ns == pool->armed_ns)
        return 0;
    pool->armed_ns = at_ns;
    timer.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
    timer.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
    return timerfd_settime(pool->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL) == 0 ? 0 : -errno;
}

int process_pool_send(struct trial *trial, struct process_pool *pool)
{
    int err = pool->own_pipes ? send_idle(trial, pool) : send_shared(trial, pool);

    if (err == 0 && trial->open_loop)
        err = arm(trial, pool);
    return err == 0 ? 0 : trial_fail(trial, err, "sending tasks: %s", strerror(-err));
}

int process_pool_send_rest(struct trial *trial, struct process_pool *pool, uint32_t index)
{
    int err = flush(trial, pool, index);

    return err == 0 ? 0 : trial_fail(trial, err, "sending tasks: %s", strerror(-err));
}

void process_pool_dismiss(struct process_pool *pool)
{
    for (uint32_t i = 0; i < pool->idle_count; i++) {
        struct sender *sender = &pool->senders[pool->idle[(pool->idle_first + i) % pool->receiver_count]];

        sender->frame->count = 0;
        (void)!write(sender->fd, sender->frame, pool->frame_bytes);
    }
}
