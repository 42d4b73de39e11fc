// SPDX-License-Identifier: MIT
// ccbench compare OLD NEW: two stored reports, held against each other.
#include <cjson/cJSON.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "cmd/rounds/build_document.h"
#include "reports/findings/comparison.h"

static int compare(const struct options *options, cJSON *const reports[2], int argc, char **argv)
{
    const struct comparison comparison = {
        .base = reports[0],
        .new = reports[1],
        .base_name = options->arguments[0],
        .new_name = options->arguments[1],
        .metrics = options->metrics[0] != '\0' ? options->metrics : NULL,
        .allowed = options->allowed,
        .inconclusive = options->inconclusive,
    };
    int status, shown;
    cJSON *document = comparison_make(&comparison, &status);

    if (document == NULL)
        return complain("out of memory");
    build_head(document, argc, argv);
    shown = outputs_show(options, document);
    cJSON_Delete(document);
    return shown == EXIT_USAGE ? shown : status; // also without a reader
}

static int command_main(int argc, char **argv)
{
    struct options options;
    cJSON *reports[2] = {NULL, NULL};
    int status = options_parse(&command_compare, argc, argv, &options);

    if (status == 0 && options.argument_count != 2)
        status = complain(
            "compare takes two files, the old one and the new one, given %d (try 'ccbench compare --help')",
            options.argument_count);
    if (status == 0 && strcmp(options.arguments[0], "-") == 0 && strcmp(options.arguments[1], "-") == 0)
        status = complain("compare: both '-', expected one of the files to be another than standard input");
    if (status == 0)
        status = outputs_suit(&options, DOCUMENT_GATE);
    if (status == 0)
        status = outputs_check(&options);
    for (int i = 0; status == 0 && i < 2; i++)
        status = outputs_read_report(options.arguments[i], &reports[i]);
    if (status == 0)
        status = compare(&options, reports, argc, argv);
    cJSON_Delete(reports[0]);
    cJSON_Delete(reports[1]);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .bit = COMMAND_COMPARE,
    .arguments = " OLD NEW",
    .summary = "Compares two stored reports, as far as that can be done.",
    .main = command_main,
};
