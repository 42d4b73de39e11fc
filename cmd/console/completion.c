// SPDX-License-Identifier: MIT
#include "cmd/console/completion.h"

#include <string.h>

#include "cmd/console/option.h"
#include "runtimes/registry.h"
#include "workloads/workload.h"

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

// The i-th claim's, of completion_write().
static const char *(*claim_name)(unsigned i);

// What a value, or a word behind a command, may be one of.
enum what { NOTHING, MODELS, WORKLOADS, BOTH, CLAIMS };

static enum what values_of(const struct option_spec *spec)
{
    if (strcmp(spec->name, "model") == 0 || strcmp(spec->name, "reference") == 0)
        return MODELS;
    return strcmp(spec->name, "workload") == 0 ? WORKLOADS : NOTHING;
}

static enum what words_of(const struct command *command)
{
    return command->bit == COMMAND_LIST ? BOTH : command->bit == COMMAND_CLAIMS ? CLAIMS : NOTHING;
}

// The names of several at once.
static void write_groups(FILE *out)
{
    fputs("basic all runtimes ", out);
    if (registry_is_group("python"))
        fputs("python ", out);
}

static void write_models(FILE *out)
{
    const struct model_entry *entry;

    for (unsigned i = 0; (entry = registry_at(i)) != NULL; i++) {
        if (entry->model != NULL && !entry->model->unlisted)
            fprintf(out, "%s%s", i > 0 ? " " : "", entry->name);
    }
}

// The names, blanks between them. A shell offers files beside them by itself.
static void write_what(enum what what, FILE *out)
{
    if (what == MODELS)
        write_groups(out);
    if (what == MODELS || what == BOTH)
        write_models(out);
    for (unsigned i = 0; (what == WORKLOADS || what == BOTH) && workload_kinds[i] != NULL; i++)
        fprintf(out, "%s%s", i > 0 || what == BOTH ? " " : "", workload_kinds[i]->name);
    for (unsigned i = 0; what == CLAIMS && claim_name(i) != NULL; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", claim_name(i));
}

// A '=' is a word of its own there, and so is what follows it. A command comes first, behind it there are files.
static const char bash_function[] = "    local word=$2 before=$3 front=\n"
                                    "    [ \"$word\" != = ] || word=\n"
                                    "    [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
                                    "    case $before:$word in\n"
                                    "    -m:* | --model:* | --reference:*) words=$models front=, ;;\n"
                                    "    -w:* | --workload:*) words=$workloads front=, ;;\n"
                                    "    *:-*) ;;\n"
                                    "    list:*) words=$names ;;\n"
                                    "    claims:*) words=$claims ;;\n"
                                    "    *) [ \"$COMP_CWORD\" = 1 ] || words= ;;\n"
                                    "    esac\n"
                                    "    case $front$word in\n"
                                    "    ,*,*) front=${word%,*}, ;;\n"
                                    "    *) front= ;;\n"
                                    "    esac\n"
                                    "    COMPREPLY=($(compgen -P \"$front\" -W \"$words\" -- \"${word#\"$front\"}\"))\n"
                                    "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
                                    "}\n"
                                    "complete -o default -F _ccbench ccbench\n";

static void write_bash(command_list commands, FILE *out)
{
    fputs("# bash completion for ccbench\n_ccbench() {\n    local words='", out);
    for (command_list command = commands; *command != NULL; command++) {
        if (!(*command)->hidden)
            fprintf(out, "%s ", (*command)->name);
    }
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if (!named_before(spec))
            fprintf(out, "--%s%s ", spec->name, spec->argument != NULL ? "=" : "");
    }
    fputs("'\n    local models='", out);
    write_what(MODELS, out);
    fputs("' workloads='", out);
    write_what(WORKLOADS, out);
    fputs("'\n    local names='", out);
    write_what(BOTH, out);
    fputs("'\n    local claims='", out);
    write_what(CLAIMS, out);
    fprintf(out, "'\n%s", bash_function);
}

static const char zsh_leaves[] = "'\\''", zsh_describes[] = "\\[]:";

// Several names have commas between them; a file is a workload, too.
static void write_zsh_action(enum what what, FILE *out)
{
    if (what == NOTHING) {
        fputs(":_files", out);
        return;
    }
    fputs(":{ _values -s , name ", out);
    write_what(what, out);
    fputs(what == WORKLOADS ? "; _files }" : " }", out);
}

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
        write_zsh_action(values_of(spec), out);
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
    fputs("    )", out);
    if (words_of(command) != NOTHING) {
        fputs("\n    more=(", out);
        write_what(words_of(command), out);
        fputs(")", out);
    }
    fputs(" ;;\n", out);
}

static void write_zsh(command_list commands, FILE *out)
{
    fputs("#compdef ccbench\nlocal -a names flags more\nnames=(\n", out);
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
    fprintf(out, "esac\n_arguments -s : $flags '1: :{ _describe -t commands command names; _files }' "
                 "'*:name:{ compadd -a more; _files }'\n");
}

// Without a command the options are run's, so that it is not asked for.
static void write_fish_condition(command_list commands, unsigned bits, FILE *out)
{
    bool implied = (bits & commands[0]->bit) != 0;

    fprintf(out, "complete -c ccbench -n '%s__fish_seen_subcommand_from", implied ? "not " : "");
    write_names(commands, bits, implied, out);
    fputc('\'', out);
}

static void write_fish_names(enum what what, FILE *out)
{
    if (what != NOTHING) {
        fputs(" -a '", out);
        write_what(what, out);
        fputc('\'', out);
    }
    fputc('\n', out);
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
        if (words_of(*command) != NOTHING) {
            fprintf(out, "complete -c ccbench -n '__fish_seen_subcommand_from %s'", (*command)->name);
            write_fish_names(words_of(*command), out);
        }
    }
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        write_fish_condition(commands, spec->commands, out);
        if (spec->letter != 0)
            fprintf(out, " -s %c", spec->letter);
        fprintf(out, " -l %s%s -d '", spec->name, spec->argument != NULL ? " -r" : "");
        write_quoted(option_sentence(spec, sentence), "\\", "\\'", out);
        fputc('\'', out);
        write_fish_names(values_of(spec), out);
    }
}

bool completion_write(const char *shell, const struct command *const *commands, const char *(*claims)(unsigned i),
                      FILE *out)
{
    static const struct {
        const char *name;
        void (*write)(command_list commands, FILE *out);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    claim_name = claims;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].write(commands, out);
            return true;
        }
    }
    return false;
}
