// SPDX-License-Identifier: MIT
#include "reports/findings/timeline_picture.h"

#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/findings/figures.h"

// Less than this part of the CPU time is told as such.
#define LEAST_SHARE 0.001

int timeline_panel_make(struct timeline_panel *panel, const struct trace *trace, const struct timeline_steps *steps,
                        const uint64_t *arrivals_ns, bool by_lane)
{
    int err = timeline_make(trace, steps, arrivals_ns, &panel->tasks);

    if (err == 0)
        err = timeline_facts_find(trace, &panel->tasks, &panel->facts);
    if (err == 0 && by_lane)
        err = timeline_by_lane(&panel->tasks, trace->lanes, &panel->lanes);
    for (size_t i = 0; i < trace->event_count; i++)
        panel->steps += trace->events[i].what == TRACE_STEP_END;
    panel->events = trace->event_count;
    panel->dropped = trace->dropped;
    panel->switches_lost = trace->switches_lost;
    panel->traced_ns = panel->tasks.length_ns;
    snprintf(panel->no_switches, sizeof panel->no_switches, "%s", trace->no_switches != NULL ? trace->no_switches : "");
    return err;
}

void timeline_picture_release(struct timeline_picture *picture)
{
    for (size_t i = 0; i < picture->panel_count; i++) {
        timeline_release(&picture->panels[i].tasks);
        timeline_release(&picture->panels[i].lanes);
        free((char *)picture->panels[i].excuse);
    }
    free(picture->panels);
    picture->panels = NULL;
    picture->panel_count = 0;
}

uint64_t timeline_longest_ns(const struct timeline_picture *picture)
{
    uint64_t longest_ns = 1;

    for (size_t i = 0; i < picture->panel_count; i++)
        if (picture->panels[i].tasks.length_ns > longest_ns)
            longest_ns = picture->panels[i].tasks.length_ns;
    return longest_ns;
}

void timeline_states_drawn(const struct timeline_picture *picture, bool ret_drawn[TIMELINE_STATES])
{
    memset(ret_drawn, 0, TIMELINE_STATES * sizeof *ret_drawn);
    for (size_t i = 0; i < picture->panel_count; i++) {
        const struct timeline *drawn = timeline_drawn(picture, &picture->panels[i]);

        for (size_t j = 0; j < drawn->interval_count; j++)
            ret_drawn[drawn->intervals[j].state] = true;
    }
}

// How much a row has to show there; what is idle has nothing.
static uint64_t worth(const struct timeline *drawn, size_t r, const struct timeline_close *close)
{
    uint64_t sums_ns[TIMELINE_STATES] = {0};

    timeline_within(drawn, &drawn->rows[r], close->begin_ns, close->end_ns, sums_ns);
    return 2 * sums_ns[TIMELINE_WORKS] + sums_ns[TIMELINE_READY_GIL] + sums_ns[TIMELINE_READY_LOOP] +
           sums_ns[TIMELINE_READY_CORE] + sums_ns[TIMELINE_READY_POOL] + sums_ns[TIMELINE_QUEUED];
}

static int ascending(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

// Puts a row in where it is worth more than the least of those that are there; `first` are not given up.
static void choose(struct timeline_close *close, uint64_t worths[TIMELINE_CLOSE_ROWS], size_t first, size_t r,
                   uint64_t ns)
{
    size_t least = first;

    if (ns == 0)
        return;
    if (close->row_count < TIMELINE_CLOSE_ROWS) {
        least = close->row_count++;
    } else {
        for (size_t i = first; i < close->row_count; i++)
            least = worths[i] < worths[least] ? i : least;
        if (ns <= worths[least])
            return;
    }
    close->rows[least] = r;
    worths[least] = ns;
}

static void choose_rows(const struct timeline *drawn, struct timeline_close *close)
{
    uint64_t worths[TIMELINE_CLOSE_ROWS] = {0};
    size_t first = close->row_count;

    for (size_t r = 0; r < drawn->row_count; r++)
        if (first == 0 || close->rows[0] != r)
            choose(close, worths, first, r, worth(drawn, r, close));
    qsort(close->rows, close->row_count, sizeof *close->rows, ascending);
}

// A tenth of it before and behind, so that what comes before and after is seen.
static struct timeline_close around(const struct timeline_facts *facts, const char *what, uint64_t begin_ns,
                                    uint64_t end_ns)
{
    uint64_t margin_ns = (end_ns - begin_ns) / 10, length_ns = facts->length_ns;

    return (struct timeline_close){
        .what = what,
        .begin_ns = begin_ns > margin_ns ? begin_ns - margin_ns : 0,
        .end_ns = length_ns - end_ns > margin_ns ? end_ns + margin_ns : length_ns,
    };
}

void timeline_closes_find(const struct timeline_picture *picture, const struct timeline_panel *panel,
                          struct timeline_close ret_closes[TIMELINE_CLOSES])
{
    const struct timeline *drawn = timeline_drawn(picture, panel);
    const struct timeline_facts *facts = &panel->facts;
    const struct timeline_wait *wait = &facts->longest;
    uint64_t busy_end_ns = facts->busiest_ns + timeline_close_ns(facts);

    memset(ret_closes, 0, TIMELINE_CLOSES * sizeof *ret_closes);
    if (facts->busiest_turns > 0) {
        ret_closes[0] = around(facts, "the busiest moment", facts->busiest_ns,
                               busy_end_ns < facts->length_ns ? busy_end_ns : facts->length_ns);
        choose_rows(drawn, &ret_closes[0]);
    }
    if (wait->row == TIMELINE_NO_ROW)
        return;
    ret_closes[1] = around(facts, "the longest wait for a turn", wait->begin_ns, wait->end_ns);
    if (!picture->by_lane)
        ret_closes[1].rows[ret_closes[1].row_count++] = wait->row;
    choose_rows(drawn, &ret_closes[1]);
}

void timeline_say_close(FILE *out, const struct timeline_close *close)
{
    fprintf(out, "%s, enlarged: ", close->what);
    write_duration(out, (double)(close->end_ns - close->begin_ns));
    fputs(" from ", out);
    write_duration(out, (double)close->begin_ns);
    fputs(" on\n", out);
}

// What else there is to say where a stamp's own cost is not known: of two trials, so that chance is in it.
static void say_difference(FILE *out, const struct timeline_panel *panel)
{
    if (panel->traced_cpu_ns == 0 || panel->untraced_cpu_ns == 0)
        return;
    if (panel->traced_cpu_ns <= panel->untraced_cpu_ns) {
        fputs("; traced it took no more CPU time", out);
        return;
    }
    fputs("; traced it took ", out);
    write_percent(out, (double)panel->traced_cpu_ns / (double)panel->untraced_cpu_ns - 1);
    fputs(" more CPU time, chance included", out);
}

void timeline_say_cost(FILE *out, const struct timeline_panel *panel)
{
    double cost_ns = (double)panel->events * (double)panel->stamp_ns;

    if (panel->untraced_ns == 0)
        return;
    fputs("untraced ", out);
    write_duration(out, (double)panel->untraced_ns);
    if (panel->stamp_ns == 0)
        say_difference(out, panel);
    if (panel->stamp_ns == 0 || panel->untraced_cpu_ns == 0)
        return;
    fputs("; tracing cost ", out);
    if (cost_ns < LEAST_SHARE * (double)panel->untraced_cpu_ns)
        fputs("less than 0.1 %", out);
    else
        write_percent(out, cost_ns / (double)panel->untraced_cpu_ns);
    fprintf(out, " of its CPU time: %llu stamps of ", (unsigned long long)panel->events);
    write_duration(out, (double)panel->stamp_ns);
    fputs(", ", out);
    write_duration(out, cost_ns / (double)(panel->steps > 0 ? panel->steps : 1));
    fputs(" a step", out);
}

void timeline_say_trial(FILE *out, const struct timeline_panel *panel, const char *before, const char *behind)
{
    if (panel->excuse != NULL) {
        fputs(panel->excuse, out);
        return;
    }
    write_duration(out, (double)panel->traced_ns);
    fputs(panel->untraced_ns > 0 ? before : "", out);
    timeline_say_cost(out, panel);
    fputs(panel->untraced_ns > 0 ? behind : "", out);
}

// Whether it is the first panel that lacks the records for that reason.
static bool is_first(const struct timeline_picture *picture, size_t panel)
{
    for (size_t i = 0; i < panel; i++)
        if (strcmp(picture->panels[i].no_switches, picture->panels[panel].no_switches) == 0)
            return false;
    return picture->panels[panel].no_switches[0] != '\0';
}

void timeline_notes(FILE *out, const struct timeline_picture *picture)
{
    for (size_t i = 0; i < picture->panel_count; i++) {
        const struct timeline_panel *panel = &picture->panels[i];

        if (panel->dropped > 0)
            fprintf(out, "%s: %llu event%s found no room, so that rows show less than there was\n", panel->model,
                    (unsigned long long)panel->dropped, text_plural((double)panel->dropped));
        if (panel->switches_lost > 0)
            fprintf(out, "%s: %llu of the kernel's records of switches found no room\n", panel->model,
                    (unsigned long long)panel->switches_lost);
        if (is_first(picture, i))
            fprintf(out, "when threads were on a core is not known (%s): what works may wait for a core\n",
                    panel->no_switches);
    }
}
