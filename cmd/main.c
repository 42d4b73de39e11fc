// SPDX-License-Identifier: MIT
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/console/options.h"
#include "measure/base/json.h"
#include "measure/base/libcurl.h"
#include "version.h"
#ifdef CCBENCH_HAVE_UV
#include <uv.h>
#endif
#include <cjson/cJSON.h>

const struct command commands[] = {
    {"run", COMMAND_RUN, "", "Runs the same work under several concurrency models and compares them.", command_run},
    {"list", COMMAND_LIST, " [NAME|FILE.json...]", "Lists models, workloads and formats, or explains one.", command_list},
    {"report", COMMAND_REPORT, " FILE", "Shows a stored report (--output=FILE.json) again.", command_report},
    {"gate", COMMAND_GATE, " --base=CMD --new=CMD", "Says whether one build is slower than another, measured side by side.",
     command_gate},
    {"compare", COMMAND_COMPARE, " OLD NEW", "Compares two stored reports, as far as that can be done.", command_compare},
    {"serve", COMMAND_SERVE, "", "Serves the HTTP origin of the http workload.", command_serve},
    {"check", COMMAND_CHECK, "", "Says what would blur a measurement on this machine, and how to mend it.", command_check},
    {0},
};

// Not listed: what ccbench starts itself, and what writes the manual page.
static const struct command hidden_commands[] = {
    {"trial", 0, "", "", command_trial},
    {"manual", 0, "", "", command_manual},
    {0},
};

static const struct command *find(const struct command *list, const char *name)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0)
            return list;
    }
    return NULL;
}

const struct command *command_find(unsigned bit)
{
    const struct command *command = commands;

    while (command->bit != bit)
        command++;
    return command;
}

static void print_version(void)
{
    printf("ccbench %s (%s%s%s, %s %s)\n", CCBENCH_VERSION, CCBENCH_BUILD_TYPE, CCBENCH_SANITIZER[0] != '\0' ? ", " : "",
           CCBENCH_SANITIZER, CCBENCH_COMPILER, CCBENCH_FLAGS);
#ifdef CCBENCH_HAVE_UV
    printf("libuv %s\n", uv_version_string());
#else
    printf("libuv: not found when built\n");
#endif
#ifdef CCBENCH_HAVE_CURL
    printf("libcurl %s\n", libcurl_load(NULL) != 0 ? "cannot be loaded" : libcurl_version());
#else
    printf("libcurl: not found when built\n");
#endif
    printf("cJSON %s\ngreen threads switch by %s\n", cJSON_Version(), CCBENCH_BOOST_CONTEXT);
}

// --help and --version win over whatever else is on the line.
static bool answered(const struct command *command, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options_help(command, stdout);
            return true;
        }
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0) {
            print_version();
            return true;
        }
    }
    return false;
}

// Trials and the origin die with this process.
static void end_without_memory(void)
{
    _exit(complain("out of memory"));
}

int main(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find(commands, argv[1]) : NULL;
    const struct command *hidden = argc > 1 ? find(hidden_commands, argv[1]) : NULL;

    // Characters only: numbers are written with a point everywhere.
    setlocale(LC_CTYPE, "");
    // A reader that went away, or a trial that died, is an error of a write and not the end of ccbench.
    signal(SIGPIPE, SIG_IGN);
    json_end_without_memory(end_without_memory);
    if (hidden != NULL)
        return finish_output(hidden->run(argc - 1, argv + 1));
    if (command == NULL)
        command = &commands[0];
    else
        argc--, argv++;
    if (answered(command, argc, argv))
        return finish_output(EXIT_DONE);
    return finish_output(command->run(argc, argv));
}
