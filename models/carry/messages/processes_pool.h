// SPDX-License-Identifier: MIT
// The parts of the processes model: the pool, its workers' life, and how tasks are handed out and replies come in.
//
// Where tasks hand nothing over, all workers read one task pipe and write to one reply pipe: messages are small enough to
// be whole. Else, or where a chunk's results are more than PIPE_BUF bytes, each worker has two pipes of its own, and gets
// its next task when it is idle.
#pragma once

#include "models/carry/messages/messages.h"
#include "models/carry/stack/workers.h"

// What a worker reads and writes, in its own process.
struct worker {
    int tasks_fd, replies_fd;
    char *taken;      // payload_most bytes: what the last take brought; NULL unless tasks take
    uint32_t index;   // of the task under way
    uint64_t untaken; // of its argument, still in the pipe
    bool cut_off;     // a pipe is closed or broken: the coordinator has gone
};

// Frames beyond those in work, so that a worker which ends a task finds the next one waiting; Pool fills its pipe as well.
#define QUEUED 32

struct process_pool {
    struct workers workers;
    uint32_t chunk; // tasks for each frame
    size_t frame_bytes;
    uint32_t frames_read; // by a worker at once, at most
    uint64_t *take_bytes; // by class: what one task takes in all
    bool own_pipes;
    int tasks[2], replies[2]; // pipes: [0] is read, [1] is written; the shared ones, or those of the worker being made
    struct receiver *receivers; // by worker, or the one they share
    struct sender *senders;     // by worker, where they have pipes of their own
    bool *full;                 // by worker: its pipe is waited for
    uint32_t *idle;             // workers, a ring
    uint32_t receiver_count, idle_first, idle_count;
    uint32_t sent, received; // tasks
    uint32_t outstanding;    // frames
    int poll_fd, timer_fd;   // timer: of the next arrival, in an open loop
    uint64_t armed_ns;       // what it is set to; 0: nothing
};

// What may become ready: the number that an event carries is this times 2^32, and a worker's or receiver's index.
enum event { EVENT_CHILD, EVENT_TIMER, EVENT_MESSAGE, EVENT_ROOM };

// Adds the descriptor to those that are waited for. 0 or -errno.
int process_pool_watch(struct process_pool *pool, int fd, uint32_t events, enum event event, uint32_t index);

// A worker's life, to be given to workers_fork(): reads frames and answers them until there are no more.
void process_pool_work(struct lane *lane);

// Hands out as many tasks as may be now; in an open loop sets the timer to the next arrival.
// Both: 0 or -errno with trial_fail() called.
int process_pool_send(struct trial *trial, struct process_pool *pool);
// Goes on with what the worker's pipe had no room for.
int process_pool_send_rest(struct trial *trial, struct process_pool *pool, uint32_t index);
// Tells all idle workers with pipes of their own that there will be no more.
void process_pool_dismiss(struct process_pool *pool);
