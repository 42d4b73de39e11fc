// SPDX-License-Identifier: MIT
// ccbench manual (hidden): writes the manual page or the shell completion from the option table, at build time.
#include <stdio.h>

#include "claims/reader/registry.h"
#include "cmd/commands.h"
#include "cmd/console/completion.h"
#include "cmd/console/option.h"
#include "models/model.h"
#include "version.h"
#include "workloads/custom.h"

// Text for roff: a leading dot or quote and every backslash and dash would mean something else.
static void roff(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void manual_option(const struct option_spec *spec)
{
    char sentence[OPTION_SENTENCE];

    printf(".TP\n.B ");
    if (spec->letter != 0)
        printf("\\-%c, ", spec->letter);
    printf("\\-\\-");
    roff(spec->name);
    if (spec->argument != NULL)
        printf("=\\fI%s\\fR", spec->argument);
    putchar('\n');
    roff(option_sentence(spec, sentence));
    printf(".\n");
}

static void manual_command(const struct command *command)
{
    printf(".SS ccbench %s%s\n", command->name, command->arguments);
    roff(command->summary);
    putchar('\n');
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if (spec->commands & command->bit)
            manual_option(spec);
    }
}

static void manual_commands(void)
{
    printf(".SH SYNOPSIS\n");
    for (const struct command *const *command = commands; *command != NULL; command++) {
        if (!(*command)->hidden)
            printf(".B ccbench %s\n%s%s\n.br\n", (*command)->name, (*command)->bit != 0 ? "[options]" : "",
                   (*command)->arguments);
    }
    printf(
        ".SH DESCRIPTION\nRuns identical I/O-bound and CPU-bound workloads under sequential, threaded, multi-process, "
        "event-loop, async and green-thread models and compares what they cost; gates one build against another. Without a "
        "command: run.\n"
        ".SH COMMANDS\n");
    for (const struct command *const *command = commands; *command != NULL; command++) {
        if (!(*command)->hidden)
            manual_command(*command);
    }
}

static void manual_item(const char *name, const char *about)
{
    printf(".TP\n.B %s\n", name);
    roff(about);
    putchar('\n');
}

static void manual_models(void)
{
    printf(".SH MODELS\n");
    for (const struct model_entry *entry = model_entries; entry->name != NULL; entry++) {
        if (entry->model != NULL && !entry->model->unlisted)
            manual_item(entry->name, entry->model->about);
    }
}

static void manual_workloads(void)
{
    printf(".SH WORKLOADS\n");
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++)
        manual_item((*kind)->name, (*kind)->about);
    manual_item(custom_kind.name, custom_kind.about);
}

static const char sweeps[] =
    ".SH SWEEPS\nSeveral values of \\-\\-concurrency, \\-\\-tasks or a workload's argument are measured one after the other, "
    "in every combination: lists (1,4,16), ranges (10..35 by 1, 100..500:+100 by addition, 16..4k:x4 by multiplication; "
    "both ends are values) or lists of both, such as fib:10..35 or sleep:1ms,10ms. Each \\-\\-cpus given is a value, "
    "too. The report then has models by values, and names where one model overtakes another.\n";

static const char surroundings[] =
    ".SH EXIT STATUS\n0 ok, also with cells skipped; 1 regression; 2 usage or a file that cannot be read or written; 3 "
    "inconclusive (125 with --inconclusive=skip); 4 a cell failed or was wrong; 130 interrupted by SIGINT, 143 by SIGTERM, 129 by "
    "SIGHUP, with the partial report.\n"
    ".SH ENVIRONMENT\nNO_COLOR: no colours unless \\-\\-color=always. COLUMNS: the terminal's width. TMPDIR: where "
    "the file that tasks read is made. CCBENCH_PYTHON, CCBENCH_NODE: the interpreters of other runtimes' models, where they are "
    "not python3 and node of PATH. XDG_CONFIG_HOME: below it, in ccbench/models, descriptions of models of your own, and in ccbench/claims, claims. For trying ccbench, and said in every report made under them: CCBENCH_TRIAL, another "
    "program that speaks the trial protocol; CCBENCH_ROOT, a folder that /proc/stat and /proc/pressure are read below.\n";

static void manual_page(void)
{
    printf(
        ".TH CCBENCH 1 \"\" \"ccbench %s\" \"User Commands\"\n.SH NAME\nccbench \\- compares concurrency models on identical "
        "work\n",
        CCBENCH_VERSION);
    manual_commands();
    fputs(sweeps, stdout);
    manual_models();
    manual_workloads();
    fputs(surroundings, stdout);
}

static const char *claim_name(unsigned i)
{
    const struct claim_file *claim = claims_at(i);

    return claim != NULL ? claim->name : NULL;
}

static int command_main(int argc, char **argv)
{
    if (argc < 2)
        manual_page();
    else if (!completion_write(argv[1], commands, claim_name, stdout))
        return complain("there is no completion for '%s', expected bash, zsh or fish", argv[1]);
    return EXIT_DONE;
}

const struct command command_manual = {
    .name = "manual",
    .hidden = true,
    .main = command_main,
};
