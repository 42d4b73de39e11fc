// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "cmd/console/outputs.h"
#include "measure/base/json.h"
#include "measure/base/secrets.h"
#include "measure/base/url.h"
#include "measure/base/utf8.h"
#include "measure/machine/outside.h"
#include "runtimes/registry.h"
#include "workloads/custom.h"

#define ADDRESS(name) &command_##name,
const struct command *const commands[] = {CCBENCH_COMMANDS(ADDRESS) NULL};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

const char *command_name(unsigned i)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        if (!(*command)->hidden && i-- == 0)
            return (*command)->name;
    }
    return NULL;
}

// Models, then workloads.
static const char *model_or_workload(unsigned i)
{
    unsigned models = 0;

    while (registry_at(models) != NULL)
        models++;
    if (i < models)
        return registry_at(i)->name;
    return workload_kinds[i - models] != NULL ? workload_kinds[i - models]->name : NULL;
}

// What shows such a file, by how it begins: a report that --output has saved, a claim. NULL: nothing known.
static const char *shown_by(const char *path)
{
    char text[256];
    FILE *file = custom_named(path, strlen(path)) ? fopen(path, "re") : NULL;
    size_t length = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;

    if (file != NULL)
        fclose(file);
    text[length] = '\0';
    if (strstr(text, "\"schema\"") != NULL && strstr(text, "\"ccbench") != NULL)
        return "report";
    return strstr(text, "\"claim\"") != NULL ? "claims" : NULL;
}

// The option whose value it is, by what it looks like; NULL: of none.
static const char *option_of(const char *word)
{
    char first[64]; // of a list, without its argument
    bool tls;

    snprintf(first, sizeof first, "%s", word);
    first[strcspn(first, ":,")] = '\0';
    if (url_scheme(word, &tls) > 0)
        return "url";
    if (custom_named(word, strlen(word)) || workload_find(first, strlen(first)) != NULL)
        return "workload";
    return registry_find(first) != NULL || strcmp(first, "basic") == 0 || strcmp(first, "all") == 0 ? "model" : NULL;
}

// A URL may have a password in it.
static int suggest_option(const char *word, const char *option, const char *value, const char *help)
{
    char *typed = secrets_mask(word), *meant = secrets_mask(value);
    int status = complain("unexpected '%.*s', did you mean '--%s=%.*s'? (try '%s --help')",
                          UTF8_CLIPPED(typed != NULL ? typed : "", 200), option,
                          UTF8_CLIPPED(meant != NULL ? meant : "", 200), help);

    free(typed);
    free(meant);
    return status;
}

// What is not there of its own, but as a part of a list.
static bool is_listed(const char *word)
{
    return strcmp(word, "models") == 0 || strcmp(word, "workloads") == 0 || strcmp(word, "formats") == 0;
}

int command_unknown(const struct command *command, const char *word)
{
    const char *option = option_of(word), *help = command == commands[0] ? "ccbench" : "ccbench gate";
    const char *meant = is_listed(word) ? "list" : nearest(word, command_name), *shows = shown_by(word);

    if (shows != NULL)
        return complain("unexpected '%.*s', did you mean 'ccbench %s %.*s'? (try '%s --help')", UTF8_CLIPPED(word, 200),
                        shows, UTF8_CLIPPED(word, 200), help);
    if (option != NULL)
        return suggest_option(word, option, word, help);
    if (meant != NULL && command == commands[0] && strcmp(meant, word) == 0)
        return complain(
            "unexpected '%s', expected a command as the first word: ccbench %s ... (try 'ccbench %s --help')", word,
            word, word);
    if (meant != NULL && command == commands[0])
        return complain("unknown command '%.*s', did you mean '%s'? (try 'ccbench --help')", UTF8_CLIPPED(word, 60),
                        meant);
    meant = nearest(word, model_or_workload);
    if (meant != NULL)
        return suggest_option(word, option_of(meant), meant, help);
    if (command == commands[0])
        return complain("unknown command '%.*s' (try 'ccbench --help')", UTF8_CLIPPED(word, 60));
    return complain("%s takes no '%.*s', expected options only (try '%s --help')", command->name,
                    UTF8_CLIPPED(word, 60), help);
}

// --help and --version win over whatever else is on the line.
static bool answered(const struct command *command, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options_help(command, commands, stdout);
            return true;
        }
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0) {
            version_print();
            return true;
        }
    }
    return false;
}

// Trials and the origin die with this process.
static void end_without_memory(void)
{
    _exit(complain_of(-ENOMEM));
}

// Where a standard stream was closed, the next file that is opened would be it.
static int open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        if (fd == STDOUT_FILENO)
            outputs_without_standard();
        if (open("/dev/null", O_RDWR) != fd)
            return complain("cannot open /dev/null in place of a closed standard stream: %s", strerror(errno));
    }
    return 0;
}

// What nothing that ccbench does goes beyond: glibc's glob() alone takes some 50 KiB, a buffer of what is read 64.
#define STACK_LEAST ((rlim_t)128 * 1024)

// With less there would be no word at all, only a signal.
static int check_stack(void)
{
    struct rlimit stack;

    if (getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur >= STACK_LEAST)
        return 0;
    return complain("the stack may have %llu KiB (ulimit -s), expected %llu or more",
                    (unsigned long long)stack.rlim_cur / 1024, (unsigned long long)STACK_LEAST / 1024);
}

int main(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;

    outside_remember();
    if (open_standard_streams() != 0)
        return EXIT_USAGE;
    // Characters only: numbers are written with a point everywhere.
    setlocale(LC_CTYPE, "");
    // A reader that went away, a trial that died and a file that may not grow (ulimit -f) are errors of a write and not the
    // end of ccbench.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    json_end_without_memory(end_without_memory);
    if (command == NULL)
        command = commands[0];
    else
        argc--, argv++;
    if (!command->hidden && answered(command, argc, argv))
        return finish_output(EXIT_DONE);
    if (!command->hidden && check_stack() != 0)
        return EXIT_USAGE;
    return finish_output(command->main(argc, argv));
}
