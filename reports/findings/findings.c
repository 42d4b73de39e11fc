// SPDX-License-Identifier: MIT
// The plain sentences under a table: which model to choose, what it costs, why the others lose. They say what intervals
// show, hold few figures that change from run to run, and draw their lines where models seldom lie: at 10 % of time, at
// twice the cost.
#include "reports/findings/findings.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/capacity.h"
#include "reports/findings/choice.h"
#include "reports/findings/contest.h"
#include "reports/findings/figures.h"
#include "reports/findings/findings_client.h"
#include "reports/findings/findings_require.h"
#include "reports/findings/findings_tasks.h"
#include "reports/findings/findings_why.h"
#include "reports/findings/more_rounds.h"
#include "reports/findings/ranking.h"
#include "reports/findings/wording.h"
#include "reports/findings/yardstick.h"

#define OF_THOSE "Of those that did not, "

// How it is said of times, and of the latencies of an open loop.
struct words {
    const char *was_as_good, *was_better, *equal, *tied, *close;
    const char *least, *times; // of what was seen, in too few rounds
};

static const struct words *words_of(const cJSON *block)
{
    static const struct words of_time = {
        .was_as_good = "nothing else was as fast",
        .was_better = "it was faster than the rest",
        .equal = "are equally fast (within 10 %)",
        .tied = "cannot be told apart in time (within 25 %)",
        .close = "are close in time (within 25 %)",
        .least = "took the least time",
        .times = "much",
    };
    static const struct words of_latency = {
        .was_as_good = "nothing else had as low a latency",
        .was_better = "it had lower latency than the rest",
        .equal = "have equally low latency (within 10 %)",
        .tied = "cannot be told apart in latency (within 25 %)",
        .close = "are close in latency (within 25 %)",
        .least = "had the lowest latency",
        .times = "high",
    };

    return block_open_loop(block) ? &of_latency : &of_time;
}

// The fast ones, in the order of the plan.
static void write_fast(FILE *out, const struct contest *contest)
{
    const cJSON **cells = calloc(contest->fast_n + 1, sizeof *cells);
    const cJSON *cell;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(contest->block, "cells")) {
        size_t place = contest_place(contest, cell);

        if (cells != NULL && place < contest->n && contest->fast[place])
            cells[n++] = cell;
    }
    if (cells != NULL)
        write_names(out, cells, n, "and");
    free(cells);
}

static void write_pair(FILE *out, const struct choice_pair *pair, const char *what, const char *separator)
{
    if (pair->more != NULL)
        fprintf(out, "%s%s cost%s much more %s than %s", separator, field_text(pair->more, "model"),
                names_are_plural(&pair->more, 1) ? "" : "s", what, field_text(pair->less, "model"));
}

static void write_advice_by_cost(FILE *out, const struct contest *contest, const struct choice *choice)
{
    if (choice->rest_n > 0) {
        fputs(contest->fast_n > 2 ? "of these, choose " : "choose ", out);
        write_names(out, choice->chosen, choice->n, "or");
        fputs(": ", out);
        write_names(out, choice->rest, choice->rest_n, "and");
        fprintf(out, " %s much more %s.", names_are_plural(choice->rest, choice->rest_n) ? "cost" : "costs",
                choice->cpu      ? "CPU"
                : choice->memory ? "memory"
                                 : "CPU or memory");
    } else if (choice->by_cpu.more != NULL || choice->by_memory.more != NULL) {
        fputs("choose by the cost: ", out);
        write_pair(out, &choice->by_cpu, "CPU", "");
        write_pair(out, &choice->by_memory, "memory", choice->by_cpu.more != NULL ? "; " : "");
        fputc('.', out);
    } else {
        fputs("none costs much more CPU or memory than another, so choose by how the code reads.", out);
    }
}

static int write_by_cost(FILE *out, const struct contest *contest)
{
    const struct words *words = words_of(contest->block);
    struct choice choice;
    int err = choice_open(contest, &choice);

    if (err == 0) {
        write_fast(out, contest);
        fprintf(out, " %s; ",
                contest->outcome == CONTEST_EQUAL ? (contest->tied ? words->equal : "differ by less than 10 %")
                : contest->tied                   ? words->tied
                                                  : words->close);
        write_advice_by_cost(out, contest, &choice);
    }
    choice_release(&choice);
    return err;
}

// The widest interval among the fast ones, as the table has it.
static double widest(const struct contest *contest)
{
    double share = 0;

    for (size_t i = 0; i < contest->n; i++) {
        const cJSON *figure = yardstick_statistic(yardstick_of(contest->block, contest->cells[i]), contest->cells[i]);
        double half = (field_number(figure, "high") - field_number(figure, "low")) / 2;

        if (contest->fast[i])
            share = fmax(share, half / field_number(figure, "median"));
    }
    return share;
}

// Where tasks compute, what others on the machine do lengthens the time, and CPU time hardly.
static void write_by_cpu(FILE *out, const struct contest *contest)
{
    const cJSON *least = NULL;
    enum contest_cpu shown = contest_by_cpu(contest, &least);

    if (shown == CONTEST_CPU_UNKNOWN) {
        fputs("no advice.", out);
        return;
    }
    fputs("in CPU time per task, which noise touches less, ", out);
    if (shown == CONTEST_CPU_EQUAL)
        fputs("they differ by less than 10 %.", out);
    else
        fprintf(out, "%s %s the least.", field_text(least, "model"), names_are_plural(&least, 1) ? "need" : "needs");
}

static void write_noise(FILE *out, const struct contest *contest, bool begins)
{
    if (contest->fast_n < contest->n) {
        fputs(begins ? "Of " : "of ", out);
        write_fast(out, contest);
        fputs(": too", out);
    } else {
        fputs(begins ? "Too" : "too", out);
    }
    fputs(" noisy to tell (± up to ", out);
    write_percent(out, widest(contest));
    fputs("); ", out);
    write_by_cpu(out, contest);
}

static void write_times(FILE *out, const struct contest *contest, size_t place)
{
    double ratio = ranking_figure(contest->block, contest->cells[place]) /
                   ranking_figure(contest->block, contest->cells[0]);
    const char *what = words_of(contest->block)->times;

    if (ratio < 1.05)
        fprintf(out, "about as %s", what);
    else
        fprintf(out, "%.*f times as %s", ratio < 9.95 ? 1 : 0, ratio, what);
}

// What was seen, where nothing can be concluded from it; and what to type for more.
static void write_seen(FILE *out, const struct contest *contest, bool begins)
{
    fprintf(out, "%s in %zu round%s: %s %s, %s ", begins ? "Seen" : "seen", contest->rounds,
            text_plural((double)contest->rounds), field_text(contest->cells[0], "model"),
            words_of(contest->block)->least, field_text(contest->cells[1], "model"));
    write_times(out, contest, 1);
    if (contest->n > 2) {
        fputs(contest->n > 3 ? ", the rest up to " : ", ", out);
        fprintf(out, "%s%s", contest->n > 3 ? "" : field_text(contest->cells[2], "model"), contest->n > 3 ? "" : " ");
        write_times(out, contest, contest->n - 1);
    }
    fputs("; that may be chance. To tell: ", out);
    write_more_rounds(out, more_rounds_ns(contest->block));
    fputc('.', out);
}

static int write_outcome(FILE *out, const struct contest *contest, bool others_failed)
{
    const struct words *words = words_of(contest->block);
    const char *first = field_text(contest->cells[0], "model"), *choose = others_failed ? "choose" : "Choose";

    fputs(others_failed ? OF_THOSE : "", out);
    switch (contest->outcome) {
    case CONTEST_AHEAD:
        fprintf(out, "%s %s: %s.", choose, first, words->was_as_good);
        return 0;
    case CONTEST_FASTER:
        fprintf(out, "%s %s: %s, though perhaps by less than 10 %%.", choose, first, words->was_better);
        return 0;
    case CONTEST_EQUAL:
    case CONTEST_CLOSE:
        return write_by_cost(out, contest);
    case CONTEST_NOISY:
        write_noise(out, contest, !others_failed);
        return 0;
    case CONTEST_FEW:
        write_seen(out, contest, !others_failed);
        return 0;
    case CONTEST_NONE:
        break;
    }
    return 0;
}

// Another that shows something beside it, where the program has it.
static const char *another_in_c(const cJSON *document, const cJSON *block, const char *model)
{
    bool computes = field_is(block, "kind", "CPU-bound"),
         loops = field_text(document, "ccbench.libraries.libuv") != NULL;
    const char *name = computes || !loops ? "processes" : "async";

    // "threads:stack=64k" is threads.
    return strncmp(model, name, strcspn(model, ":")) == 0 ? "threads" : name;
}

// What there is of a language beside its plain loop, where it comes with ccbench; else nothing is known of it.
static const char *beside_loop(const char *loop)
{
    static const char *const known[][2] = {{"python-loop", "python-threads"}, {"go-loop", "go"}, {"node-loop", "node"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i][0], loop) == 0)
            return known[i][1];
    }
    return NULL;
}

// Of another language its plain loop, under the same interpreter; beside the loop itself another one. NULL: none is known.
static const char *another(const cJSON *document, const cJSON *block, const cJSON *cell, char buf[BLOCK_LOOP])
{
    const char *model = field_text(cell, "model"), *loop = field_text(cell, "loop"), *interpreter = strchr(model, '@');
    size_t length = strcspn(model, ":@");

    if (!cJSON_HasObjectItem(cell, "loop"))
        return another_in_c(document, block, model);
    if (loop != NULL && strlen(loop) == length && strncmp(model, loop, length) == 0)
        loop = beside_loop(loop);
    if (loop == NULL)
        return NULL;
    snprintf(buf, BLOCK_LOOP, "%s%.*s", loop, interpreter != NULL ? (int)strcspn(interpreter, ":") : 0,
             interpreter != NULL ? interpreter : "");
    return buf;
}

static void write_alone(FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell)
{
    const char *model = field_text(cell, "model"), *other;
    char buf[BLOCK_LOOP];

    if (cJSON_GetArraySize(field(block, "cells")) != 1) {
        fprintf(out, "Only %s completed this workload: there is nothing to compare it with.", model);
    } else {
        other = another(document, block, cell, buf);
        fprintf(out, "One model was run; add another%s%s%s%s.", other != NULL ? ": -m " : "",
                other != NULL ? model : "", other != NULL ? "," : "", other != NULL ? other : "");
    }
}

// Where some are out of the question (the sentence before says why), who they are is not said again.
static void say_choice(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    const cJSON **all = cells_where(block, NULL, &n);
    struct contest contest;
    int err = contest_open(block, &contest);

    if (all == NULL || err < 0)
        ; // out of memory: better no sentence than a wrong one
    else if (n == 0)
        fputs("No model completed this workload.", out);
    else if (n == 1)
        write_alone(out, document, block, all[0]);
    else if (contest.outcome != CONTEST_NONE)
        write_outcome(out, &contest, contest.n < n && !block_open_loop(block));
    contest_release(&contest);
    free(all);
}

// What is required comes first, a sentence each. 0 or -ENOMEM.
static int add_requirements(cJSON *sentences, const cJSON *document, const cJSON *block)
{
    int count = cJSON_GetArraySize(field(document, "plan.require")), err = 0;

    for (int i = count - 1; err == 0 && i >= 0; i--) {
        struct text_stream text;

        err = text_stream_open(&text);
        if (err != 0)
            return err;
        requirement_say(text.out, document, block, i);
        err = text_stream_close(&text);
        if (err == 0 && text.length > 0)
            cJSON_InsertItemInArray(sentences, 0, cJSON_CreateString(text.text));
        free(text.text);
    }
    return err;
}

cJSON *findings_make(const cJSON *document, const cJSON *block)
{
    static sentence_writer *const writers[] = {say_stalls, say_failures, say_lost_updates, say_kept_up, say_behind,
                                               say_choice, say_price,    say_client,       say_causes,  NULL};
    static sentence_writer *const of_capacity[] = {capacity_say, capacity_say_one_end, capacity_say_wide, say_failures,
                                                   NULL};
    cJSON *sentences = sentences_make(block_is_searched(block) ? of_capacity : writers, document, block);

    if (sentences != NULL && add_requirements(sentences, document, block) != 0) {
        cJSON_Delete(sentences);
        return NULL;
    }
    return sentences;
}
