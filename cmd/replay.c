// SPDX-License-Identifier: MIT
// ccbench replay: one trial of a stored report again, under perf, strace, gdb, valgrind or whatever else there is.
#include <cjson/cJSON.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "cmd/console/outputs.h"
#include "cmd/replay/replay_run.h"
#include "measure/base/text.h"
#include "measure/machine/outside.h"

static int command_main(int argc, char **argv)
{
    struct options options;
    struct replay replay = {.plan = NULL};
    cJSON *report = NULL;
    int status = options_parse(&command_replay, argc, argv, &options);

    if (status == 0 && options.argument_count != 2)
        status = complain(
            "replay takes a report and a cell, such as run.json http:10ms/async, given %d word%s (try 'ccbench "
            "replay --help')",
            options.argument_count, text_plural(options.argument_count));
    if (status == 0)
        status = outputs_read_report(options.arguments[0], &report);
    if (status == 0)
        status = replay_find(report, options.arguments[1], &replay);
    if (status == 0) {
        outside_remember();
        status = replay_run(&replay, &options);
    }
    replay_release(&replay);
    cJSON_Delete(report);
    return status;
}

const struct command command_replay = {
    .name = "replay",
    .bit = COMMAND_REPLAY,
    .arguments = " REPORT WORKLOAD/MODEL",
    .summary = "Runs one trial of a stored report again, under perf, gdb or the like.",
    .main = command_main,
};
