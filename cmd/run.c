// SPDX-License-Identifier: MIT
// ccbench run: the comparison.
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "cmd/console/terminal.h"
#include "cmd/hosts/greeting.h"
#include "cmd/hosts/hosts.h"
#include "cmd/hosts/lifeline.h"
#include "cmd/plan/capacity_rule.h"
#include "cmd/plan/estimate.h"
#include "cmd/plan/preflight.h"
#include "cmd/plan/required.h"
#include "cmd/rounds/build_document.h"
#include "cmd/rounds/calibrate.h"
#include "cmd/rounds/capacity.h"
#include "cmd/rounds/describe.h"
#include "cmd/rounds/rounds.h"
#include "cmd/rounds/trials_origin.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/base/words.h"
#include "measure/machine/environment.h"
#include "reports/document/block.h"
#include "reports/findings/capacity.h"
#include "reports/findings/requirements.h"
#include "reports/findings/summary.h"
#include "reports/findings/sweeps.h"
#include "reports/format.h"
#include "runtimes/interpreter.h"
#include "runtimes/registry.h"

struct run {
    struct options options;
    struct lifeline lifeline; // at the end of which it runs; zeros: of none
    struct plan plan;
    struct capacity_rule rule; // with --rate=max
    struct trials trials;
    char **server_words; // of --server; NULL: none
    struct progress progress;
    const struct report_format *format;
    struct report_style style;
    cJSON *document;
    struct environment_course course;
    uint64_t start_ns;
    int signal; // that interrupted it; 0
    bool reader_gone;
};

// What the blocks after the i-th will take at least, and at most their share.
static uint64_t later_ns(const struct run *run, unsigned i, uint64_t share_ns)
{
    uint64_t sum_ns = 0;

    for (i++; i < run->plan.block_count; i++) {
        uint64_t ns = estimate_block(&run->plan, &run->plan.blocks[i], share_ns);

        sum_ns += share_ns != 0 && ns > share_ns ? share_ns : ns;
    }
    return sum_ns;
}

// The time that is left, shared out among the blocks that are left: what one does not need is the others'.
static uint64_t share_of(const struct run *run, unsigned i)
{
    uint64_t spent_ns = clock_now_ns() - run->start_ns;

    if (run->plan.time_limit_ns == 0)
        return 0;
    if (spent_ns >= run->plan.time_limit_ns)
        return 1;
    return estimate_share(&run->plan, i, run->plan.time_limit_ns - spent_ns);
}

static bool print_failed(struct run *run)
{
    int status = outputs_flush();

    run->reader_gone |= status == EXIT_SIGNAL + SIGPIPE;
    return status != 0;
}

static int begin_output(struct run *run)
{
    if (run->format->begin != NULL)
        run->format->begin(run->document, &run->style, stdout);
    return print_failed(run) ? EXIT_USAGE : 0;
}

// The sweep is shown as soon as it is whole.
static bool ends_sweep(const struct run *run, unsigned i)
{
    return i + 1 == run->plan.block_count || run->plan.blocks[i + 1].point.group != run->plan.blocks[i].point.group;
}

static int measure_block(struct run *run, unsigned i)
{
    struct block *block = &run->plan.blocks[i];
    uint64_t share_ns = share_of(run, i);
    struct rounds rounds = {
        .trials = &run->trials,
        .plan = &run->plan,
        .progress = &run->progress,
        .deadline_ns = share_ns != 0 ? clock_now_ns() + share_ns : 0,
        .later_ns = later_ns(run, i, share_ns),
        .rng = {.state = run->options.seed + i},
    };
    int err = run->options.rate_max ? capacity_measure(&rounds, &run->rule, block) : rounds_measure(&rounds, block);

    // What a quota took until now is a note below the block.
    environment_course_end(&run->course, cJSON_GetObjectItemCaseSensitive(run->document, "environment"));
    if (err == 0)
        err = summarise_block(run->document, block->json);
    if (err == 0 && block->point.group != 0 && ends_sweep(run, i))
        err = summarise_sweep(run->document, block->json);
    progress_clear(&run->progress);
    if (err != 0)
        return complain_of(err);
    run->style = terminal_style(&run->options); // the terminal's width may have changed
    if (run->format->block != NULL && block_has_begun(block->json))
        run->format->block(run->document, block->json, &run->style, stdout);
    return print_failed(run) ? EXIT_USAGE : 0;
}

// A failed or wrong cell is the run's failure; a skipped one is not.
static int status_of_cells(const struct run *run)
{
    for (unsigned i = 0; i < run->plan.block_count; i++) {
        const struct block *block = &run->plan.blocks[i];

        for (unsigned j = 0; j < block->cell_count; j++) {
            if (block->cells[j].status == CELL_FAILED || block->cells[j].status == CELL_WRONG)
                return EXIT_CELL;
        }
    }
    // 1 and 3 are EXIT_REGRESSION and EXIT_INCONCLUSIVE
    return run->options.rate_max ? capacity_status(run->document) : requirements_status(run->document);
}

// Of blocks of which nothing has been measured, from the i-th on, and why.
static void summarise_unmeasured(struct run *run, unsigned i, const char *why)
{
    for (; i < run->plan.block_count; i++) {
        build_statuses(&run->plan.blocks[i], why);
        summarise_block(run->document, run->plan.blocks[i].json);
    }
}

static int measure(struct run *run)
{
    int status = begin_output(run);
    unsigned i;

    for (i = 0; status == 0 && i < run->plan.block_count && (i == 0 || supervisor_interrupted() == 0); i++)
        status = measure_block(run, i);
    run->signal = supervisor_interrupted();
    if (run->signal != 0 && status == 0) {
        // What was not begun is left out of the table, and in the document without a sample.
        summarise_unmeasured(run, i, "no round was completed");
        summarise_sweeps(run->document);
    }
    return status;
}

// Who compared what it compares by itself, and has the real ones, is told of them.
static void hint_at_runtimes(const struct run *run)
{
    const struct interpreter *python;
    char words[160];

    if (run->options.models.count > 0 || run->signal != 0 || run->options.quiet ||
        strcmp(run->options.format, "table") != 0 || registry_find("python-loop") == NULL)
        return;
    python = interpreter_ask("python", NULL);
    if (python->path == NULL)
        return;
    snprintf(words, sizeof words, "%.80s %.20s is here: 'ccbench -m python' runs the real ones", python->typed,
             python->version != NULL ? python->version : "");
    putchar('\n');
    text_wrap(stdout, words, 0, 0, run->style.width);
}

// The last facts, what ends the report, and the files.
static int conclude(struct run *run)
{
    int status = run->signal != 0 ? EXIT_SIGNAL + run->signal : status_of_cells(run);

    environment_course_end(&run->course, cJSON_GetObjectItemCaseSensitive(run->document, "environment"));
    build_end(run->document, run->start_ns);
    json_set(run->document, "trials_ns", cJSON_CreateNumber((double)run->trials.spent_ns));
    json_set(run->document, "status", cJSON_CreateNumber(status));
    if (run->format->end != NULL && run->format->end(run->document, &run->style, stdout) != 0)
        status = complain("out of memory");
    hint_at_runtimes(run);
    if (print_failed(run))
        status = run->reader_gone ? EXIT_SIGNAL + SIGPIPE : EXIT_USAGE;
    if (outputs_write(&run->options, run->document) != 0)
        status = EXIT_USAGE;
    return status;
}

// A server that does not start is found out before anything is measured.
static int start_server_once(struct run *run)
{
    char error[WORDS_ERROR] = "out of memory";

    if (run->options.server == NULL)
        return 0;
    if (words_split(run->options.server, &run->server_words, error) != 0)
        return complain("--server: %s", error);
    run->trials.server_words = run->server_words;
    return trials_server_try(&run->trials, "server", run->options.server);
}

static int measure_and_report(struct run *run, int argc, char **argv)
{
    int status = start_server_once(run);
    cJSON *runtimes;

    if (status == 0)
        status = trials_origin_open(&run->trials, &run->plan);
    if (status != 0)
        return status;
    estimate_server(&run->plan, run->trials.server_start_ns);
    runtimes = describe_runtimes(&run->trials, &run->plan);
    calibrate_times(&run->trials, &run->plan);
    if (!run->options.quiet)
        preflight_warn(&run->plan);
    run->document = build_document(&run->plan, runtimes, argc - 1, argv + 1);
    environment_course_begin(&run->course);
    progress_open(&run->progress, run->options.quiet);
    run->trials.progress = &run->progress;
    status = measure(run);
    progress_clear(&run->progress);
    if (run->reader_gone)
        return EXIT_SIGNAL + SIGPIPE;
    return status == 0 ? conclude(run) : status;
}

static int carry_out(struct run *run, int argc, char **argv)
{
    int status, err;

    run->start_ns = clock_now_ns();
    err = trials_open(&run->trials, &run->plan, run->start_ns);
    if (err != 0)
        return complain("cannot supervise trials: %s", strerror(-err));
    status = measure_and_report(run, argc, argv);
    trials_close(&run->trials);
    return status;
}

static int dry_run(struct run *run)
{
    estimate_skip_planned(&run->plan);
    if (strcmp(run->options.format, "json") != 0) {
        preflight_print(&run->plan, stdout);
        return 0;
    }
    run->document = build_document(&run->plan, NULL, 0, NULL);
    // Nothing was run, so nothing is ok.
    summarise_unmeasured(run, 0, "only planned (--dry-run)");
    return run->format->end(run->document, &run->style, stdout) == 0 ? 0 : complain("out of memory");
}

static int parse(struct run *run, int argc, char **argv)
{
    int status = options_parse(&command_run, argc, argv, &run->options);

    if (status == 0 && run->options.argument_count > 0)
        status = command_unknown(&command_run, run->options.arguments[0]);
    if (run->options.memory_rounds == 0)
        run->options.memory_rounds = required_of_memory(&run->options) ? STATS_INTERVAL_LEAST : 1;
    return status;
}

// What can be told to be wrong before anything is run, here or elsewhere.
static int check(struct run *run)
{
    bool elsewhere = run->options.hosts.count > 0;
    int status = required_check(&run->plan);

    if (status == 0 && run->options.rate_max)
        status = capacity_rule_make(&run->plan, &run->rule);
    if (status == 0)
        status = outputs_suit(&run->options, elsewhere ? DOCUMENT_SEVERAL : DOCUMENT_REPORT);
    if (status == 0)
        status = outputs_check(&run->options);
    if (status != 0 || elsewhere || run->options.dry_run)
        return status;
    status = preflight_files(&run->plan);
    return status == 0 ? preflight_url(&run->options) : status;
}

static int run_planned(struct run *run, int argc, char **argv)
{
    int status;

    run->format = report_format_by_name(run->options.format);
    run->style = terminal_style(&run->options);
    status = check(run);
    if (status == 0 && run->options.dry_run)
        return dry_run(run);
    if (status == 0 && run->options.hosts.count > 0)
        return hosts_run(&command_run, &run->options, argc, argv);
    if (status == 0 && run->lifeline.greets)
        status = greeting_say(&run->plan);
    return status == 0 ? carry_out(run, argc, argv) : status;
}

// The options as they came over the lifeline, which starts no others.
static int parse_received(struct run *run)
{
    int status = parse(run, run->lifeline.argc, run->lifeline.argv);

    if (status == 0 && run->options.hosts.count > 0)
        return complain("--lifeline: the plan names hosts, expected none in it");
    return status;
}

static int command_main(int argc, char **argv)
{
    struct run run = {.signal = 0};
    int status = parse(&run, argc, argv);

    if (status == 0 && run.options.lifeline)
        status = lifeline_hold(argc == 2, &run.lifeline);
    if (status == 0 && run.lifeline.greets) {
        argc = run.lifeline.argc;
        argv = run.lifeline.argv;
        status = parse_received(&run);
    }
    if (status == 0)
        status = plan_make(&run.options, &run.plan);
    if (status == 0)
        status = run_planned(&run, argc, argv);
    cJSON_Delete(run.document);
    free(run.server_words);
    plan_release(&run.plan);
    lifeline_release(&run.lifeline);
    return status;
}

const struct command command_run = {
    .name = "run",
    .bit = COMMAND_RUN,
    .arguments = "",
    .summary = "Runs the same work under several concurrency models and compares them.",
    .main = command_main,
};
