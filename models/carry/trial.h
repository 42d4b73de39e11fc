// SPDX-License-Identifier: MIT
// What a model gets: the tasks, the lanes, and the hooks that stamp them. One trial = one measurement of one model on
// one workload, in a process of its own.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "measure/base/clock.h"
#include "measure/base/http_client.h"
#include "measure/slot.h"
#include "models/carry/parameter.h"
#include "models/carry/shared_lock.h"
#include "workloads/program/program.h"

#define CACHE_LINE 64
#define TRIAL_COUNTERS 16

struct http_engine;
struct http_targets;
struct model;
struct trace_header;

// Figures of a model's own, shown in the JSON under "counters".
struct trial_counter {
    const char *name; // a literal
    uint64_t value;
};

// Shared by all processes of a memory trial, NULL in a timed one.
struct trial_memory {
    _Atomic uint32_t in_flight;
    _Atomic uint32_t peak;        // largest in_flight seen
    atomic_bool marked;           // the peak mark has been given
    _Atomic uint32_t marked_with; // so many were in flight then; 0: it has not been
    uint32_t expected;            // in flight at which it is given
    bool held;                    // tasks of processes, which begin so late: each ends only once the mark is there
};

// What lanes change together; in memory that processes forked later share too.
struct trial_shared {
    _Alignas(CACHE_LINE) _Atomic uint32_t next_task;    // first unclaimed
    _Alignas(CACHE_LINE) _Atomic uint64_t run_start_ns; // for processes that were forked before it was known
    _Atomic int child_status; // as waitpid() has it, of a process that was a task's child and died; 0: none has
    _Alignas(CACHE_LINE) _Atomic uint64_t retries; // requests sent again, since the server had closed their connection
    _Alignas(CACHE_LINE) _Atomic uint64_t
        counter; // what load, store and add work on; relaxed, so that an update may be lost
    _Alignas(CACHE_LINE) pthread_mutex_t lock; // of lock and unlock, where lanes may block; between processes too
    _Alignas(CACHE_LINE) struct shared_lock task_lock; // of lock and unlock, where a lane must not block its thread
    _Alignas(CACHE_LINE) struct shared_lock file_lock; // of lock_file and unlock_file there: before the file is locked
};

struct trial {
    const struct model *model;
    struct task_mix mix;
    uint32_t kinds;       // STEP_BIT of every step kind in the mix
    unsigned depth;       // deepest nesting in the mix
    uint32_t children;    // of a task, the most at once; 0: none gathers
    uint32_t connections; // of a task, the most: its own, and its children's
    struct slot *slots;
    uint32_t tasks;                        // N
    uint32_t lanes;                        // K: at most so many tasks in flight
    unsigned cores;                        // that this process may use
    bool foreign;                          // fetches go to a user's URL: bodies are hashed
    struct http_client http;               // with which they are made
    unsigned client;                       // which one, as CLIENT_PARAMETER has them
    const struct http_engine *http_engine; // its, once it is loaded
    struct http_targets *http_targets;     // of the bare client
    bool open_loop; // tasks arrive at times of their own: slot->arrival_ns is set, as an offset from the run's start
    struct parameter_values parameters; // as the model declares them
    bool
        spawns; // its workers are fresh programs (models/carry/spawn.h), which get the plan as text, and what is shared by
    const char *plan; // these descriptors; -1 otherwise
    int shared_fd, memory_fd, slots_fd;
    uint64_t payload_most;  // the largest single take or reply of the mix, in bytes
    uint64_t read_most;     // the largest single read or copy
    bool direct;            // some read goes past the page cache
    int file_fd, direct_fd; // what read reads, through the page cache and past it; -1: not needed
    uint64_t file_bytes;
    char *memory_source; // what copy copies: source_bytes filled bytes; NULL unless tasks copy
    uint64_t source_bytes;
    int number_fd;            // the file with a number in it that tasks share; -1: not needed
    char *argument;           // what take takes: payload_most filled bytes of the coordinator's; NULL unless tasks take
    uint64_t task_timeout_ns; // per fetch; 0: none
    uint64_t run_start_ns;
    void *state; // the model's own
    // Where results reach the coordinator later than the work on them ends (processes): when it ended, by task; owned by
    // the trial, allocated by the model. NULL: the end stamps say so. In flight is what is being worked on.
    uint64_t *work_ended_ns;
    struct trial_memory *memory;
    struct trace_header *trace; // models/carry/trace.h; NULL unless the trial is to be traced
    bool watched;               // there is memory or trace
    int trace_fd;               // of spawns
    struct trial_counter counters[TRIAL_COUNTERS];
    atomic_flag failing;
    char error[256];      // why open or run returned < 0
    uint32_t claim_chunk; // tasks claimed at a time
    struct trial_shared *shared;
};

// Records why the trial fails (the first reason wins, from whichever thread) and returns `err`, a -errno.
int trial_fail(struct trial *trial, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Adds to the counter of that name (a literal). Not thread-safe: for open, the end of run, and close.
void trial_count(struct trial *trial, const char *name, uint64_t value);

// Gives a mark of a memory trial and waits until the supervisor has read the process tree.
void trial_mark(const char *mark);

// For trial_begin() and trial_end() of a trial that is watched: whether it is traced.
bool trial_watch_begin(struct trial *trial);
bool trial_watch_end(struct trial *trial);

static inline const struct program *trial_program(const struct trial *trial, const struct slot *slot)
{
    return &trial->mix.classes[slot->class_index].program;
}

// Open loop: when the task arrives, or has arrived.
static inline uint64_t trial_arrival_ns(const struct trial *trial, const struct slot *slot)
{
    return trial->run_start_ns + slot->arrival_ns;
}

// Open loop: when the next unclaimed task arrives; UINT64_MAX when none is left.
static inline uint64_t trial_next_arrival_ns(const struct trial *trial)
{
    uint32_t next = atomic_load_explicit(&trial->shared->next_task, memory_order_relaxed);

    return next < trial->tasks ? trial_arrival_ns(trial, &trial->slots[next]) : UINT64_MAX;
}

// Open loop: the next task if it has arrived by `now_ns`, else NULL. Lock-free; safe from any thread.
static inline struct slot *trial_claim_arrived(struct trial *trial, uint64_t now_ns)
{
    uint32_t next = atomic_load_explicit(&trial->shared->next_task, memory_order_relaxed);

    while (next < trial->tasks && trial_arrival_ns(trial, &trial->slots[next]) <= now_ns) {
        if (atomic_compare_exchange_weak_explicit(&trial->shared->next_task, &next, next + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return &trial->slots[next];
    }
    return NULL;
}

// A lane's hold on unclaimed tasks.
struct claim {
    uint32_t next, end; // claimed and not yet begun
    uint64_t free_ns;   // when the lane became free: the arrival of its next task
};

// The next task for this lane, or NULL when none is left. Lock-free; safe from any thread. In an open loop it may not have
// arrived yet: only a lane that can sleep until then may ask.
static inline struct slot *trial_claim(struct trial *trial, struct claim *claim)
{
    if (claim->next == claim->end) {
        // A plain load first: lanes that find nothing left must not go on counting up and wrap.
        if (atomic_load_explicit(&trial->shared->next_task, memory_order_relaxed) >= trial->tasks)
            return NULL;
        claim->next = atomic_fetch_add_explicit(&trial->shared->next_task, trial->claim_chunk, memory_order_relaxed);
        if (claim->next >= trial->tasks) {
            claim->next = claim->end = 0;
            return NULL;
        }
        claim->end = claim->next + trial->claim_chunk;
        if (claim->end > trial->tasks)
            claim->end = trial->tasks;
    }
    return &trial->slots[claim->next++];
}

// Stamps around a task: the lane's next one arrives at *ret_end_ns. Call begin just before the first step, in the context that
// runs it. Each returns whether the trial is traced: then trace_begin_task() or trace_end_task() is due.
static inline bool trial_begin(struct trial *trial, struct slot *slot, uint64_t free_ns)
{
    if (!trial->open_loop)
        slot->arrival_ns = free_ns;
    slot->begin_ns = clock_now_ns();
    return __builtin_expect(trial->watched, 0) && trial_watch_begin(trial);
}

static inline bool trial_end(struct trial *trial, struct slot *slot, int status, uint32_t check, uint64_t *ret_end_ns)
{
    slot->status = (uint16_t)status;
    slot->check = check;
    slot->end_ns = *ret_end_ns = clock_now_ns();
    return __builtin_expect(trial->watched, 0) && trial_watch_end(trial);
}
