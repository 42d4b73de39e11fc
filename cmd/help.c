// SPDX-License-Identifier: MIT
// ccbench help: the options of a command, as its --help prints them.
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "measure/base/utf8.h"

static int unknown(const char *word)
{
    const char *meant = nearest(word, command_name);

    return complain("no command '%.*s'%s%s%s (try 'ccbench help')", UTF8_CLIPPED(word, 60),
                    meant != NULL ? ", did you mean '" : "", meant != NULL ? meant : "", meant != NULL ? "'?" : "");
}

static int command_main(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : commands[0];

    if (argc > 2)
        return complain("help takes no '%.*s', expected one command at most (try 'ccbench help')",
                        UTF8_CLIPPED(argv[2], 60));
    if (command == NULL || command->hidden)
        return unknown(argv[1]);
    options_help(command, commands, stdout);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .arguments = " [COMMAND]",
    .summary = "Shows what a command does and its options.",
    .main = command_main,
};
