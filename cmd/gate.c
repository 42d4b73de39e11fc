// SPDX-License-Identifier: MIT
// ccbench gate: whether one build is slower than another.
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "cmd/console/terminal.h"
#include "cmd/plan/estimate.h"
#include "cmd/plan/preflight.h"
#include "cmd/rounds/build_document.h"
#include "cmd/rounds/calibrate.h"
#include "cmd/rounds/describe.h"
#include "cmd/rounds/gate_document.h"
#include "cmd/rounds/trials_origin.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/base/cpus.h"
#include "measure/base/json.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "measure/pairs_looks.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/findings/gate_summary.h"

// Six cells with the basic workloads: one model with a stack, one with a loop.
static const char default_models[] = "threads,eventloop";
// Short trials, of which there are more in the same time (--repeat).
static const char default_workloads[] = "sleep,http:1ms,fib:25";

#define ROUNDS 20

// What it takes where nothing differs, by what its rounds take.
static double least_ns(const struct gate *gate, double batch_ns)
{
    bool early = !gate->options->fixed && gate->rounds > PAIRS_FIRST_LOOK;

    return early ? batch_ns / gate->rounds * PAIRS_FIRST_LOOK : batch_ns;
}

static void tell_time(const struct gate *gate, unsigned comparisons)
{
    uint64_t batch_ns = gate_batch_ns(gate);
    char once[UNITS_TEXT], most[UNITS_TEXT];

    if (gate->options->quiet)
        return;
    progress_clear(gate->progress);
    fprintf(stderr,
            "ccbench: %u comparison%s, up to %u rounds of base and new, and base against base: about %s where it is "
            "plain, up to %s where something must be measured again\n",
            comparisons, comparisons == 1 ? "" : "s", gate->rounds,
            units_format_duration(once, least_ns(gate, (double)batch_ns)),
            units_format_duration(most, GATE_BATCHES * (double)batch_ns));
}

// Only what is not settled, and the control, take part in the next batch. Whether there is anything.
static bool choose_unsettled(struct gate *gate)
{
    bool any = false;

    for (unsigned i = 0; i < gate->count; i++) {
        struct gate_cell *cell = &gate->cells[i];

        cell->active = cell->active && gate_cell_unsettled(cell->json);
        any |= cell->active;
    }
    return any;
}

// As many batches as are needed to settle everything, or allowed. 0 or -ENOMEM.
// A side that was built anew meanwhile is not what was to be compared.
static bool has_changed(struct gate *gate)
{
    for (int side = 0; side < SIDES; side++) {
        const char *file = gate_side_changed(&gate->sides[side]);
        char text[512];

        if (file == NULL)
            continue;
        snprintf(text, sizeof text, "%.*s changed during the gate", UTF8_CLIPPED(file, 400));
        json_set(gate->document, "mismatch", cJSON_CreateString(text));
        return true;
    }
    return false;
}

static int measure_batches(struct gate *gate)
{
    struct gate_outcome outcome = {.control_differs = false};
    bool wanted = true;
    int err = 0;

    for (int batch = 1; err == 0 && wanted && batch <= GATE_BATCHES && supervisor_interrupted() == 0; batch++) {
        err = gate_batch(gate, batch);
        wanted = !has_changed(gate);
        if (err == 0)
            err = gate_summarise(gate->document, &outcome);
        wanted = wanted && !outcome.control_differs && choose_unsettled(gate);
    }
    return err;
}

// The warm-up and all batches. 0 or -ENOMEM.
static int measure(struct gate *gate)
{
    unsigned comparisons;
    int err = 0;

    if (!options_foreign_server(gate->options))
        err = gate_warm_up(gate);
    comparisons = gate_document_comparisons(gate);
    if (err != 0 || comparisons == 0 || supervisor_interrupted() != 0)
        return err;
    gate_choose_control(gate);
    tell_time(gate, comparisons);
    return measure_batches(gate);
}

// The last facts, the verdict, the report and the files.
static int conclude(struct gate *gate)
{
    struct gate_outcome outcome;
    int shown;

    build_end(gate->document, gate->progress->start_ns);
    if (gate_summarise(gate->document, &outcome) != 0)
        return complain("out of memory");
    shown = outputs_show(gate->options, gate->document);
    return shown != 0 ? shown : outcome.status;
}

// Once, by base, and both sides get the same work.
static void calibrate(struct gate *gate)
{
    gate_side_use(&gate->sides[SIDE_BASE], gate->trials);
    calibrate_times(gate->trials, gate->plan);
    gate_document_replan(gate);
}

// Whether it can be measured, and which runtimes its figures come from.
static int greet(struct gate *gate, const struct gate_side *side)
{
    int status = gate_side_greet(side, gate->trials);
    cJSON *runtimes = status == 0 ? describe_side(gate->trials) : NULL;

    if (runtimes != NULL)
        cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(gate->document, side->name), "runtimes", runtimes);
    return status;
}

static int greet_and_measure(struct gate *gate)
{
    int status = trials_origin_open(gate->trials, gate->plan), err;

    build_placement(gate->document, gate->plan); // where it is, is known now
    for (int side = 0; status == 0 && side < SIDES; side++)
        status = greet(gate, &gate->sides[side]);
    if (status != 0)
        return status;
    estimate_server(gate->plan, gate->trials->server_start_ns);
    calibrate(gate);
    err = measure(gate);
    return err == 0 ? 0 : complain_of(err);
}

static int carry_out(struct gate *gate)
{
    int status, err = trials_open(gate->trials, gate->plan, clock_now_ns());

    if (err != 0)
        return complain("cannot supervise trials: %s", strerror(-err));
    progress_open(gate->progress, gate->options->quiet);
    gate->trials->progress = gate->progress;
    status = greet_and_measure(gate);
    progress_clear(gate->progress);
    trials_close(gate->trials);
    return status == 0 ? conclude(gate) : status;
}

static void print_cell(const struct gate_cell *cell)
{
    const cJSON *metric;

    text_write(stdout, cell->block->title, terminal_utf8());
    printf(" %s", cell->cell->label);
    if (cell->excuse != NULL)
        printf(": skipped: %s", cell->excuse);
    cJSON_ArrayForEach(metric, cJSON_GetObjectItemCaseSensitive(cell->json, "metrics"))
        printf("%s %s", metric->prev->next != NULL ? "," : ":", field_text(metric, "metric"));
    putchar('\n');
}

static int print_plan(const struct gate *gate, unsigned comparisons)
{
    double batch_ns = (double)gate_batch_ns(gate) * (1 + 1.0 / gate->count);
    char least[UNITS_TEXT], most[UNITS_TEXT];

    for (unsigned i = 0; i < gate->count; i++)
        print_cell(&gate->cells[i]);
    terminal_say(
        stdout, 0,
        "%u comparison%s, up to %u rounds of base and new, and base against base: about %s where it is plain, up to %s "
        "where something must be measured again",
        comparisons, comparisons == 1 ? "" : "s", gate->rounds, units_format_duration(least, least_ns(gate, batch_ns)),
        units_format_duration(most, GATE_BATCHES * batch_ns));
    return EXIT_DONE;
}

static int check_rounds(const struct gate *gate, unsigned comparisons)
{
    if (comparisons == 0 || gate->rounds >= pairs_needed(comparisons))
        return 0;
    return complain("--rounds: %u are too few for %u comparison%s, nothing could ever be found; expected at least %zu",
                    gate->rounds, comparisons, comparisons == 1 ? "" : "s", pairs_needed(comparisons));
}

// Servers of which nothing is fetched would be said to be alike.
static int check_servers(const struct options *options, const struct plan *plan)
{
    bool fetches = false;

    for (unsigned i = 0; i < plan->block_count; i++)
        fetches |= plan->blocks[i].fetches > 0;
    if (fetches || (options->side_servers[SIDE_BASE] == NULL && options->side_servers[SIDE_NEW] == NULL))
        return 0;
    return complain("--%s-server: no workload fetches anything of it, expected one that does, such as --workload=http",
                    options->side_servers[SIDE_NEW] != NULL ? "new" : "base");
}

// Everything that can be found wrong before anything is started.
static int prepare(struct gate *gate)
{
    const struct options *options = gate->options;
    int status = check_servers(options, gate->plan);

    if (status == 0)
        status = gate_document_check_metrics(options, gate->plan);
    for (int side = 0; status == 0 && side < SIDES; side++)
        status = gate_side_open(&gate->sides[side], options, side);
    if (status == 0)
        status = outputs_suit(options, DOCUMENT_GATE);
    return status == 0 ? outputs_check(options) : status;
}

static int make_and_carry_out(struct gate *gate, int argc, char **argv)
{
    unsigned comparisons;
    int status;

    if (gate_document_make(gate, argc, argv) != 0)
        return complain("out of memory");
    comparisons = gate_document_comparisons(gate);
    status = check_rounds(gate, comparisons);
    if (status == 0 && gate->options->dry_run)
        return print_plan(gate, comparisons);
    if (status == 0)
        status = preflight_files(gate->plan);
    if (status == 0)
        status = preflight_url(gate->options);
    return status == 0 ? carry_out(gate) : status;
}

// Whether a response wakes a task on the origin's core or on another changes what it costs, more than most regressions:
// what fetches from the origin stays away from its CPUs, where there are others and nothing else was asked for.
static void keep_apart(struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count && plan->options->cpus_count == 0 && plan->options->url == NULL &&
                         plan->options->origin == NULL;
         i++) {
        struct block *block = &plan->blocks[i];
        struct cpus rest = block->cpus;

        cpus_drop(&rest, &plan->origin_cpus);
        if (block->fetches == 0 || cpus_count(&rest) == 0)
            continue;
        block->cpus = rest;
        block->cores = fmin(block->cores, cpus_count(&rest));
    }
}

static int plan_and_carry_out(struct gate *gate, int argc, char **argv)
{
    int status = plan_make(gate->options, gate->plan);

    if (status != 0)
        return status;
    keep_apart(gate->plan);
    status = prepare(gate);
    if (status == 0)
        status = make_and_carry_out(gate, argc, argv);
    for (int side = 0; side < SIDES; side++)
        gate_side_close(&gate->sides[side]);
    cJSON_Delete(gate->document);
    free(gate->cells);
    plan_release(gate->plan);
    return status;
}

static int command_main(int argc, char **argv)
{
    struct options options;
    struct plan plan;
    struct trials trials;
    struct progress progress;
    struct gate gate = {.options = &options, .plan = &plan, .trials = &trials, .progress = &progress};
    int status = options_parse(&command_gate, argc, argv, &options);

    if (status != 0)
        return status;
    if (options.argument_count > 0)
        return command_unknown(&command_gate, options.arguments[0]);
    if (options.models.count == 0)
        options.models = (struct typed_list){{default_models}, 1};
    if (options.workloads.count == 0 && options.url == NULL)
        options.workloads = (struct typed_list){{default_workloads}, 1};
    if (options.rounds == 0)
        options.rounds = ROUNDS;
    gate.rounds = options.rounds;
    gate.rng.state = options.seed;
    return plan_and_carry_out(&gate, argc, argv);
}

const struct command command_gate = {
    .name = "gate",
    .bit = COMMAND_GATE,
    .arguments = " [--base=CMD] [--new=CMD]",
    .summary = "Says whether one build is slower than another, measured side by side.",
    .main = command_main,
};
