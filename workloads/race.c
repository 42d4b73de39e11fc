// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/text.h"
#include "workloads/workload.h"

#define LANES 8
#define DEFAULT_COUNT "1k"

#define IN_MEMORY "a counter"
#define IN_FILE "a number in a file"

// What a task adds 1 to and how, and how often all tasks together do it by default: so often that threads overlap for tens of
// ms, but where it costs some models a system call (1 us) or a message to another loop (30 us), so often that those take below
// 1 s.
static const struct way {
    const char *name; // behind the second ':'; NULL: nothing is
    const char *what, *how;
    double updates;
    enum step_kind steps[4];
    unsigned length;
} ways[] = {
    {NULL, IN_MEMORY, "reading it and then writing it", 1e7, {STEP_LOAD, STEP_STORE}, 2},
    {"yield", IN_MEMORY, "yielding between reading and writing it", 4e4, {STEP_LOAD, STEP_YIELD, STEP_STORE}, 3},
    {"lock", IN_MEMORY, "reading and writing it under a lock", 2e4, {STEP_LOCK, STEP_LOAD, STEP_STORE, STEP_UNLOCK}, 4},
    {"atomic", IN_MEMORY, "by an atomic addition each time", 1e7, {STEP_ADD}, 1},
    {"file", IN_FILE, "reading it and then writing it", 1e5, {STEP_LOAD_FILE, STEP_STORE_FILE}, 2},
    {"file:yield",
     IN_FILE,
     "yielding between reading and writing it",
     4e4,
     {STEP_LOAD_FILE, STEP_YIELD, STEP_STORE_FILE},
     3},
    {"file:lock",
     IN_FILE,
     "reading and writing it under a lock of the file",
     2e4,
     {STEP_LOCK_FILE, STEP_LOAD_FILE, STEP_STORE_FILE, STEP_UNLOCK_FILE},
     4},
};

// NULL where there is none of that name.
static const struct way *way_named(const char *name)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (name == NULL || ways[i].name == NULL ? name == ways[i].name : strcmp(ways[i].name, name) == 0)
            return &ways[i];
    }
    return NULL;
}

static int fill(struct program *program, const struct way *way, uint64_t n)
{
    struct program *once = program_append_call(program, n);
    int err = once != NULL ? 0 : -ENOMEM;

    for (unsigned i = 0; err == 0 && i < way->length; i++)
        err = program_add(once, way->steps[i], way->steps[i] == STEP_ADD || way->steps[i] == STEP_YIELD);
    return err;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char count[UNITS_TEXT], text[UNITS_TEXT];
    const struct way *way = way_named(workload_argument_parts(argument, ':', count));
    uint64_t n;

    if (way_named(argument) != NULL) { // "file:lock": as often as by default
        way = way_named(argument);
        snprintf(count, sizeof count, "%s", DEFAULT_COUNT);
    }
    if (way == NULL || units_parse_count(count, &n) != 0 || n < 1 || n > 100000000)
        return workload_refuse(
            error,
            "'%s' is not how often to add, expected up to 100m such as race:1k, race:1k:yield, "
            "race:1k:lock or race:1k:atomic, or in a file such as race:1k:file, race:1k:file:yield or "
            "race:1k:file:lock",
            argument);
    workload->concurrency = LANES;
    workload->tasks = 2 * LANES;
    if (way->updates / (double)n > workload->tasks)
        workload->tasks = way->updates / (double)n < 100000 ? (uint32_t)(way->updates / (double)n) : 100000;
    snprintf(workload->describe, sizeof workload->describe, "adds 1 to %s that all share, %s time%s, %s", way->what,
             units_format_count(text, n), text_plural((double)n), way->how);
    return fill(workload_program(workload), way, n);
}

const struct workload_kind workload_race = {
    .name = "race",
    .group = "What goes wrong",
    .summary = "all tasks add to one counter: what is lost, and what the cure costs",
    .about =
        "All tasks add to one counter, by reading it, adding 1 and writing it back. Threads may be switched, or "
        "run on another core, between the reading and the writing; then two of them read the same number, and one "
        "addition is lost. The report says how many. Tasks of an event loop, coroutines and green threads only "
        "give way where they say so: they lose nothing, until there is a yield between reading and writing "
        "(race:1k:yield), which is where an await would be. The cures are a lock around both (race:1k:lock), or "
        "one addition that cannot be divided (race:1k:atomic); what they cost is the difference in time. "
        "Processes are no cure: those that share memory lose as threads do (processes-shm). Those that share none "
        "have no counter, and are skipped; but they too share files. With :file what all add to is a number in a "
        "file, which every model can do: race:1k:file loses wherever two run at once, race:1k:file:yield also where "
        "one gives way in between, and race:1k:file:lock, by the file's own lock (flock), nowhere. race:file is "
        "race:1k:file, and so on.",
    .example =
        "ccbench --model=threads,processes-shm,processes,async --workload=race:1k,race:1k:lock,race:1k:file,race:1k:file:lock",
    .default_argument = DEFAULT_COUNT,
    .argument = ARGUMENT_COUNT,
    .make = make,
};
