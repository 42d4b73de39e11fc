// SPDX-License-Identifier: MIT
// What --help prints, from the tables of commands and options.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/console/option.h"
#include "measure/base/text.h"

#define WIDTH 80
#define INDENT 27 // of the sentences

char *option_sentence(const struct option_spec *spec, char buf[OPTION_SENTENCE])
{
    char names[REPORT_FORMAT_WORDS] = "";
    bool named = spec->names != NULL, begun = spec->initial != NULL;

    snprintf(buf, OPTION_SENTENCE, "%s%s%s%s%s%s", spec->help, named ? " " : "", named ? spec->names(names) : "",
             begun ? " [" : "", begun ? spec->initial : "", begun ? "]" : "");
    return buf;
}

static void write_option(const struct option_spec *spec, FILE *out)
{
    char letter[] = {'-', spec->letter, ',', '\0'}, name[64], sentence[OPTION_SENTENCE];

    snprintf(name, sizeof name, "--%s%s%s", spec->name, spec->argument != NULL ? "=" : "",
             spec->argument != NULL ? spec->argument : "");
    fprintf(out, "  %3s %-*s ", spec->letter != 0 ? letter : "", INDENT - 7, name);
    text_wrap(out, option_sentence(spec, sentence), INDENT, INDENT, WIDTH);
}

static void write_group(const struct command *command, enum option_group group, FILE *out)
{
    bool any = false;

    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if ((spec->commands & command->bit) == 0 || spec->group != group)
            continue;
        if (!any)
            fprintf(out, "\n%s\n", option_group_title(group));
        write_option(spec, out);
        any = true;
    }
}

static void write_others(const struct command *const *commands, FILE *out)
{
    char words[300] = "Others, each with --help: ccbench ";
    bool any = false;

    for (size_t i = 1; commands[i] != NULL; i++) {
        size_t length = strlen(words);

        if (!commands[i]->hidden)
            snprintf(words + length, sizeof words - length, "%s%s", any ? ", " : "", commands[i]->name);
        any = true;
    }
    fputc('\n', out);
    text_wrap(out, words, 0, 0, WIDTH);
}

void options_help(const struct command *command, const struct command *const *commands, FILE *out)
{
    bool implied = command == commands[0];

    fprintf(out, "Usage: ccbench %s%s%s%s%s\n%s\n", implied ? "[" : "", command->name, implied ? "]" : "",
            command->bit != 0 ? " [options]" : "", command->arguments, command->summary);
    for (int group = 0; group < OPTION_GROUPS; group++)
        write_group(command, (enum option_group)group, out);
    if (implied)
        write_others(commands, out);
}
