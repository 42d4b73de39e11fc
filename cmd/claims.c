// SPDX-License-Identifier: MIT
// ccbench claims: what is said of concurrency models, and whether it holds on this machine.
#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/claims/build.h"
#include "cmd/claims/commands.h"
#include "cmd/claims/figures.h"
#include "cmd/claims/measure.h"
#include "cmd/claims/predict.h"
#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "cmd/console/terminal.h"
#include "cmd/rounds/build_document.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/machine/environment.h"
#include "measure/machine/limits.h"
#include "reports/document/claims.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_summary.h"
#include "reports/findings/switches.h"

// A command under way.
struct claiming {
    struct options options;
    struct chosen chosen;
    struct claims_run run;
    cJSON *document;
    const struct report_claims *format;
    struct report_style style;
    struct environment_course course;
    unsigned shown; // claims
};

static int print_failed(void)
{
    return outputs_flush();
}

// The figures of the claim, and of each runtime that is here, with what was measured of them. 0 or -ENOMEM.
static int judge(struct claiming *claiming, unsigned i)
{
    const struct claim_file *claim = claiming->chosen.claims[i];
    cJSON *json = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(claiming->document, "claims"), (int)i);
    cJSON *found = cJSON_GetObjectItemCaseSensitive(json, "real");
    const cJSON *real;
    char *typed;
    int index = 0, err = -ENOMEM;

    json_set(json, "figures", claims_figures(&claiming->run.blocks, claim, NULL));
    cJSON_ArrayForEach(real, field(claim->file.json, "real")) {
        cJSON *one = cJSON_GetArrayItem(found, index++);
        char excuse[CLAIMS_EXCUSE] = "--stand-ins";

        if (!claiming->options.stand_ins && claims_real_here(real, excuse))
            json_set(one, "figures", claims_figures(&claiming->run.blocks, claim, real));
        else
            json_set(one, "reason", cJSON_CreateString(excuse));
    }
    typed = claims_typed(claim);
    if (typed != NULL)
        err = claims_settle(json, typed);
    free(typed);
    return err;
}

// Whether all of the claim is measured: where it is judged, and no further batch is to be.
static int settle(struct claiming *claiming, unsigned i, bool *ret_done)
{
    const struct claim_file *claim = claiming->chosen.claims[i];

    *ret_done = false;
    if (!claims_blocks_done(&claiming->run.blocks, claim))
        return 0;
    if (judge(claiming, i) != 0)
        return complain("out of memory");
    *ret_done = !claims_want_more(&claiming->run, claim,
                                  cJSON_GetArrayItem(field(claiming->document, "claims"), (int)i));
    return 0;
}

static int show(struct claiming *claiming, unsigned i)
{
    const cJSON *claim = cJSON_GetArrayItem(field(claiming->document, "claims"), (int)i);

    progress_clear(&claiming->run.progress);
    claiming->style = terminal_style(&claiming->options); // the terminal's width may have changed
    if (claiming->format->claim != NULL)
        claiming->format->claim(claiming->document, claim, &claiming->style, stdout);
    return print_failed();
}

// Those that are done, up to the first that is not; those behind it are asked too, for whether they want more.
static int show_done(struct claiming *claiming)
{
    bool all = true;
    int status = 0;

    for (unsigned i = claiming->shown; status == 0 && i < claiming->chosen.count; i++) {
        bool done;

        status = settle(claiming, i, &done);
        all = all && done;
        if (status == 0 && all)
            status = show(claiming, claiming->shown++);
    }
    return status;
}

static int measure(struct claiming *claiming)
{
    struct claims_run *run = &claiming->run;
    int status = show_done(claiming);
    bool any = true;

    while (status == 0 && any && supervisor_interrupted() == 0) {
        status = claims_next(run, &any);
        if (status == 0)
            status = show_done(claiming);
    }
    if (status == 0 && supervisor_interrupted() != 0) {
        claims_give_up(run);
        status = show_done(claiming);
    }
    return status;
}

// The last facts, what ends the report, and the files.
static int conclude(struct claiming *claiming)
{
    int caught = supervisor_interrupted(), status = caught != 0 ? EXIT_SIGNAL + caught : EXIT_DONE, flushed;

    environment_course_end(&claiming->course, cJSON_GetObjectItemCaseSensitive(claiming->document, "environment"));
    build_end(claiming->document, claiming->run.start_ns);
    claims_conclude(claiming->document);
    if (switches_of_side(claiming->document, NULL, cJSON_GetObjectItemCaseSensitive(claiming->document, "notes")) != 0)
        return complain("out of memory");
    json_set(claiming->document, "status", cJSON_CreateNumber(status));
    if (claiming->format->end != NULL && claiming->format->end(claiming->document, &claiming->style, stdout) != 0)
        status = complain("out of memory");
    flushed = print_failed();
    if (outputs_write(&claiming->options, claiming->document) != 0)
        return EXIT_USAGE;
    return flushed != 0 ? flushed : status;
}

static int begin(struct claiming *claiming)
{
    if (claiming->format->begin != NULL)
        claiming->format->begin(claiming->document, &claiming->style, stdout);
    return print_failed();
}

static int measure_and_report(struct claiming *claiming)
{
    struct claims_run *run = &claiming->run;
    int status = begin(claiming);

    environment_course_begin(&claiming->course);
    progress_open(&run->progress, claiming->options.quiet);
    run->trials.progress = &run->progress;
    if (status == 0)
        status = measure(claiming);
    progress_clear(&run->progress);
    return status == 0 ? conclude(claiming) : status;
}

static int carry_out(struct claiming *claiming)
{
    struct claims_run *run = &claiming->run;
    struct plan none = {.options = &claiming->options};
    int status, err;

    run->options = &claiming->options;
    run->cpus = claims_cpus(&claiming->options, 0);
    run->start_ns = clock_now_ns();
    run->deadline_ns = claiming->options.time_limit_ns != 0 ? run->start_ns + claiming->options.time_limit_ns : 0;
    run->runtimes = cJSON_AddObjectToObject(cJSON_GetObjectItemCaseSensitive(claiming->document, "environment"),
                                            "runtimes");
    err = trials_open(&run->trials, &none, run->start_ns);
    if (err != 0)
        return complain("cannot supervise trials: %s", strerror(-err));
    status = measure_and_report(claiming);
    trials_close(&run->trials);
    return status;
}

// A list, or a page of questions.
static int show_only(struct claiming *claiming)
{
    return outputs_show(&claiming->options, claiming->document);
}

static const char *stage_of(const struct options *options)
{
    return options->questions ? BUILD_QUESTIONS : options->list ? BUILD_LIST : BUILD_MEASURED;
}

static int check(struct claiming *claiming)
{
    struct options *options = &claiming->options;
    int status = options->list + options->questions + options->predict > 1
                     ? complain("--list, --questions and --predict are invalid together: expected one of them")
                     : outputs_suit(options, DOCUMENT_CLAIMS);

    options->cpus_count = cpus_count(&options->cpus[0]) > 0;
    if (status == 0)
        status = outputs_check(options);
    if (status == 0)
        status = chosen_make(options->arguments, options->argument_count, &claiming->chosen);
    return status;
}

static int command_main(int argc, char **argv)
{
    static struct claiming claiming;
    int status = options_parse(&command_claims, argc, argv, &claiming.options);

    if (status == 0)
        status = check(&claiming);
    if (status == 0)
        status = claims_blocks_make(&claiming.options, &claiming.chosen, &claiming.run.blocks);
    if (status == 0) {
        limits_raise();
        claiming.document = claims_build(&claiming.options, &claiming.chosen, &claiming.run.blocks,
                                         stage_of(&claiming.options), argc, argv);
        claiming.format = report_format_by_name(claiming.options.format)->claims;
        claiming.style = terminal_style(&claiming.options);
        if (claiming.options.predict)
            status = predict_ask(claiming.document);
    }
    if (status == 0) {
        status = claiming.options.list || claiming.options.questions ? show_only(&claiming) : carry_out(&claiming);
    }
    cJSON_Delete(claiming.document);
    claims_blocks_release(&claiming.run.blocks);
    return status;
}

const struct command command_claims = {
    .name = "claims",
    .bit = COMMAND_CLAIMS,
    .arguments = " [NAME|FILE...]",
    .summary = "Says of what is claimed about concurrency models whether it holds here.",
    .main = command_main,
};
