// SPDX-License-Identifier: MIT
// A lane: what the steps of the task under way work on. Its steps are a table of functions; those here are the same in every
// model: they touch memory and wait for nothing, or touch the file that tasks share.
#pragma once

#include "models/carry/trace.h"
#include "models/carry/trial.h"

struct lane;
struct gather_child;
struct gather_spares;
struct http_get;

// Carries out one step and returns 0 or the status that ends the task, or LANE_PARK: the step has been started and the
// lane's fiber must be switched away from until it is complete.
typedef int step_function(struct lane *lane, const struct step *step);
#define LANE_PARK (-1)

// What only some steps need: beside the lane, and only where tasks have such steps or are traced, so that a lane that sleeps, yields or
// computes is one line of the caches.
struct lane_extra {
    uint64_t loaded;           // by load, for store
    uint64_t number;           // by load_file, for store_file
    char *read_buffer, *reply; // read_most and payload_most bytes; NULL unless tasks read or copy, or reply
    uint64_t read_offset;      // of the next read in the file, or copy of memory
    struct http_get *get;      // the lane's connection; NULL unless tasks fetch
    int number_fd; // the shared file, opened for this lane alone; 0: not needed, -1: it could not be opened again
    bool borrowed; // not the lane's own
    struct gather_spares *spares; // blocking: what its task's children fetch and read with; NULL unless tasks gather
    struct gather_child *child;   // blocking: whose lane it is; NULL: a task's
    step_function *const *traced; // the steps below those that stamp them; NULL unless the trial is traced
    struct trace_lane trace;      // then
} __attribute__((aligned(CACHE_LINE)));

struct lane {
    step_function *const *steps; // by step kind
    struct trial *trial;
    struct lane_extra *extra; // NULL where nothing of it is needed
    struct slot *slot;        // of the task under way, where the model keeps it here
    void *own;                // the model's
    uint64_t free_ns;         // when the lane became free: the arrival of its next task
    uint32_t check;           // of the task under way
    uint32_t index;           // 0 … lanes - 1
    uint16_t locking;         // kind of the step that waits for a lock, where that does not block the thread
    bool locked;              // holds the shared lock
    bool file_locked;         // holds the shared file's lock, or is the one who may take it
    bool parks;               // green: a fiber lies behind it (lane_fiber())
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct lane) == CACHE_LINE, "a lane is one line");

// Of what steps a lane needs the rest for.
#define LANE_EXTRA_STEPS (STEP_SHARED_FILE | STEP_BIT(STEP_READ) | STEP_BIT(STEP_FETCH) LANE_STEPS(LANE_STEP_BIT))

// Gives the lane what its tasks' steps, or those of `more`, need beside it, unless it has that already. 0 or -errno (trial_fail called).
int lane_open_extra(struct lane *lane, struct trial *trial, uint32_t more);

// A child's registers begin as its parent's.
static inline void lane_inherit(struct lane *child, const struct lane *parent)
{
    if (child->extra == NULL || parent->extra == NULL)
        return;
    child->extra->loaded = parent->extra->loaded;
    child->extra->number = parent->extra->number;
}

// Where the next read starts: lanes begin at different places and go round.
uint64_t lane_next_offset(const struct trial *trial, uint64_t *offset, const struct step *step);

// The steps that only touch memory: X(identifier, function).
#define LANE_STEPS(X)    \
    X(LOAD, lane_load)   \
    X(STORE, lane_store) \
    X(ADD, lane_add)     \
    X(COPY, lane_copy)   \
    X(TAKE, lane_take)   \
    X(REPLY, lane_reply)

// Those that read and write the number in the shared file, in the page cache: a system call each. They may fail.
#define LANE_FILE_STEPS(X)       \
    X(LOAD_FILE, lane_load_file) \
    X(STORE_FILE, lane_store_file)

// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define LANE_STEP_FUNCTION(id, function) int function(struct lane *lane, const struct step *step);
LANE_STEPS(LANE_STEP_FUNCTION)
LANE_FILE_STEPS(LANE_STEP_FUNCTION)

// Their part of a table of step functions, and their bits.
// NOLINTNEXTLINE(bugprone-macro-parentheses): a designated initialiser
#define LANE_STEP(id, function) [STEP_##id] = (function),
// NOLINTNEXTLINE(bugprone-macro-parentheses): the end of a sum of bits
#define LANE_STEP_BIT(id, function) | STEP_BIT(STEP_##id)

// Opens the shared file for this lane alone, as flock(2) wants it. 0 or -errno (trial_fail called); close in any case.
int lane_open_file(struct lane *lane, struct trial *trial);
void lane_close_file(struct lane *lane);

// Where a lane may block: waits for the shared file's lock (flock), and gives it up. 0 or a status.
step_function lane_lock_file, lane_unlock_file;

// Where it must not: the lock of the kind of step, which the lanes of all loops wait for in a list; and what is to be done once
// the lane has it, which takes the file's own lock as well, of which no other lane can be the holder then. 0 or a status: the
// lane has the loops' lock in any case.
struct shared_lock *lane_lock_of(const struct lane *lane, enum step_kind kind);
int lane_take_lock(struct lane *lane, enum step_kind kind);
// Gives both up; `here` is as of shared_lock_give(). `kind` is of the step that unlocks, or that locked. 0 or a status.
int lane_give_lock(struct lane *lane, enum step_kind kind, struct mpsc_queue *here);

// What is beside the lane, with its buffers and its descriptor of the shared file, for whatever the mix needs of them; a reply that is
// there already is taken over. Closing is the last that is done with it. 0 or -errno (trial_fail called); close in any case.
int lane_open_buffers(struct lane *lane, struct trial *trial);
void lane_close_buffers(struct lane *lane);

// An array of `count` zeroed lanes, aligned; NULL when out of memory; free() frees it.
struct lane *lanes_new(uint32_t count);
