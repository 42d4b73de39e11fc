// SPDX-License-Identifier: MIT
// What --help prints, from the tables of commands and options.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/console/command.h"
#include "cmd/console/options.h"

static void write_option(const struct option_spec *spec, char *buf, size_t size)
{
    char letter[5] = "";

    if (spec->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", spec->letter);
    snprintf(buf, size, "%s--%s%s%s", letter, spec->name, spec->argument != NULL ? "=" : "",
             spec->argument != NULL ? spec->argument : "");
}

static void write_others(FILE *out)
{
    fprintf(out, "Others, each with --help: ccbench ");
    for (const struct command *command = commands + 1; command->name != NULL; command++)
        fprintf(out, "%s%s", command->name, command[1].name != NULL ? ", " : "\n");
}

void options_help(const struct command *command, FILE *out)
{
    bool implied = strcmp(command->name, "run") == 0;

    fprintf(out, "Usage: ccbench %s%s%s [options]%s\n%s\n", implied ? "[" : "", command->name, implied ? "]" : "",
            command->arguments, command->summary);
    for (size_t i = 0; option_specs[i].name != NULL; i++) {
        const struct option_spec *spec = &option_specs[i];
        char left[80], more[40];

        if ((spec->commands & command->bit) == 0 || spec->help == NULL)
            continue;
        write_option(spec, left, sizeof left);
        for (; option_specs[i + 1].name != NULL && option_specs[i + 1].help == NULL; i++) {
            if ((option_specs[i + 1].commands & command->bit) == 0)
                continue;
            write_option(&option_specs[i + 1], more, sizeof more);
            snprintf(left + strlen(left), sizeof left - strlen(left), ", %s", more);
        }
        fprintf(out, "  %-20s  %s\n", left, spec->help);
    }
    if (implied)
        write_others(out);
}

void options_overview(FILE *out)
{
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(out, "  %-8s %s\n", command->name, command->summary);
}
