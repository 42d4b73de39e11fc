// SPDX-License-Identifier: MIT
// ccbench report FILE…: a stored document, rendered again, the same way as a live run's; or several reports, put into one.
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "cmd/rounds/build_document.h"
#include "reports/document/several.h"
#include "reports/findings/several.h"

// One of several, as it was typed.
struct source {
    char *label; // NULL: none was given; owned
    const char *file;
};

// What stands in front of the first '=' of LABEL=FILE, unless it is part of a folder's name, or all of it is a file's.
static int parse_source(const char *typed, struct source *ret_source)
{
    const char *equals = strchr(typed, '=');

    *ret_source = (struct source){.file = typed};
    if (equals == NULL || memchr(typed, '/', (size_t)(equals - typed)) != NULL || access(typed, F_OK) == 0)
        return 0;
    if (equals == typed || equals[1] == '\0')
        return complain("'%s': %s is missing, expected LABEL=FILE", typed, equals == typed ? "the label" : "the file");
    ret_source->label = strndup(typed, (size_t)(equals - typed));
    ret_source->file = equals + 1;
    return ret_source->label != NULL ? 0 : complain("out of memory");
}

static int add(cJSON *several, const struct source *source)
{
    cJSON *report = NULL;
    int status = outputs_read_report(source->file, &report);

    if (status == 0 && several_add(several, source->label, source->file, report) != 0)
        status = complain("out of memory");
    cJSON_Delete(report);
    return status;
}

static int add_all(cJSON *several, const struct source *sources, int n)
{
    char error[DOCUMENT_ERROR] = "out of memory";
    int status = 0, err;

    for (int i = 0; status == 0 && i < n; i++)
        status = add(several, &sources[i]);
    if (status != 0)
        return status;
    err = several_conclude(several, error);
    return err == 0 ? 0 : complain("report: %s", error);
}

static int check_sources(const struct source *sources, int n)
{
    int standard = 0;

    for (int i = 0; i < n; i++)
        standard += strcmp(sources[i].file, "-") == 0;
    return standard < 2 ? 0 : complain("report: '-' given %d times, expected standard input once", standard);
}

static int show_several(const struct options *options, const struct source *sources, int argc, char **argv)
{
    cJSON *several = cJSON_CreateObject();
    int status = outputs_suit(options, DOCUMENT_SEVERAL);

    cJSON_AddStringToObject(several, "schema", SEVERAL_SCHEMA);
    build_command(several, argc, argv);
    several_begin(several);
    if (status == 0)
        status = add_all(several, sources, options->argument_count);
    if (status == 0)
        status = outputs_show(options, several);
    cJSON_Delete(several);
    return status;
}

static int show_one(const struct options *options, const char *path)
{
    cJSON *document = NULL;
    int status = outputs_read(path, &document);

    if (status == 0)
        status = outputs_suit(options, document_kind(document));
    if (status == 0)
        status = outputs_show(options, document);
    cJSON_Delete(document);
    return status;
}

static int show(const struct options *options, int argc, char **argv)
{
    int n = options->argument_count, status = 0;
    struct source *sources = calloc((size_t)n, sizeof *sources);

    if (sources == NULL)
        return complain("out of memory");
    for (int i = 0; status == 0 && i < n; i++)
        status = parse_source(options->arguments[i], &sources[i]);
    if (status == 0)
        status = check_sources(sources, n);
    if (status == 0 && n == 1 && sources[0].label == NULL)
        status = show_one(options, sources[0].file);
    else if (status == 0)
        status = show_several(options, sources, argc, argv);
    for (int i = 0; i < n; i++)
        free(sources[i].label);
    free(sources);
    return status;
}

static int command_main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&command_report, argc, argv, &options);

    if (status == 0 && options.argument_count == 0)
        status = complain("report takes one file or more, given none (try 'ccbench report --help')");
    if (status == 0)
        status = outputs_check(&options);
    return status == 0 ? show(&options, argc, argv) : status;
}

const struct command command_report = {
    .name = "report",
    .bit = COMMAND_REPORT,
    .arguments = " [LABEL=]FILE...",
    .summary = "Shows a stored report (-: standard input) again, or several of them in one.",
    .main = command_main,
};
