// SPDX-License-Identifier: MIT
#include "workloads/program/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/utf8.h"

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

static void add_work(struct words *words, const struct step *step)
{
    char time[UNITS_TEXT], amount[UNITS_TEXT + 8], text[UNITS_TEXT + 32];

    if (step->time_ns > 0)
        snprintf(amount, sizeof amount, "for %s", units_format_duration(time, (double)step->time_ns));
    else
        snprintf(amount, sizeof amount, "fib(%" PRIu64 ")", step->arg);
    snprintf(text, sizeof text, step_rows[step->kind].words, amount);
    add_times(words, text, step->time_ns > 0 ? 1 : step->times);
}

static void add_children(struct words *words, const struct step *step)
{
    char count[UNITS_TEXT], text[UNITS_TEXT + 16];

    snprintf(text, sizeof text, "%s %s", units_format_count(count, step->arg), step->arg == 1 ? "child" : "children");
    add(words, step_rows[step->kind].words, text);
}

static void add_options(struct words *words, const struct step *step)
{
    for (size_t i = 0; i < STEP_OPTION_COUNT; i++) {
        const struct step_option *option = &step_options[i];

        if (step_rows[step->kind].options & option->bit && !option->is_count)
            add(words, "%s", *(const bool *)((const char *)step + option->offset) ? option->with : option->without);
    }
}

static void add_value(struct words *words, const struct step *step)
{
    const struct step_row *row = &step_rows[step->kind];
    char text[UNITS_TEXT];

    if (row->value == VALUE_WORK)
        add_work(words, step);
    else if (row->value == VALUE_REPEATS)
        add_times(words, row->words, step->arg);
    else if (row->value == VALUE_LISTS)
        add_children(words, step);
    else if (row->value == VALUE_PATH || row->value == VALUE_FUNCTION)
        add(words, row->words, step->path);
    else if (row->value == VALUE_DURATION)
        add(words, row->words, units_format_duration(text, (double)step->arg));
    else if (row->value == VALUE_SIZE)
        add(words, row->words, units_format_bytes(text, (double)step->arg));
    else
        add(words, row->words, units_format_count(text, step->arg));
}

static void add_step(struct words *words, const struct step *step)
{
    add_value(words, step);
    add_options(words, step);
    for (uint64_t i = 0; i < step_callees(step) && words->length < words->size; i++) {
        add(words, step->kind == STEP_GATHER ? " (" : "(");
        add_program(words, &step->callee[i]);
        add(words, ")");
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
        strcpy(buf + utf8_clip(buf, size - sizeof more), more);
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
