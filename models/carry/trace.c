// SPDX-License-Identifier: MIT
#include "models/carry/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "models/carry/trial.h"

// Of this thread, as the kernel numbers it; 0: not asked yet.
static _Thread_local uint32_t thread;

static void forget_thread(void)
{
    thread = 0;
}

static uint32_t this_thread(void)
{
    if (thread == 0)
        thread = (uint32_t)syscall(SYS_gettid);
    return thread;
}

static bool is_trace(const struct trace_header *header, size_t bytes)
{
    return memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) == 0 && header->version == TRACE_VERSION &&
           bytes == trace_bytes(header->capacity);
}

struct trace_header *trace_map(int fd)
{
    struct stat stat;
    void *memory;

    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || (size_t)stat.st_size < sizeof(struct trace_header))
        return NULL;
    memory = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (!is_trace(memory, (size_t)stat.st_size)) {
        munmap(memory, (size_t)stat.st_size);
        return NULL;
    }
    pthread_atfork(NULL, NULL, forget_thread);
    return memory;
}

void trace_unmap(struct trace_header *header)
{
    if (header != NULL)
        munmap(header, trace_bytes(header->capacity));
}

struct trace_lane *trace_lanes_new(uint32_t first, uint32_t count, uint32_t children)
{
    struct trace_lane *lanes = calloc((size_t)count + children, sizeof *lanes);

    for (uint32_t i = 0; lanes != NULL && i < count; i++)
        lanes[i].lane = first + i;
    return lanes;
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void note(const struct trial *trial, const struct trace_lane *lane, enum trace_what what, uint64_t at_ns,
                 uint64_t due_ns)
{
    struct trace_header *header = trial->trace;
    uint64_t place = UINT64_MAX;
    struct trace_event *event;

    if (lane->child != TRACE_NO_NUMBER)
        place = atomic_fetch_add_explicit(&header->next, 1, memory_order_relaxed);
    if (place >= header->capacity) {
        atomic_fetch_add_explicit(&header->dropped, 1, memory_order_relaxed);
        return;
    }
    event = trace_events(header) + place;
    event->at_ns = at_ns;
    event->cpu_ns = thread_cpu_ns();
    event->due_ns = due_ns;
    event->task = lane->task;
    event->thread = this_thread();
    event->lane = lane->lane;
    event->child = lane->child;
    event->step = what >= TRACE_STEP_BEGIN && what <= TRACE_ELSEWHERE ? lane->step : 0;
    atomic_store_explicit(&event->what, (uint8_t)what, memory_order_release);
}

void trace_note(const struct trial *trial, const struct trace_lane *lane, enum trace_what what)
{
    note(trial, lane, what, clock_now_ns(), 0);
}

// A slot that is a copy does not tell which task it is of: its lane knows already.
static bool is_of_trial(const struct trial *trial, const struct slot *slot)
{
    return trial->slots != NULL && slot >= trial->slots && slot < trial->slots + trial->tasks;
}

void trace_begin_task(const struct trial *trial, struct trace_lane *lane, const struct slot *slot)
{
    if (is_of_trial(trial, slot))
        lane->task = (uint32_t)(slot - trial->slots);
    lane->child = 0;
    lane->in_step = false;
    lane->yields = 0;
    note(trial, lane, TRACE_TASK_BEGIN, slot->begin_ns, 0);
}

static void end_step(const struct trial *trial, struct trace_lane *lane, uint64_t at_ns)
{
    if (!lane->in_step)
        return;
    note(trial, lane, TRACE_STEP_END, at_ns, 0);
    lane->in_step = false;
}

void trace_end_task(const struct trial *trial, struct trace_lane *lane, const struct slot *slot)
{
    end_step(trial, lane, slot->end_ns);
    note(trial, lane, TRACE_TASK_END, slot->end_ns, 0);
    lane->task = TRACE_NO_TASK;
}

// Behind its elder siblings and all children that these may have.
static uint16_t child_number(uint16_t parent, const struct step *step, uint32_t index)
{
    uint64_t number = UINT64_C(1) + parent + index;

    for (uint32_t i = 0; i < index; i++) {
        struct program_cost cost;

        program_cost(&step->callee[i], false, &cost);
        number += cost.children;
    }
    return number < TRACE_NO_NUMBER ? (uint16_t)number : TRACE_NO_NUMBER;
}

void trace_name_child(struct trace_lane *lane, const struct trace_lane *parent, const struct step *step, uint32_t index)
{
    *lane = (struct trace_lane){
        .task = parent->task, .lane = parent->lane, .child = child_number(parent->child, step, index), .unborn = true};
}

void trace_begin_child(const struct trial *trial, struct trace_lane *lane)
{
    lane->unborn = false;
    trace_note(trial, lane, TRACE_TASK_BEGIN);
}

void trace_end_child(const struct trial *trial, struct trace_lane *lane)
{
    if (lane->unborn)
        trace_begin_child(trial, lane);
    trace_end_step(trial, lane);
    trace_note(trial, lane, TRACE_TASK_END);
}

void trace_begin_step(const struct trial *trial, struct trace_lane *lane, const struct step *step)
{
    uint64_t now_ns = clock_now_ns();
    bool timed = step->kind == STEP_SLEEP || step->kind == STEP_BLOCK;

    lane->in_step = true;
    lane->step = (uint8_t)step->kind;
    note(trial, lane, TRACE_STEP_BEGIN, now_ns, timed ? now_ns + step->arg : 0);
}

void trace_end_step(const struct trial *trial, struct trace_lane *lane)
{
    end_step(trial, lane, clock_now_ns());
}

void trace_ready(const struct trial *trial, const struct trace_lane *lane)
{
    if (lane->in_step)
        trace_note(trial, lane, TRACE_READY);
}
