// SPDX-License-Identifier: MIT
// One page for people: what was found in words, in charts and in full. Nothing from outside, no script.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/words.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/format.h"
#include "reports/render/experiment.h"
#include "reports/render/gate_lines.h"
#include "reports/render/html.h"
#include "reports/render/html_block.h"
#include "reports/render/html_claims.h"
#include "reports/render/html_gate.h"
#include "reports/render/html_several.h"
#include "reports/render/runtimes_text.h"

// More are not named there.
#define TITLE_WORKLOADS 4

static void say_runtimes(FILE *out, const cJSON *document, const cJSON *block)
{
    runtimes_say(out, document);
}

// "7 models", "1 workload".
static void say_number(FILE *out, const cJSON *list, const char *noun)
{
    int n = cJSON_GetArraySize(list);

    fprintf(out, "%d %s%s", n, noun, text_plural(n));
}

// Of a sweep it stands there once for each value. Of stored documents these texts are not checked.
static bool is_new(const cJSON *workloads, const cJSON *workload)
{
    const cJSON *other;

    cJSON_ArrayForEach(other, workloads) {
        if (other == workload)
            return cJSON_IsString(workload);
        if (cJSON_IsString(other) && cJSON_IsString(workload) && strcmp(other->valuestring, workload->valuestring) == 0)
            return false;
    }
    return false;
}

static void say_title(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *workloads = field(document, "plan.workloads"), *workload;
    int n = 0;

    fputs("ccbench: ", out);
    cJSON_ArrayForEach(workload, workloads) {
        if (is_new(workloads, workload) && n++ < TITLE_WORKLOADS)
            fprintf(out, "%s%s", n > 1 ? ", " : "", cJSON_GetStringValue(workload));
    }
    fputs(n > TITLE_WORKLOADS ? ", … under " : " under ", out);
    say_number(out, field(document, "plan.models"), "model");
}

static void say_command(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *word;

    cJSON_ArrayForEach(word, field(document, "command")) {
        fputs(word != field(document, "command")->child ? " " : "", out);
        words_write(out, cJSON_IsString(word) ? word->valuestring : "?");
    }
}

static int write_fingerprint(FILE *out, const cJSON *document)
{
    const cJSON *item;
    int err = 0;

    html_pairs_begin(out, "The machine and the build");
    cJSON_ArrayForEach(item, field(document, "fingerprint.fields")) {
        if (err == 0)
            err = html_pair(out, field_text(item, "name"), field_text(item, "value"));
    }
    html_pairs_end(out);
    return err;
}

static const char *const how_to_read[] = {
    ("Each model carries out the same tasks, as many at once as is said, in a process of its own: a trial. A round is one trial of "
     "each, in an order that is drawn anew. A figure is the median of the rounds; its interval holds the true median in 95 of 100 "
     "cases, whatever the distribution, as long as rounds do not depend on each other."),
    ("Ranks are shared where the rounds, paired, show no difference: a smaller figure is not yet a better model. With fewer than 6 "
     "rounds there are no intervals, no rank is shared, and the order may be chance."),
    ("The ideal is what the tasks would take if nothing but their own waiting and computing took time."),
    ("docs/METHODOLOGY.md has the rest: what is measured, what is not, and every formula."),
};

static const struct html_term terms[] = {
    {"time", "of all tasks, with making what carries them (threads, processes, loops) and ending it."},
    {"±", "half of the interval's width over the median."},
    {"× sequential",
     "how many times as fast as the model it names. Each round has a ratio of its own, and this is the median of them: "
     "not the quotient of the two times shown."},
    {"of ideal",
     "ideal over time, the median of the rounds' own ratios, too: where tasks compute, each round has an ideal of its own. "
     "The ideal has as many tasks in flight as were asked for; sequential has one, so where tasks wait it is far from it."},
    {"cores used", "CPU time over time."},
    {"CPU per task", "CPU time of all threads and processes of the model, over the tasks."},
    {"latency",
     "from when there was room for the task (the one before it had ended), or where tasks arrive at a rate, from when it was to arrive, until its "
     "result is there."},
    {"slowest task",
     "of each round the slowest, and of these the median. The slowest of all rounds took longer: shapes show it."},
    {"gave way/interrupted",
     "context switches: how often a thread gave up its CPU by itself, mostly to wait, and how often the kernel "
     "took it away."},
    {"memory",
     "what carrying the tasks adds at the most to what the process took before: its own memory, its part of what is shared, page "
     "tables and kernel stacks, in an untimed trial of its own."},
    {"kept up",
     "whether tasks were carried out as fast as they arrived: in how many rounds, or else the rate it reached."},
};

static int write_how_to_read(FILE *out)
{
    int err = html_details_begin(out, "How to read this");

    for (size_t i = 0; err == 0 && i < sizeof how_to_read / sizeof *how_to_read; i++)
        err = html_element(out, "p", how_to_read[i]);
    fputs("<dl>\n", out);
    if (err == 0)
        err = html_terms(out, terms, sizeof terms / sizeof *terms);
    fputs("</dl>\n", out);
    html_details_end(out);
    return err;
}

static int write_details(FILE *out, const cJSON *document)
{
    int err = html_details_begin(out, "Machine, build, and the command that repeats it");

    if (err == 0)
        err = html_said(out, "pre", say_command, document, NULL);
    if (err == 0)
        err = write_fingerprint(out, document);
    html_details_end(out);
    return err == 0 ? write_how_to_read(out) : err;
}

// A block that belongs to a sweep is shown with it, where that is whole.
static bool stands_alone(const cJSON *block)
{
    return block_has_begun(block) && field(block, "sweep") == NULL;
}

typedef int section_writer(FILE *out, const cJSON *document, const cJSON *section, const struct report_style *style,
                           unsigned number);

static int each_section(FILE *out, const cJSON *document, const struct report_style *style, section_writer *write_block,
                        section_writer *write_sweep)
{
    const cJSON *block, *sweep;
    unsigned number = 1;
    int err = 0;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (err == 0 && stands_alone(block))
            err = write_block(out, document, block, style, number++);
    }
    cJSON_ArrayForEach(sweep, field(document, "sweeps")) {
        if (err == 0)
            err = write_sweep(out, document, sweep, style, number++);
    }
    return err;
}

static bool has_several_sections(const cJSON *document)
{
    const cJSON *block;
    int n = cJSON_GetArraySize(field(document, "sweeps"));

    cJSON_ArrayForEach(block, field(document, "workloads"))
        n += stands_alone(block);
    return n > 1;
}

static int write_contents(FILE *out, const cJSON *document, const struct report_style *style)
{
    int err;

    if (!has_several_sections(document))
        return 0;
    fputs("<nav aria-label=\"Contents\">\n<ul>\n", out);
    err = each_section(out, document, style, html_block_entry, html_sweep_entry);
    fputs("</ul>\n</nav>\n", out);
    return err;
}

static int begin_page(FILE *out, const cJSON *document, html_writer *title)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    title(said.out, document, NULL);
    err = text_stream_close(&said);
    if (err == 0)
        err = html_begin(out, said.text);
    free(said.text);
    return err;
}

static int page_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    int err = begin_page(out, document, say_title);

    if (err == 0)
        err = html_said(out, "p", experiment_say_machine, document, NULL);
    if (err == 0)
        err = html_said(out, "p", say_runtimes, document, NULL);
    if (err == 0 && field(document, "interrupted") != NULL)
        err = html_element(out, "p", "The run was interrupted: what is here was measured before.");
    if (err == 0)
        err = write_contents(out, document, style);
    if (err == 0)
        err = each_section(out, document, style, html_block, html_sweep);
    if (err == 0)
        err = write_details(out, document);
    html_end(out);
    return err;
}

static void say_conclusion(FILE *out, const cJSON *document, const cJSON *block)
{
    gate_write_conclusion(out, document);
}

static int page_gate(const cJSON *document, const struct report_style *style, FILE *out)
{
    int err = begin_page(out, document, say_conclusion);

    if (err == 0)
        err = html_gate_write(document, out);
    html_end(out);
    return err;
}

static int page_several(const cJSON *document, const struct report_style *style, FILE *out)
{
    const struct report_style wide = {.utf8 = true};
    int err = html_begin(out, "ccbench: reports of several machines");

    if (err == 0)
        err = html_several_write(document, &wide, out);
    html_end(out);
    return err;
}

const struct report_format report_format_html = {
    .name = "html",
    .suffix = "html",
    .summary = "a page with charts, for a browser, a mail or an artefact: one file, no script",
    .end = page_end,
    .gate = page_gate,
    .several = page_several,
    .claims = &html_claims,
};
