// SPDX-License-Identifier: MIT
#include "cmd/rounds/stall.h"

#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/procfs.h"

// A server that is slow with all is none that forgets some: it has so many times the longest answer.
#define LONGEST_TIMES 20
// Where it is not certain, it has so many times the patience; where a lane had ended a task before it got stuck, so many:
// such a server has answered its connection before, or was late to accept it.
#define DOUBT_TIMES 4
#define LATE_TIMES 8

struct view {
    uint32_t ended, stuck; // stuck: all others. Not every model's are stamped when they begin
    uint32_t last_stuck;   // index
    uint64_t longest_ns;
    uint64_t last_arrival_ns; // of an open loop: after the run began, which was at run_ns or before
    uint64_t run_ns;
};

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// No task begins before it has arrived.
static void note_begin(const struct stall *stall, uint32_t i, uint64_t begin_ns, struct view *view)
{
    uint64_t run_ns = begin_ns - stall->slots[i].arrival_ns;

    if (stall->open_loop && run_ns < view->run_ns)
        view->run_ns = run_ns;
}

static struct view look(const struct stall *stall)
{
    struct view view = {.run_ns = UINT64_MAX};

    for (uint32_t i = 0; i < stall->tasks; i++) {
        uint64_t begin_ns = __atomic_load_n(&stall->slots[i].begin_ns, __ATOMIC_RELAXED);
        uint64_t end_ns = __atomic_load_n(&stall->slots[i].end_ns, __ATOMIC_RELAXED);

        if (stall->open_loop)
            view.last_arrival_ns = most(stall->slots[i].arrival_ns, view.last_arrival_ns);
        if (end_ns != 0) {
            view.ended++;
            view.longest_ns = most(end_ns - begin_ns, view.longest_ns);
            note_begin(stall, i, begin_ns, &view);
        } else {
            view.stuck++;
            view.last_stuck = i;
        }
    }
    return view;
}

// The lanes that have what is left, at least.
static uint32_t stuck_lanes(const struct stall *stall, const struct view *view)
{
    return (view->stuck + stall->chunk - 1) / stall->chunk;
}

// All is done but what some lanes have taken, and at least one lane has gone on.
static bool some_never_answered(const struct stall *stall, const struct view *view)
{
    return view->ended > 0 && view->stuck > 0 && stuck_lanes(stall, view) < stall->lanes;
}

// How long nothing must have happened where no connection is seen to wait.
static uint64_t doubt_ns(const struct stall *stall, const struct view *view)
{
    return stall->patience_ns * (view->last_stuck < stall->lanes ? DOUBT_TIMES : LATE_TIMES);
}

static const char *verb(bool certain)
{
    return certain ? "answers" : "seems to answer";
}

// Connections to the port that are made and wait to be accepted, as far as the kernel shows them: on this machine.
static unsigned long backlog(unsigned port)
{
    unsigned long sum = 0;

    for (int six = 0; port != 0 && six < 2; six++) {
        char *table = procfs_text("/proc/net/tcp%s", six ? "6" : ""), *rest = NULL;

        for (char *line = table != NULL ? strtok_r(table, "\n", &rest) : NULL; line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            unsigned local, state;
            unsigned long waiting;

            if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%lx", &local, &state, &waiting) == 3 &&
                local == port && state == TCP_LISTEN)
                sum += waiting;
        }
        free(table);
    }
    return sum;
}

// How long nothing has happened, though every task had arrived.
static uint64_t idle_for(const struct stall *stall, const struct view *view, uint64_t now_ns)
{
    uint64_t since_ns = stall->since_ns;

    if (stall->open_loop && view->ended > 0)
        since_ns = most(since_ns, view->run_ns + view->last_arrival_ns);
    return now_ns > since_ns ? now_ns - since_ns : 0;
}

const char *stall_look(struct stall *stall, uint64_t now_ns)
{
    struct view view = look(stall);
    uint32_t answered = stall->lanes - stuck_lanes(stall, &view);
    uint64_t idle_ns;
    bool queued;

    if (view.ended != stall->ended || stall->since_ns == 0) {
        stall->ended = view.ended;
        stall->since_ns = now_ns;
    }
    idle_ns = idle_for(stall, &view, now_ns);
    if (!some_never_answered(stall, &view) || idle_ns < stall->patience_ns || idle_ns < LONGEST_TIMES * view.longest_ns)
        return NULL;
    // Where the others wait to be accepted there is no doubt. Else one of its workers may only be slow to begin.
    queued = backlog(stall->port) > 0;
    if (!queued && idle_ns < doubt_ns(stall, &view))
        return NULL;
    // How many of an open loop's connections were in use at once is not known.
    if (answered > 1 && stall->open_loop)
        snprintf(stall->text, sizeof stall->text, "the server %s fewer than %u connections at a time: try -c 1",
                 verb(queued), stall->lanes);
    else if (answered == 1)
        snprintf(stall->text, sizeof stall->text, "the server %s one connection at a time: try -c 1", verb(queued));
    else
        snprintf(stall->text, sizeof stall->text, "the server %s %u connections at a time: try -c %u", verb(queued),
                 answered, answered);
    return stall->text;
}
