// SPDX-License-Identifier: MIT
#include "measure/trace/switches.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "measure/base/procfs.h"
#include "measure/trace/switch_ring.h"

// A switch is 32 bytes: 8 MiB hold 2.6 s of 100,000 a second. All rings together take no more than this.
#define RING_MOST ((size_t)8 << 20)
#define RINGS_MOST ((size_t)64 << 20)
// The most switches that are kept, 128 MiB.
#define RECORDS_MOST ((size_t)8 << 20)
// The most that is not permitted without privileges.
#define PARANOID_MOST 2

static const char *reason_of_open(int err)
{
    uint64_t paranoid;

    switch (err) {
    case EACCES:
    case EPERM:
        return procfs_number(&paranoid, "/proc/sys/kernel/perf_event_paranoid") && paranoid > PARANOID_MOST
                   ? "perf_event_paranoid is above 2"
                   : "the kernel does not permit it (perf_event_open)";
    case EMFILE:
    case ENFILE:
        return "there are no descriptors left for it";
    case ENOMEM:
        return "there is no memory for it";
    case ESRCH:
        return "the trial ended too soon";
    case ENOSYS:
        return "this kernel has no perf_event_open";
    default:
        return "this kernel does not tell them by perf_event_open";
    }
}

static const char *reason_of_map(int err)
{
    return err == EPERM ? "their memory may not be locked (RLIMIT_MEMLOCK, perf_event_mlock_kb)"
                        : "there is no memory for it";
}

static int open_event(pid_t thread, unsigned cpu)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_SW_DUMMY,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU,
        .sample_id_all = 1,
        .context_switch = 1,
        .inherit = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = RING_MOST,
    };

    return (int)syscall(SYS_perf_event_open, &attr, thread, (int)cpu, -1, (unsigned long)PERF_FLAG_FD_CLOEXEC);
}

static void close_rings(struct switches *switches)
{
    for (unsigned i = 0; i < switches->ring_count; i++)
        switch_ring_close(&switches->rings[i]);
    for (size_t i = 0; i < switches->fd_count; i++)
        close(switches->fds[i]);
    free(switches->rings);
    free(switches->fds);
    switches->rings = NULL;
    switches->fds = NULL;
    switches->ring_count = 0;
    switches->fd_count = 0;
}

// Opens the thread's event on one CPU. Its descriptor, or -1 with `why` set.
static int add_event(struct switches *switches, pid_t thread, unsigned cpu)
{
    int *grown = realloc(switches->fds, (switches->fd_count + 1) * sizeof *grown), fd;

    if (grown != NULL)
        switches->fds = grown;
    fd = grown != NULL ? open_event(thread, cpu) : -1;
    if (fd < 0) {
        switches->why = reason_of_open(grown != NULL ? errno : ENOMEM);
        return -1;
    }
    switches->fds[switches->fd_count++] = fd;
    return fd;
}

// As large as may be: what the kernel lets a user lock is little.
static bool map_ring(struct switches *switches, struct switch_ring *ring, int fd)
{
    int err;

    while ((err = switch_ring_open(ring, fd, switches->ring_bytes)) != 0 && switches->ring_bytes > SWITCH_RING_LEAST)
        switches->ring_bytes /= 2;
    if (err != 0)
        switches->why = reason_of_map(-err);
    return err == 0;
}

static bool open_rings(struct switches *switches, pid_t pid, const struct cpus *cpus)
{
    size_t count = (size_t)cpus_count(cpus);

    switches->ring_bytes = RING_MOST;
    while (switches->ring_bytes > SWITCH_RING_LEAST && switches->ring_bytes * count > RINGS_MOST)
        switches->ring_bytes /= 2;
    switches->rings = calloc(count + 1, sizeof *switches->rings);
    if (switches->rings == NULL) {
        switches->why = reason_of_open(ENOMEM);
        return false;
    }
    for (unsigned cpu = cpus_first(cpus); cpu <= cpus_last(cpus); cpu++) {
        int fd = cpus_have(cpus, cpu) ? add_event(switches, pid, cpu) : 0;

        if (fd < 0 || (fd > 0 && !map_ring(switches, &switches->rings[switches->ring_count], fd)))
            return false;
        if (fd > 0)
            switches->rings[switches->ring_count++].cpu = cpu;
    }
    return true;
}

// One that was made before its process could be watched; it writes to the rings that are there.
static void add_thread(struct switches *switches, pid_t thread)
{
    for (unsigned i = 0; i < switches->ring_count; i++) {
        int fd = add_event(switches, thread, switches->rings[i].cpu);

        if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, switches->rings[i].fd) != 0) {
            switches->why = NULL; // it has ended, or is not told
            return;
        }
    }
}

struct others {
    struct switches *switches;
    pid_t pid;
};

static int add_other(int thread, void *data)
{
    struct others *others = data;

    if (thread != others->pid)
        add_thread(others->switches, thread);
    return 0;
}

void switches_open(struct switches *switches, pid_t pid, const struct cpus *cpus)
{
    struct others others = {.switches = switches, .pid = pid};
    struct cpus allowed;
    char path[32];

    switches_release(switches);
    if (cpus == NULL) {
        cpus_allowed(&allowed);
        cpus = &allowed;
    }
    if (!open_rings(switches, pid, cpus)) {
        close_rings(switches);
        return;
    }
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    (void)procfs_processes(path, add_other, &others);
}

static bool grow(struct switches *switches)
{
    size_t room = switches->room == 0 ? 4096 : switches->room * 2;
    struct trace_switch *grown;

    if (switches->count < switches->room)
        return true;
    grown = room <= RECORDS_MOST ? realloc(switches->records, room * sizeof *grown) : NULL;
    if (grown == NULL)
        return false;
    switches->records = grown;
    switches->room = room;
    return true;
}

static void keep(void *data, const struct trace_switch *record, uint64_t lost)
{
    struct switches *switches = data;

    switches->lost += lost;
    if (record == NULL)
        return;
    if (grow(switches))
        switches->records[switches->count++] = *record;
    else
        switches->lost++;
}

void switches_take(struct switches *switches)
{
    for (unsigned i = 0; i < switches->ring_count; i++)
        switch_ring_take(&switches->rings[i], keep, switches);
}

void switches_end(struct switches *switches)
{
    switches_take(switches);
    close_rings(switches);
    if (switches->count == 0 && switches->why == NULL)
        switches->why = "the kernel told none";
}

void switches_release(struct switches *switches)
{
    close_rings(switches);
    free(switches->records);
    *switches = (struct switches){.rings = NULL};
}

static int compare(const void *a, const void *b)
{
    const struct trace_switch *x = a, *y = b;

    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return x->in - y->in; // what leaves comes first
}

struct trace_switch *switches_sorted(const struct switches *switches)
{
    struct trace_switch *sorted = switches->count > 0 ? malloc(switches->count * sizeof *sorted) : NULL;

    if (sorted == NULL)
        return NULL;
    memcpy(sorted, switches->records, switches->count * sizeof *sorted);
    qsort(sorted, switches->count, sizeof *sorted, compare);
    return sorted;
}
