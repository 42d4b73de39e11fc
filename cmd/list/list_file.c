// SPDX-License-Identifier: MIT
#include "cmd/list/list_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/console/terminal.h"
#include "cmd/list/list_runs.h"
#include "cmd/plan/ideal.h"
#include "measure/base/text.h"
#include "workloads/program/compute.h"
#include "workloads/program/words.h"

#define WORDS 2000

static const char example[] = "{\n"
                              "  \"name\": \"shop\",\n"
                              "  \"tasks\": 64,\n"
                              "  \"concurrency\": 16,\n"
                              "  \"classes\": [\n"
                              "    {\n"
                              "      \"name\": \"page\",\n"
                              "      \"weight\": 9,\n"
                              "      \"steps\": [\n"
                              "        {\"fetch\": \"/delay/20ms/bytes/4k\"},\n"
                              "        {\"compute\": \"2ms\"},\n"
                              "        {\"sleep\": \"1ms\"}\n"
                              "      ]\n"
                              "    },\n"
                              "    {\n"
                              "      \"name\": \"report\",\n"
                              "      \"weight\": 1,\n"
                              "      \"steps\": [\n"
                              "        {\"repeat\": 3, \"steps\": [{\"read\": \"64k\"}, {\"fib\": 27}]}\n"
                              "      ]\n"
                              "    }\n"
                              "  ]\n"
                              "}\n";

void list_example(void)
{
    fputs(example, stdout);
}

// Cleaned, as the file's author may have written anything into it.
static void print_words(const char *words, size_t column, size_t indent)
{
    char *text = text_clean(words, terminal_utf8());

    if (text != NULL)
        text_wrap(stdout, text, column, indent, LIST_WIDTH);
    free(text);
}

static void print_classes(const struct block *block)
{
    const struct task_mix *mix = &block->workload.mix;
    bool open_loop = block->arrivals.rate_per_s > 0;
    char words[WORDS], share[UNITS_TEXT];

    for (size_t i = 0; i < mix->count; i++) {
        const struct task_class *class = &mix->classes[i];
        char *name = text_clean(class->name, terminal_utf8());
        size_t width = name != NULL && text_width(name) > 16 ? text_width(name) : 16;

        printf("  ");
        text_aligned(stdout, name != NULL ? name : "", width, true);
        printf("  %-12s  ", class_share_words(mix, i, open_loop, share));
        program_words(&class->program, words, sizeof words - 32);
        if (class->fails)
            strcat(words, "; must fail");
        print_words(words, width + 18, 34);
        free(name);
    }
}

static void print_load(const struct block *block)
{
    char count[UNITS_TEXT], span[UNITS_TEXT], line[200];

    units_format_count(count, block->tasks);
    if (block->arrivals.rate_per_s > 0)
        snprintf(line, sizeof line, "%s task%s that arrive%s within %s, at %.4g/s%s; at most %u in flight.", count,
                 text_plural(block->tasks), block->tasks == 1 ? "s" : "",
                 units_format_duration(span, (double)block->span_ns), block->arrivals.rate_per_s,
                 block->arrivals.constant ? " at even distances" : "", block->concurrency);
    else
        snprintf(line, sizeof line, "%s task%s, %u in flight.", count, text_plural(block->tasks), block->concurrency);
    print_words(line, 0, 0);
}

// The most that is said of a task without measuring: what it waits, and about what it computes.
static void print_kind(const struct block *block)
{
    const char *kind = ideal_kind(block);
    char waits[UNITS_TEXT], computes[UNITS_TEXT], line[240];
    double wait_ns = block->mean_wait_ns + block->mean_block_ns, compute_ns = block->mean_units * COMPUTE_CALL_NS;

    if (kind == NULL)
        snprintf(line, sizeof line, "Whether it is I/O-bound or CPU-bound, only measuring tells.");
    else if (strcmp(kind, "empty") == 0)
        snprintf(line, sizeof line, "There is no work in its tasks.");
    else
        snprintf(line, sizeof line, "It is %s%s: on average a task %s%s%s%s%s.", kind,
                 strcmp(kind, "mixed") == 0 ? ", neither I/O-bound nor CPU-bound alone" : "",
                 wait_ns > 0 ? "waits for " : "", wait_ns > 0 ? units_format_duration(waits, wait_ns) : "",
                 wait_ns > 0 && compute_ns > 0 ? " and " : "", compute_ns > 0 ? "computes for about " : "",
                 compute_ns > 0 ? units_format_duration(computes, compute_ns) : "");
    print_words(line, 0, 0);
}

static void print_ideal(const struct block *block)
{
    struct ideal ideal;
    char time[UNITS_TEXT], line[300];

    if (ideal_of(block, block->mean_units * COMPUTE_CALL_NS, &ideal))
        snprintf(line, sizeof line, "A perfect model takes %s%s = %s on this machine.",
                 block->mean_units > 0 ? "about " : "", units_format_duration(time, ideal.ns), ideal.formula);
    else
        snprintf(line, sizeof line, "There is no ideal time: %s%s.", ideal_missing(block),
                 block->arrivals.rate_per_s > 0 ? ", and what counts is how late they end" : "");
    print_words(line, 0, 0);
}

static void explain(const struct plan *plan, const char *path)
{
    const struct block *block = &plan->blocks[0];
    const struct workload *workload = &block->workload;
    char words[WORDS], line[WORDS + WORKLOAD_LABEL + 20], groups[200] = "";

    if (workload->mix.count == 1)
        program_words(&workload->mix.classes[0].program, words, sizeof words);
    snprintf(line, sizeof line, "%s: each task %s", workload->label,
             workload->mix.count == 1 ? words : workload->describe);
    print_words(line, 0, 0);
    putchar('\n');
    if (workload->mix.count > 1) {
        print_classes(block);
        putchar('\n');
    }
    print_load(block);
    print_kind(block);
    print_ideal(block);
    if (block->kinds & STEP_BIT(STEP_FUNCTION)) {
        putchar('\n');
        list_runs(block, groups, sizeof groups);
    }
    printf("\nTry: ccbench %s%s%s--workload=", groups[0] != '\0' ? "--model=" : "", groups,
           groups[0] != '\0' ? " " : "");
    print_words(path, 24, 24);
}

int list_file(const char *path)
{
    struct options options = {
        .models = {{"sequential"}, 1}, .reference = "sequential", .workloads = {{path}, 1}, .seed = 1};
    struct plan plan;
    int status;

    if (strchr(path, ',') != NULL && access(path, F_OK) != 0)
        return complain("%s: a comma separates workloads, expected a file's name without one", path);
    status = plan_make(&options, &plan);
    if (status != 0)
        return status;
    explain(&plan, path);
    plan_release(&plan);
    return EXIT_DONE;
}
