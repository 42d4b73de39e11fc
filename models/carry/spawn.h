// SPDX-License-Identifier: MIT
// Workers that are not forked but spawned, as multiprocessing's "spawn" has them: each is a fresh program, `ccbench trial worker
// N`, which inherits nothing but descriptors and must read the plan, map what is shared and load its libraries by itself.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "models/carry/trial.h"

// The parameter by which a model's processes are started: its index in START_WORDS.
#define START_KEY "start"
enum { START_FORK, START_SPAWN };
#define START_PARAMETER                                                                                                \
    {                                                                                                                  \
        .key = START_KEY, .kind = PARAMETER_CHOICE, .otherwise = START_FORK, .least = START_FORK, .most = START_SPAWN, \
        .choices = {[START_FORK] = "fork", [START_SPAWN] = "spawn"},                                                   \
        .help = "whether processes are forked, or each is a fresh program as by multiprocessing's \"spawn\""           \
    }

bool parameters_spawn(const struct parameter *declared, const struct parameter_values *values);

// What a spawned worker is told, before the plan, in a file that it gets as a descriptor. Descriptors: -1 where there is none.
struct handover {
    uint64_t bytes;      // of this struct: another build's is refused
    uint64_t plan_bytes; // that follow it
    uint64_t free_ns;    // process-per-task: when its lane became free
    pid_t parent;
    uint32_t index; // of the worker
    uint32_t task;  // process-per-task: which one it carries out
    int shared_fd, memory_fd, trace_fd, slots_fd, file_fd, direct_fd, number_fd;
    int argument_fd, replies_fd; // what tasks take and reply with, where that is shared
    int own[2];                  // the model's
};

// None of the descriptors.
#define HANDOVER_NONE                                                                                     \
    (struct handover)                                                                                     \
    {                                                                                                     \
        .shared_fd = -1, .memory_fd = -1, .trace_fd = -1, .slots_fd = -1, .file_fd = -1, .direct_fd = -1, \
        .argument_fd = -1, .replies_fd = -1, .number_fd = -1, .own = {                                    \
            -1,                                                                                           \
            -1                                                                                            \
        }                                                                                                 \
    }

// Starts worker `index` with the trial's plan and whatever of `given` the model has filled in; its signal mask is `mask`.
// 0 or -errno.
int spawn_worker(const struct trial *trial, struct handover *given, uint32_t index, const sigset_t *mask,
                 pid_t *ret_pid);

// In the worker: reads what it was handed over. The plan is to be freed. 0 or -errno.
int handover_read(int fd, struct handover *ret_given, char **ret_plan);

// Zeroed memory that processes share, all of it there: with those forked later, or where `ret_fd` is not NULL, with those that
// get the descriptor. NULL when out of memory, with errno.
void *shared_new(size_t bytes, int *ret_fd);
// The same in a process that has got the descriptor, all of it there or as it is used. NULL when out of memory, with errno.
void *shared_map(int fd, size_t bytes, bool all);
