// SPDX-License-Identifier: MIT
#include "models/carry/stack/gather.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/page.h"
#include "measure/base/task_status.h"
#include "models/carry/spawn.h"
#include "models/carry/stack/gather_spares.h"
#include "models/carry/stack/walk.h"
#include "models/carry/stack_size.h"

// Of a child that was ended by another's failure: none that a task ends with.
#define CANCELLED 0x10000

struct gathering;

struct gather_child {
    struct lane lane;
    struct lane_extra extra; // the lane's
    struct gathering *gathering;
    const struct program *program;
    pthread_t thread;
    pid_t pid;   // 0: not there
    bool killed; // by its parent, since another one failed
    int status;
};

// A gather step under way. Where children are forked it is memory that they share.
struct gathering {
    struct gathering *outer; // whose child gathers here; NULL: a task does
    step_function *const *steps;
    const struct gather_turns *turns;
    bool cancels;
    _Atomic int failed; // where it cancels: the status of the first that failed; 0: none has
    uint32_t count;
    struct gather_child children[];
};

// In the lane of its parent, of which nothing else is told meanwhile.
static int walk_child(struct lane *lane, const struct step *step, uint32_t index)
{
    struct trace_lane parent = lane->extra->trace;
    int status;

    if (lane->extra->traced != NULL) {
        trace_name_child(&lane->extra->trace, &parent, step, index);
        trace_begin_child(lane->trial, &lane->extra->trace);
    }
    status = walk(lane, &step->callee[index]);
    lane_settle(lane);
    if (lane->extra->traced != NULL)
        trace_end_child(lane->trial, &lane->extra->trace);
    lane->extra->trace = parent;
    return status;
}

int gather_in_turn(struct lane *lane, const struct step *step)
{
    uint64_t loaded = lane->extra->loaded, number = lane->extra->number;
    int status = 0;

    for (uint32_t i = 0; i < step->arg && (status == 0 || !step->cancel); i++) {
        int ended;

        lane->extra->loaded = loaded;
        lane->extra->number = number;
        ended = walk_child(lane, step, i);
        status = status != 0 ? status : ended;
    }
    lane->extra->loaded = loaded;
    lane->extra->number = number;
    return status;
}

// By a failure in its own gather, or in one that this one is in.
static bool is_cancelled(const struct gather_child *child)
{
    for (struct gathering *gathering = child->gathering; gathering != NULL; gathering = gathering->outer) {
        if (gathering->cancels && atomic_load_explicit(&gathering->failed, memory_order_relaxed) != 0)
            return true;
    }
    return false;
}

static int child_step(struct lane *lane, const struct step *step)
{
    struct gather_child *child = lane->extra->child;

    if (is_cancelled(child))
        return CANCELLED;
    if (!gather_spares_take(lane, step))
        return task_status_from_errno(ENOMEM);
    return child->gathering->steps[step->kind](lane, step);
}

#define CHILD_STEP(id, ...) [STEP_##id] = child_step,

static step_function *const child_steps[STEP_KIND_COUNT] = {STEP_KINDS(CHILD_STEP)};

static void note_end(struct gather_child *child, int status)
{
    int none = 0;

    if (child->gathering->cancels && status != 0 && status != CANCELLED)
        atomic_compare_exchange_strong(&child->gathering->failed, &none, status);
    child->status = status;
}

static void begin_child(struct gather_child *child)
{
    if (child->extra.traced != NULL)
        trace_begin_child(child->lane.trial, &child->extra.trace);
}

static void run_child(struct gather_child *child)
{
    int status = walk(&child->lane, child->program);

    if (child->lane.locked)
        child->gathering->steps[STEP_UNLOCK](&child->lane, NULL);
    if (child->lane.file_locked)
        child->gathering->steps[STEP_UNLOCK_FILE](&child->lane, &(struct step){.kind = STEP_UNLOCK_FILE});
    gather_spares_put(&child->lane);
    if (child->extra.traced != NULL)
        trace_end_child(child->lane.trial, &child->extra.trace);
    note_end(child, status);
}

static void init_child(struct gathering *gathering, const struct lane *parent, const struct step *step, uint32_t i)
{
    struct gather_child *child = &gathering->children[i];
    const struct trial *trial = parent->trial;

    *child = (struct gather_child){
        .lane = {.trial = parent->trial, .extra = &child->extra, .index = parent->index},
        .extra = {.loaded = parent->extra->loaded,
                  .number = parent->extra->number,
                  .read_offset = (parent->extra->read_offset + i * trial->read_most) % (trial->file_bytes + 1),
                  .borrowed = true,
                  .spares = parent->extra->spares,
                  .child = child},
        .gathering = gathering,
        .program = &step->callee[i],
    };
    lane_use_steps(&child->lane, child_steps);
    if (parent->extra->traced != NULL)
        trace_name_child(&child->extra.trace, &parent->extra->trace, step, i);
    child->extra.read_offset -= child->extra.read_offset % PAGE_BYTES;
}

static size_t bytes_for(const struct step *step)
{
    return sizeof(struct gathering) + step->arg * sizeof(struct gather_child);
}

static void init(struct gathering *gathering, struct lane *lane, const struct step *step,
                 const struct gather_turns *turns)
{
    gathering->outer = lane->extra->child != NULL ? lane->extra->child->gathering : NULL;
    gathering->steps = lane->extra->child != NULL ? gathering->outer->steps : lane_steps(lane);
    gathering->turns = turns;
    gathering->cancels = step->cancel;
    gathering->failed = 0;
    gathering->count = (uint32_t)step->arg;
    for (uint32_t i = 0; i < gathering->count; i++)
        init_child(gathering, lane, step, i);
}

// What the gather comes to, once all have ended.
static int settle(struct lane *lane, const struct gathering *gathering)
{
    int status = gathering->failed;

    for (uint32_t i = 0; i < gathering->count; i++) {
        lane->check += gathering->children[i].lane.check;
        status = status != 0 ? status : gathering->children[i].status;
    }
    return status;
}

static void *thread_main(void *data)
{
    struct gather_child *child = data;

    begin_child(child);
    child->gathering->turns->take(&child->lane);
    run_child(child);
    child->gathering->turns->drop(&child->lane);
    return NULL;
}

// A child for which there is no thread has failed; the others have theirs.
static void start_threads(struct gathering *gathering, bool started[STEP_CHILDREN_MAX])
{
    pthread_attr_t attributes;
    int none = pthread_attr_init(&attributes);

    if (none == 0)
        pthread_attr_setstacksize(&attributes, thread_stack_bytes(gathering->children->lane.trial));
    for (uint32_t i = 0; i < gathering->count; i++) {
        struct gather_child *child = &gathering->children[i];
        int err = none != 0 ? none : pthread_create(&child->thread, &attributes, thread_main, child);

        started[i] = err == 0;
        if (err != 0)
            note_end(child, task_status_from_errno(err));
    }
    if (none == 0)
        pthread_attr_destroy(&attributes);
}

int gather_by_threads_in_turns(struct lane *lane, const struct step *step, const struct gather_turns *turns)
{
    bool started[STEP_CHILDREN_MAX];
    struct gathering *gathering;
    int status;

    if (posix_memalign((void **)&gathering, CACHE_LINE, bytes_for(step)) != 0)
        return task_status_from_errno(ENOMEM);
    init(gathering, lane, step, turns);
    start_threads(gathering, started);
    turns->drop(lane);
    for (uint32_t i = 0; i < gathering->count; i++) {
        if (started[i])
            pthread_join(gathering->children[i].thread, NULL);
    }
    turns->take(lane);
    status = settle(lane, gathering);
    free(gathering);
    return status;
}

static void do_nothing(struct lane *lane)
{
}

int gather_by_threads(struct lane *lane, const struct step *step)
{
    static const struct gather_turns turns = {.take = do_nothing, .drop = do_nothing};

    return gather_by_threads_in_turns(lane, step, &turns);
}

static void fork_child(struct gather_child *child)
{
    pid_t parent = getpid(), pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) // it died before the line above
            _exit(EXIT_FAILURE);
        begin_child(child);
        run_child(child);
        _exit(EXIT_SUCCESS);
    }
    if (pid > 0)
        child->pid = pid;
    else
        note_end(child, task_status_from_errno(errno));
}

// The task, and with it the trial, cannot know what a child came to that somebody has killed.
static void check_end(const struct trial *trial, const struct gather_child *child, int status)
{
    int none = 0;

    if (status == 0 || child->killed)
        return;
    atomic_compare_exchange_strong(&trial->shared->child_status, &none, status);
    _exit(EXIT_FAILURE);
}

static struct gather_child *find(struct gathering *gathering, pid_t pid)
{
    for (uint32_t i = 0; i < gathering->count; i++) {
        if (gathering->children[i].pid == pid)
            return &gathering->children[i];
    }
    return NULL;
}

static void kill_all(struct gathering *gathering)
{
    for (uint32_t i = 0; i < gathering->count; i++) {
        struct gather_child *child = &gathering->children[i];

        if (child->pid == 0)
            continue;
        child->killed = true;
        kill(child->pid, SIGKILL);
    }
}

// Who is killed gives no lock back: where children lock, they end at their next step.
static void join_forks(const struct trial *trial, struct gathering *gathering)
{
    bool may_kill = gathering->cancels && (trial->kinds & STEP_BIT(STEP_LOCK)) == 0;
    struct gather_child *child;
    pid_t pid;
    int status;

    do {
        if (may_kill && gathering->failed != 0) {
            kill_all(gathering);
            may_kill = false;
        }
        pid = waitpid(-1, &status, 0);
        child = pid > 0 ? find(gathering, pid) : NULL;
        if (child != NULL) {
            check_end(trial, child, status);
            child->pid = 0;
        }
    } while (pid > 0 || errno == EINTR);
}

int gather_by_forks(struct lane *lane, const struct step *step)
{
    struct gathering *gathering = shared_new(bytes_for(step), NULL);
    int status;

    if (gathering == NULL)
        return task_status_from_errno(ENOMEM);
    init(gathering, lane, step, NULL);
    for (uint32_t i = 0; i < gathering->count; i++)
        fork_child(&gathering->children[i]);
    join_forks(lane->trial, gathering);
    status = settle(lane, gathering);
    munmap(gathering, bytes_for(step));
    return status;
}
