// SPDX-License-Identifier: MIT
// A global interpreter lock as CPython has had it since 3.2 (Python/ceval_gil.h, Antoine Pitrou's "new GIL"): a waiter
// lets the switch interval pass and then asks for the lock; the holder drops it at its next checkpoint, and waits until
// somebody else has taken it; whoever blocks releases it first.
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "models/carry/http_get.h"
#include "models/carry/stack/gather.h"
#include "models/carry/stack/pool.h"
#include "models/model.h"
#include "workloads/program/compute.h"

enum { INTERVAL }; // its parameters

static struct gil {
    pthread_mutex_t mutex;
    pthread_cond_t free; // signalled when the lock is dropped
    pthread_mutex_t switch_mutex;
    pthread_cond_t switched; // signalled when it has been taken after a forced drop
    uint64_t interval_ns;
    bool traced;    // the trial is
    bool locked;    // the following under mutex
    uint64_t takes; // how often the lock changed to another thread, for "did anybody get it meanwhile?"
    uint64_t handovers, waited_ns, drop_requests;
    _Atomic uintptr_t last_holder; // written under both mutexes
} gil;

// Whether this thread has the lock; its address names the thread.
static _Thread_local bool holds;

// In a traced trial, which lane this thread carries.
static _Thread_local const struct lane *self;

static void note(enum trace_what what)
{
    if (__builtin_expect(gil.traced, 0))
        trace_note(self->trial, &self->extra->trace, what);
}

static void wait_for_drop(uint64_t *deadline_ns)
{
    struct timespec until = {.tv_sec = (time_t)(*deadline_ns / NS_PER_S), .tv_nsec = (long)(*deadline_ns % NS_PER_S)};
    uint64_t takes = gil.takes;

    if (pthread_cond_timedwait(&gil.free, &gil.mutex, &until) == ETIMEDOUT && gil.locked && gil.takes == takes) {
        // Nobody got it within a whole interval: ask for it.
        gil.drop_requests++;
        atomic_store_explicit(&compute_checkpoint_wanted, true, memory_order_relaxed);
    }
    *deadline_ns = clock_now_ns() + gil.interval_ns;
}

static void gil_take(void)
{
    pthread_mutex_lock(&gil.mutex);
    if (gil.locked) {
        uint64_t begin_ns = clock_now_ns();
        uint64_t deadline_ns = begin_ns + gil.interval_ns;

        note(TRACE_WANT);
        while (gil.locked)
            wait_for_drop(&deadline_ns);
        gil.waited_ns += clock_now_ns() - begin_ns;
    }
    pthread_mutex_lock(&gil.switch_mutex);
    gil.locked = true;
    if (atomic_load(&gil.last_holder) != (uintptr_t)&holds) {
        atomic_store(&gil.last_holder, (uintptr_t)&holds);
        gil.takes++;
        gil.handovers++;
    }
    pthread_cond_signal(&gil.switched);
    pthread_mutex_unlock(&gil.switch_mutex);
    atomic_store_explicit(&compute_checkpoint_wanted, false, memory_order_relaxed);
    note(TRACE_TAKE);
    pthread_mutex_unlock(&gil.mutex);
    holds = true;
}

static void gil_drop(void)
{
    holds = false;
    pthread_mutex_lock(&gil.mutex);
    note(TRACE_DROP);
    gil.locked = false;
    pthread_cond_signal(&gil.free);
    pthread_mutex_unlock(&gil.mutex);
    if (!atomic_load_explicit(&compute_checkpoint_wanted, memory_order_relaxed))
        return;
    // Somebody asked for it: wait until somebody has it, else this thread would take it back before the other wakes.
    pthread_mutex_lock(&gil.switch_mutex);
    while (atomic_load(&gil.last_holder) == (uintptr_t)&holds &&
           atomic_load_explicit(&compute_checkpoint_wanted, memory_order_relaxed))
        pthread_cond_wait(&gil.switched, &gil.switch_mutex);
    pthread_mutex_unlock(&gil.switch_mutex);
}

static void gil_checkpoint(void)
{
    // Code that runs without the lock ("nogil") passes checkpoints too.
    if (!holds)
        return;
    gil_drop();
    gil_take();
}

static int step_without(struct lane *lane, const struct step *step)
{
    int status;

    gil_drop();
    status = blocking_steps[step->kind](lane, step);
    gil_take();
    return status;
}

static int step_compute(struct lane *lane, const struct step *step)
{
    return step->nogil ? step_without(lane, step) : blocking_steps[STEP_COMPUTE](lane, step);
}

// threading.Lock: tried at once, and else waited for without the interpreter's lock.
static int step_lock(struct lane *lane, const struct step *step)
{
    if (pthread_mutex_trylock(&lane->trial->shared->lock) != 0) {
        gil_drop();
        pthread_mutex_lock(&lane->trial->shared->lock);
        gil_take();
    }
    lane->locked = true;
    return 0;
}

// Between any two steps the lock may change hands, as between bytecodes: so also between a load and its store.
static int step_between(struct lane *lane, const struct step *step)
{
    compute_checkpoint();
    return blocking_steps[step->kind](lane, step);
}

static void take_turn(struct lane *lane)
{
    self = lane;
    gil_take();
}

static void drop_turn(struct lane *lane)
{
    gil_drop();
}

// A child's thread waits for the lock as every other does, and who joins it waits without.
static int step_gather(struct lane *lane, const struct step *step)
{
    static const struct gather_turns turns = {.take = take_turn, .drop = drop_turn};

    return gather_by_threads_in_turns(lane, step, &turns);
}

static int step_unlock(struct lane *lane, const struct step *step)
{
    compute_checkpoint();
    return blocking_steps[STEP_UNLOCK](lane, step);
}

#define STEP_BETWEEN(id, function) [STEP_##id] = step_between,

// All others wait, which they do without the lock: see gil_open().
static step_function *gil_steps[STEP_KIND_COUNT] = {
    [STEP_COMPUTE] = step_compute,
    [STEP_LOCK] = step_lock,
    [STEP_UNLOCK] = step_unlock,
    [STEP_GATHER] = step_gather,
    LANE_STEPS(STEP_BETWEEN) // none of them waits
};

static void wait_for_arrival(const struct trial *trial, const struct slot *slot)
{
    gil_drop();
    clock_sleep_until_ns(trial_arrival_ns(trial, slot));
    gil_take();
}

static void run_lane(struct lane *lane)
{
    struct trial *trial = lane->trial;
    struct claim claim = {0};
    struct slot *slot;

    self = lane;
    lane_use_steps(lane, gil_steps);
    lane->free_ns = trial->run_start_ns;
    gil_take();
    while ((slot = trial_claim(trial, &claim)) != NULL) {
        if (trial->open_loop)
            wait_for_arrival(trial, slot);
        lane_run_task(lane, slot);
        compute_checkpoint();
    }
    gil_drop();
}

static int init_locks(void)
{
    pthread_condattr_t attributes;
    int err = pthread_condattr_init(&attributes);

    if (err != 0)
        return -err;
    // Intervals must not jump with the wall clock.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    err = pthread_cond_init(&gil.free, &attributes);
    pthread_condattr_destroy(&attributes);
    if (err == 0)
        err = pthread_cond_init(&gil.switched, NULL);
    if (err == 0)
        err = pthread_mutex_init(&gil.mutex, NULL);
    if (err == 0)
        err = pthread_mutex_init(&gil.switch_mutex, NULL);
    return -err;
}

static int gil_open(struct trial *trial)
{
    struct pool *pool;
    int err = init_locks();

    if (err != 0)
        return trial_fail(trial, err, "cannot make the lock: %s", strerror(-err));
    gil.traced = trial->trace != NULL;
    gil.interval_ns = trial->parameters.of[INTERVAL];
    compute_checkpoint_hook = gil_checkpoint;
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++)
        gil_steps[kind] = gil_steps[kind] != NULL ? gil_steps[kind] : step_without;
    err = pool_open(trial, run_lane, &pool);
    trial->state = pool;
    return err;
}

static int gil_run(struct trial *trial)
{
    pool_run(trial->state);
    trial_count(trial, "gil_handovers", gil.handovers);
    trial_count(trial, "gil_drop_requests", gil.drop_requests);
    trial_count(trial, "gil_waited_ns", gil.waited_ns);
    return 0;
}

static void gil_close(struct trial *trial)
{
    pool_close(trial->state);
    trial->state = NULL;
}

const struct model model_gil = {
    .name = "gil",
    .kin = "Python threads, ThreadPoolExecutor, threading",
    .also = "concurrent.futures",
    .group = "Threads",
    .summary = "the same pool of threads under a global interpreter lock, as CPython has it",
    .about =
        "The same pool of threads, but only the one that holds the global interpreter lock runs, as in CPython since 3.2. A "
        "thread that waits for I/O gives the lock away, so waiting overlaps as with real threads. A thread that computes "
        "keeps it: the others wait for the switch interval, 5 ms by default, and then ask for it. So "
        "computing is no faster than one thread, and a little slower for the hand-overs. It is written in C: the lock is "
        "CPython's, the cost of interpreting Python is not there.",
    .example = "ccbench --model=sequential,gil,threads --workload=fib",
    .can = STEP_ALL,
    .emulates = "is a GIL in C: it shows what the lock costs, with no interpreter's cost",
    .parameters =
        {[INTERVAL] = {.key = "interval",
                       .kind = PARAMETER_DURATION,
                       .otherwise = 5 * NS_PER_MS,
                       .least = 1,
                       .most = UINT64_C(1000) * 3600 * NS_PER_S,
                       .help = "the switch interval: how long a thread waits for the lock before it asks for it",
                       .field = "gil_interval_ns"},
         CLIENT_PARAMETER},
    .own_threads = true,
    .open = gil_open,
    .run = gil_run,
    .close = gil_close,
};
