// SPDX-License-Identifier: MIT
// ccbench report FILE: a stored document, rendered again; the same way as a live run's.
#include <cjson/cJSON.h>

#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "reports/document/gate.h"

static int command_main(int argc, char **argv)
{
    struct options options;
    cJSON *document = NULL;
    int status = options_parse(&command_report, argc, argv, &options);

    if (status == 0 && options.argument_count != 1)
        status = complain("report takes one file, given %d (try 'ccbench report --help')", options.argument_count);
    if (status == 0)
        status = outputs_check(&options);
    if (status == 0)
        status = outputs_read(options.arguments[0], &document);
    if (status == 0)
        status = outputs_suit(&options, gate_is(document));
    if (status == 0)
        status = outputs_show(&options, document);
    cJSON_Delete(document);
    return status;
}

const struct command command_report = {
    .name = "report",
    .bit = COMMAND_REPORT,
    .arguments = " FILE",
    .summary = "Shows a stored report (--output=FILE.json; -: standard input) again.",
    .main = command_main,
};
