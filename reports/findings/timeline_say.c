// SPDX-License-Identifier: MIT
#include "reports/findings/timeline_say.h"

#include "measure/base/text.h"
#include "reports/findings/figures.h"

// A wait for a turn that is shorter than this part of the whole is not told.
#define WORTH_TELLING 100

// Nor is waiting for a core, that all tasks together did for less than this part.
#define WORTH_A_WARNING 10

static const char *class_of(const struct timeline_names *names, uint32_t task)
{
    bool known = names->class_of != NULL && task < names->tasks && names->class_of[task] < names->class_count;

    return known && names->class_count > 1 ? names->classes[names->class_of[task]] : NULL;
}

static void write_task(char buf[TIMELINE_LABEL], const struct timeline_names *names, uint32_t task)
{
    const char *name = class_of(names, task);

    if (name == NULL)
        snprintf(buf, TIMELINE_LABEL, "task %u", task);
    else if (names->class_count == names->tasks)
        snprintf(buf, TIMELINE_LABEL, "%.60s", name);
    else
        snprintf(buf, TIMELINE_LABEL, "%.60s (task %u)", name, task);
}

char *timeline_label(const struct timeline_names *names, const struct timeline *timeline,
                     const struct timeline_row *row, char buf[TIMELINE_LABEL])
{
    char task[TIMELINE_LABEL];

    if (timeline->by_lane) {
        snprintf(buf, TIMELINE_LABEL, "lane %u", row->number);
    } else if (row->child > 0) {
        write_task(task, names, row->number);
        snprintf(buf, TIMELINE_LABEL, "child %u of %.78s", row->child, task);
    } else {
        write_task(buf, names, row->number);
    }
    return buf;
}

const char *timeline_state_words(enum timeline_state state)
{
    static const char *const words[TIMELINE_STATES] = {
        [TIMELINE_IDLE] = "not begun, or done; a lane: no task",
        [TIMELINE_WORKS] = "works",
        [TIMELINE_WAITS] = "waits",
        [TIMELINE_WAITS_LOCK] = "waits for a lock",
        [TIMELINE_BLOCKED] = "off its core by itself",
        [TIMELINE_READY_GIL] = "ready: waits for the GIL",
        [TIMELINE_READY_LOOP] = "ready: waits for its loop",
        [TIMELINE_READY_POOL] = "ready: waits for a thread of the pool",
        [TIMELINE_READY_CORE] = "ready: waits for a core",
        [TIMELINE_QUEUED] = "has arrived, and not begun",
    };

    return words[state];
}

const char *timeline_state_source(enum timeline_state state, bool switches)
{
    static const char *const sources[TIMELINE_STATES] = {
        [TIMELINE_IDLE] = "begin and end of the task",
        [TIMELINE_WORKS] = "begin and end of each step",
        [TIMELINE_WAITS] = "begin of the step, until it is due or its end",
        [TIMELINE_WAITS_LOCK] = "begin and end of the step",
        [TIMELINE_BLOCKED] = "the kernel's records of switches",
        [TIMELINE_READY_GIL] = "the model's lock: asked for, had",
        [TIMELINE_READY_LOOP] = "when it was due, or its loop saw it, until it went on",
        [TIMELINE_READY_POOL] = "begin of the step, until a thread of the pool began it",
        [TIMELINE_READY_CORE] = "when it was due, until it went on",
        [TIMELINE_QUEUED] = "when it was to arrive, until its begin",
    };

    if (switches && state == TIMELINE_WORKS)
        return "begin and end of each step, and the kernel's records of switches";
    if (switches && state == TIMELINE_READY_CORE)
        return "when it was due, until it went on, and the kernel's records of switches";
    return sources[state];
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void write_nobody(FILE *out, const struct timeline_facts *facts)
{
    if (facts->nobody_ns == 0)
        return;
    fputs("; for ", out);
    write_duration(out, (double)facts->nobody_ns);
    fputs(" a task was under way and none at work", out);
}

static void write_switches(FILE *out, const struct timeline_facts *facts)
{
    fprintf(out, ", %llu switch%s", (unsigned long long)facts->switches, facts->switches == 1 ? "" : "es");
    if (facts->switches > 0 && facts->forced == 0 && facts->yielded == 0)
        fputs(", only where a task waits or ends", out);
    if (facts->yielded > 0)
        fprintf(out, ", %llu of them where a task gives way", (unsigned long long)facts->yielded);
    if (facts->forced > 0)
        fprintf(out, ", %llu of them where the task could have gone on", (unsigned long long)facts->forced);
}

// Which of the two the picture shows, and how much of it.
static void say_how(FILE *out, const struct timeline_facts *facts)
{
    if (facts->most_under_way <= 1 && facts->most_at_work <= 1) {
        fputs("one after the other: never two tasks under way at once", out);
        write_nobody(out, facts);
    } else if (facts->most_at_work <= 1) {
        fputs("concurrent, not parallel: never two at work at once", out);
        write_switches(out, facts);
    } else if (share(facts->together_ns, facts->at_work_ns) < 0.01) {
        fputs("concurrent, hardly parallel: two at work at once for ", out);
        write_duration(out, (double)facts->together_ns);
        fputs(" of ", out);
        write_duration(out, (double)facts->at_work_ns);
        write_switches(out, facts);
    } else {
        fputs("parallel: two or more at work at once for ", out);
        write_percent(out, share(facts->together_ns, facts->length_ns));
        fprintf(out, " of the time, at most %u", facts->most_at_work);
    }
    fputc('\n', out);
}

static void say_lock(FILE *out, const struct timeline_facts *facts)
{
    if (facts->hand_overs == 0)
        return;
    fprintf(out, "the lock went from one thread to another %llu time%s", (unsigned long long)facts->hand_overs,
            text_plural((double)facts->hand_overs));
    if (facts->total_ns[TIMELINE_READY_GIL] > 0) {
        fputs("; tasks waited for it for ", out);
        write_duration(out, (double)facts->total_ns[TIMELINE_READY_GIL]);
        fputs(" together", out);
    }
    fputc('\n', out);
}

// What is waited for by who is ready.
static const char *const awaited[TIMELINE_STATES] = {
    [TIMELINE_READY_GIL] = "for the GIL",
    [TIMELINE_READY_LOOP] = "for its loop",
    [TIMELINE_READY_POOL] = "for a thread of the pool",
    [TIMELINE_READY_CORE] = "for a core",
    [TIMELINE_QUEUED] = "to begin",
};

static void say_longest(FILE *out, const struct timeline_facts *facts, const struct timeline_names *names,
                        const struct timeline *tasks)
{
    const struct timeline_wait *wait = &facts->longest;
    uint64_t ns = wait->end_ns - wait->begin_ns;
    char buf[TIMELINE_LABEL];

    if (wait->row == TIMELINE_NO_ROW || ns < facts->length_ns / WORTH_TELLING)
        return;
    fprintf(out, "the longest wait for a turn: %s, ", timeline_label(names, tasks, &tasks->rows[wait->row], buf));
    write_duration(out, (double)ns);
    fprintf(out, " %s", awaited[wait->state]);
    if (wait->other != TIMELINE_NO_ROW) {
        fprintf(out, ", while %s worked for ", timeline_label(names, tasks, &tasks->rows[wait->other], buf));
        write_duration(out, (double)wait->other_ns);
    }
    fputc('\n', out);
}

// Then the picture shows how cores were shared out more than how the model shares its tasks out.
static void say_cores(FILE *out, const struct timeline_facts *facts)
{
    uint64_t ready_ns = facts->total_ns[TIMELINE_READY_CORE];

    if (ready_ns <= facts->total_ns[TIMELINE_WORKS] || ready_ns < facts->length_ns / WORTH_A_WARNING)
        return;
    fputs("tasks waited for a core for ", out);
    write_duration(out, (double)ready_ns);
    fputs(" together, longer than they worked (", out);
    write_duration(out, (double)facts->total_ns[TIMELINE_WORKS]);
    fputs("): other programs had it, or there are more tasks than cores\n", out);
}

void timeline_say(FILE *out, const struct timeline_facts *facts, const struct timeline_names *names,
                  const struct timeline *tasks)
{
    say_how(out, facts);
    say_cores(out, facts);
    say_lock(out, facts);
    say_longest(out, facts, names, tasks);
}
