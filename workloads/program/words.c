// SPDX-License-Identifier: MIT
#include "workloads/program/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "workloads/program/json_path.h"

struct words {
    char *buf;
    size_t size, length; // the length that all would have
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
    size_t at = words->length < words->size ? words->length : words->size;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(words->buf + at, words->size - at, format, arguments);
    va_end(arguments);
    words->length += (size_t)length;
}

static void add_program(struct words *words, const struct program *program);

static void add_times(struct words *words, const char *what, uint64_t times)
{
    char count[UNITS_TEXT];

    add(words, times == 1 ? "%s" : "%s %s times", what, units_format_count(count, times));
}

static void add_compute(struct words *words, const struct step *step)
{
    char text[UNITS_TEXT];

    if (step->time_ns > 0) {
        add(words, "computes for %s", units_format_duration(text, (double)step->time_ns));
    } else {
        snprintf(text, sizeof text, "computes fib(%" PRIu64 ")", step->arg);
        add_times(words, text, step->times);
    }
    if (step->nogil)
        add(words, " without the interpreter's lock");
}

// Steps whose argument is a time or a size.
static void add_quantity(struct words *words, const struct step *step)
{
    static const char *const verbs[STEP_KIND_COUNT] = {
        [STEP_SLEEP] = "sleeps", [STEP_BLOCK] = "blocks for",  [STEP_READ] = "reads",
        [STEP_TAKE] = "is handed", [STEP_REPLY] = "hands back",
    };
    char text[UNITS_TEXT];

    if (step->kind == STEP_SLEEP || step->kind == STEP_BLOCK)
        units_format_duration(text, (double)step->arg);
    else
        units_format_bytes(text, (double)step->arg);
    add(words, "%s %s%s", verbs[step->kind], text,
        step->kind != STEP_READ ? "" : step->direct ? " from the device" : " of a file");
}

static void add_step(struct words *words, const struct step *step)
{
    static const char *const sentences[STEP_KIND_COUNT] = {
        [STEP_LOAD] = "reads the shared counter",
        [STEP_STORE] = "writes the shared counter",
        [STEP_LOCK] = "takes the lock",
        [STEP_UNLOCK] = "gives up the lock",
    };
    char text[UNITS_TEXT];

    if (sentences[step->kind] != NULL) {
        add(words, "%s", sentences[step->kind]);
    } else if (step->kind == STEP_FETCH) {
        add(words, "fetches %s", step->path);
    } else if (step->kind == STEP_COMPUTE) {
        add_compute(words, step);
    } else if (step->kind == STEP_YIELD) {
        add_times(words, "yields", step->arg);
    } else if (step->kind == STEP_ADD) {
        add(words, "adds %s to the shared counter", units_format_count(text, step->arg));
    } else if (step->kind == STEP_CALL) {
        add(words, "%s times (", units_format_count(text, step->arg));
        add_program(words, step->callee);
        add(words, ")");
    } else {
        add_quantity(words, step);
    }
}

static void add_program(struct words *words, const struct program *program)
{
    if (program->length == 0)
        add(words, "does nothing");
    // What does not fit is not looked at: there may be very many of them.
    for (size_t i = 0; i < program->length && words->length < words->size; i++) {
        add(words, "%s", i > 0 ? ", " : "");
        add_step(words, &program->steps[i]);
    }
}

char *program_words(const struct program *program, char *buf, size_t size)
{
    static const char more[] = "...";
    struct words words = {.buf = buf, .size = size};

    buf[0] = '\0';
    add_program(&words, program);
    if (words.length >= size)
        strcpy(buf + json_clip(buf, size - sizeof more), more);
    return buf;
}

char *class_share_words(const struct task_mix *mix, size_t index, bool open_loop, char buf[UNITS_TEXT])
{
    const struct task_class *class = &mix->classes[index];
    char time[UNITS_TEXT];
    double sum = 0;

    if (open_loop && class->every_ns > 0) {
        snprintf(buf, UNITS_TEXT, "every %.20s", units_format_duration(time, (double)class->every_ns));
        return buf;
    }
    for (size_t i = 0; i < mix->count; i++)
        sum += open_loop && mix->classes[i].every_ns > 0 ? 0 : mix->classes[i].weight;
    snprintf(buf, UNITS_TEXT, "%.3g %%", 100 * class->weight / sum);
    return buf;
}
