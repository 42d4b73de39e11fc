// SPDX-License-Identifier: MIT
// ccbench report FILE: a stored document, rendered again; the same way as a live run's.
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "cmd/console/outputs.h"
#include "cmd/console/terminal.h"
#include "reports/document/document.h"
#include "reports/document/gate.h"
#include "reports/findings/summary.h"
#include "reports/format.h"

static int render(const struct options *options, const cJSON *document)
{
    struct report_style style = terminal_style(options);
    int err, status = outputs_suit(options, gate_is(document));

    if (status != 0)
        return status;
    err = report_write(report_format_by_name(options->format), document, &style, stdout);

    if (err != 0 && !ferror(stdout))
        return complain("%s", strerror(-err));
    return outputs_write(options, document);
}

static int command_main(int argc, char **argv)
{
    struct options options;
    cJSON *document = NULL;
    char error[DOCUMENT_ERROR] = "";
    int err, status = options_parse(&command_report, argc, argv, &options);

    if (status != 0)
        return status;
    if (options.argument_count != 1)
        return complain("report takes one file, given %d (try 'ccbench report --help')", options.argument_count);
    status = outputs_check(&options);
    if (status != 0)
        return status;
    err = document_read(options.arguments[0], &document, error);
    if (err == 0)
        err = summarise_missing(document);
    if (err == 0)
        status = render(&options, document);
    else
        status = complain("%s: %s", options.arguments[0], error[0] != '\0' ? error : strerror(-err));
    cJSON_Delete(document);
    return status;
}

const struct command command_report = {
    .name = "report",
    .bit = COMMAND_REPORT,
    .arguments = " FILE",
    .summary = "Shows a stored report (--output=FILE.json) again.",
    .main = command_main,
};
