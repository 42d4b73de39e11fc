// SPDX-License-Identifier: MIT
// The timelines of several models, below each other on one axis of time: what every drawing of them is made from.
#pragma once

#include "reports/findings/timeline_say.h"

// One model's.
struct timeline_panel {
    const char *model;  // its label; not owned
    const char *excuse; // why nothing is drawn; NULL: something is. Owned
    struct timeline tasks;
    struct timeline lanes; // where the rows are lanes
    struct timeline_facts facts;
    uint64_t events, stamp_ns;               // of the trace, and what making one costs; 0: not known
    uint64_t steps;                          // that ended
    uint64_t dropped, switches_lost;         // events and records that found no room
    char no_switches[120];                   // why the kernel's records are not there; "": they are
    uint64_t traced_cpu_ns, untraced_cpu_ns; // of the two trials; 0: not known
    uint64_t traced_ns, untraced_ns;         // the run phase of the traced trial, and of one that was not; 0: not known
    const struct timeline_names *names;      // not owned
};

struct timeline_picture {
    char title[400];               // "breakfast: 2 tasks, 2 in flight"
    struct timeline_panel *panels; // owned
    size_t panel_count;
    bool by_lane;
};

// What the panel draws: by task or by lane.
static inline const struct timeline *timeline_drawn(const struct timeline_picture *picture,
                                                    const struct timeline_panel *panel)
{
    return picture->by_lane ? &panel->lanes : &panel->tasks;
}

// The panel's rows, facts and counts of a trace that was read; `arrivals_ns` as timeline_make() has it. 0 or -ENOMEM.
int timeline_panel_make(struct timeline_panel *panel, const struct trace *trace, const struct timeline_steps *steps,
                        const uint64_t *arrivals_ns, bool by_lane);
void timeline_picture_release(struct timeline_picture *picture);

// More rows are drawn as shares.
#define TIMELINE_ROWS_MOST 24
static inline bool timeline_is_dense(const struct timeline *drawn)
{
    return drawn->row_count > TIMELINE_ROWS_MOST;
}

// Where the axis ends: the longest of all panels; at least 1.
uint64_t timeline_longest_ns(const struct timeline_picture *picture);

// Which states occur in what is drawn.
void timeline_states_drawn(const struct timeline_picture *picture, bool ret_drawn[TIMELINE_STATES]);

// A part of a panel that is drawn once more, larger.
#define TIMELINE_CLOSE_ROWS 8
struct timeline_close {
    const char *what; // "the busiest moment"; NULL: there is none
    uint64_t begin_ns, end_ns;
    size_t rows[TIMELINE_CLOSE_ROWS]; // of the drawn ones, ascending: those that work most in it, and whose wait it is
    size_t row_count;
};
#define TIMELINE_CLOSES 2
// "the busiest moment, enlarged: 5.50 ms from 21.0 ms on"
void timeline_say_close(FILE *out, const struct timeline_close *close);

// The busiest moment and the longest wait.
void timeline_closes_find(const struct timeline_picture *picture, const struct timeline_panel *panel,
                          struct timeline_close ret_closes[TIMELINE_CLOSES]);

// What tracing cost, and a trial that was not traced: "untraced 119 ms; tracing cost 1.2 % of its CPU time: 12 stamps of 310 ns,
// 620 ns a step"; where stamps are another runtime's, how much more CPU time the traced trial took.
void timeline_say_cost(FILE *out, const struct timeline_panel *panel);

// How long the trial of a panel took, and what tracing it cost between those two texts, if that is known: "121 ms (untraced …)"; or
// why there is nothing.
void timeline_say_trial(FILE *out, const struct timeline_panel *panel, const char *before, const char *behind);

// What is to be said of how all was traced: what found no room, and why there are no records of switches; each a sentence with a
// newline behind it.
void timeline_notes(FILE *out, const struct timeline_picture *picture);
