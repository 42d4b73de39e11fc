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

static void write_others(const struct command *const *commands, FILE *out)
{
    fprintf(out, "Others, each with --help: ccbench ");
    for (size_t i = 1; commands[i] != NULL; i++) {
        if (!commands[i]->hidden)
            fprintf(out, "%s%s", i > 1 ? ", " : "", commands[i]->name);
    }
    fputc('\n', out);
}

void options_help(const struct command *command, const struct command *const *commands, FILE *out)
{
    bool implied = command == commands[0];

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
        write_others(commands, out);
}
