// SPDX-License-Identifier: MIT
#include "cmd/console/completion.h"

#include <string.h>

#include "cmd/console/option.h"

typedef const struct command *const *command_list;

// Commands may have options of the same name with words of their own about them.
static bool named_before(const struct option_spec *spec)
{
    for (const struct option_spec *earlier = option_specs; earlier < spec; earlier++) {
        if (strcmp(earlier->name, spec->name) == 0)
            return true;
    }
    return false;
}

// Between single quotes, each of `special` behind a backslash. bash and zsh have no way to write a single quote there but to
// leave them: `quote` is how this shell does it.
static void write_quoted(const char *text, const char *special, const char *quote, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(quote, out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

// The names of those that are listed, a blank before each; without = true: of those that have no option of these bits.
static void write_names(command_list commands, unsigned bits, bool without, FILE *out)
{
    for (; *commands != NULL; commands++) {
        if (!(*commands)->hidden && (((*commands)->bit & bits) == 0) == without)
            fprintf(out, " %s", (*commands)->name);
    }
}

static void write_bash(command_list commands, FILE *out)
{
    fprintf(out, "# bash completion for ccbench\ncomplete -o default -W '");
    for (command_list command = commands; *command != NULL; command++) {
        if (!(*command)->hidden)
            fprintf(out, "%s ", (*command)->name);
    }
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if (!named_before(spec))
            fprintf(out, "--%s%s ", spec->name, spec->argument != NULL ? "=" : "");
    }
    fprintf(out, "' ccbench\n");
}

static const char zsh_leaves[] = "'\\''", zsh_describes[] = "\\[]:";

// '(-m --model)'{-m+,--model=}'[sentence]:LIST:_files'
static void write_zsh_option(const struct option_spec *spec, FILE *out)
{
    bool valued = spec->argument != NULL;
    char sentence[OPTION_SENTENCE];

    fprintf(out, "        ");
    if (spec->letter != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", spec->letter, spec->name, spec->letter, valued ? "+" : "",
                spec->name, valued ? "=" : "");
    else
        fprintf(out, "'--%s%s[", spec->name, valued ? "=" : "");
    write_quoted(option_sentence(spec, sentence), zsh_describes, zsh_leaves, out);
    fputc(']', out);
    if (valued) {
        fputc(':', out);
        write_quoted(spec->argument, zsh_describes, zsh_leaves, out);
        fputs(":_files", out);
    }
    fputs("'\n", out);
}

static void write_zsh_options(const struct command *command, FILE *out)
{
    fprintf(out, "    %s) flags=(\n", command->name);
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if (spec->commands & command->bit)
            write_zsh_option(spec, out);
    }
    fputs("    ) ;;\n", out);
}

static void write_zsh(command_list commands, FILE *out)
{
    fputs("#compdef ccbench\nlocal -a names flags\nnames=(\n", out);
    for (command_list command = commands; *command != NULL; command++) {
        if (!(*command)->hidden) {
            fprintf(out, "    '%s:", (*command)->name);
            write_quoted((*command)->summary, "\\:", zsh_leaves, out);
            fputs("'\n", out);
        }
    }
    fputs(")\ncase ${${words[2]:#-*}:-run} in\n", out);
    for (command_list command = commands; *command != NULL; command++) {
        if (!(*command)->hidden)
            write_zsh_options(*command, out);
    }
    // A command's name that is not finished is none: the options are then run's.
    fprintf(out,
            "esac\n_arguments -s : $flags '1: :{ _describe -t commands command names; _files }' '*:file:_files'\n");
}

// Without a command the options are run's, so that it is not asked for.
static void write_fish_condition(command_list commands, unsigned bits, FILE *out)
{
    bool implied = (bits & commands[0]->bit) != 0;

    fprintf(out, "complete -c ccbench -n '%s__fish_seen_subcommand_from", implied ? "not " : "");
    write_names(commands, bits, implied, out);
    fputc('\'', out);
}

static void write_fish(command_list commands, FILE *out)
{
    char sentence[OPTION_SENTENCE];

    fputs("# fish completion for ccbench\n", out);
    for (command_list command = commands; *command != NULL; command++) {
        if (!(*command)->hidden) {
            fprintf(out, "complete -c ccbench -n __fish_use_subcommand -a %s -d '", (*command)->name);
            write_quoted((*command)->summary, "\\", "\\'", out);
            fputs("'\n", out);
        }
    }
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        write_fish_condition(commands, spec->commands, out);
        if (spec->letter != 0)
            fprintf(out, " -s %c", spec->letter);
        fprintf(out, " -l %s%s -d '", spec->name, spec->argument != NULL ? " -r" : "");
        write_quoted(option_sentence(spec, sentence), "\\", "\\'", out);
        fputs("'\n", out);
    }
}

bool completion_write(const char *shell, const struct command *const *commands, FILE *out)
{
    static const struct {
        const char *name;
        void (*write)(command_list commands, FILE *out);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].write(commands, out);
            return true;
        }
    }
    return false;
}
