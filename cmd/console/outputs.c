// SPDX-License-Identifier: MIT
#include "cmd/console/outputs.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/output_file.h"
#include "cmd/console/terminal.h"
#include "measure/base/text.h"
#include "reports/document/document.h"
#include "reports/findings/summary.h"

// What is behind a message about a path that a shell would have made another of.
static const char *tilde_hint(const char *path)
{
    return path[0] == '~' ? " (no shell has replaced the '~': write the folder out, or leave it out of the quotes)"
                          : "";
}

static int check_one(const char *path)
{
    int err = output_file_check(path);

    if (err == -EISDIR)
        return complain("--output: '%s' is a directory, expected a file", path);
    return err == 0 ? 0 : complain("--output: cannot write '%s': %s%s", path, strerror(-err), tilde_hint(path));
}

// Of the whole process, set before anything else.
static bool standard_is_closed;

void outputs_without_standard(void)
{
    standard_is_closed = true;
}

int outputs_check(const struct options *options)
{
    if (standard_is_closed && options->output_count == 0)
        return complain("standard output is closed, expected it open, or --output=FILE");
    for (unsigned i = 0; i < options->output_count; i++) {
        if (check_one(options->outputs[i]) != 0)
            return EXIT_USAGE;
    }
    return 0;
}

static int suits(const struct report_format *format, const char *option, const char *value, enum document_kind kind)
{
    static const char *const kinds[] = {[DOCUMENT_REPORT] = "a report (only for gate and compare)",
                                        [DOCUMENT_GATE] = "a gate",
                                        [DOCUMENT_SEVERAL] = "several reports",
                                        [DOCUMENT_CLAIMS] = "claims"};
    char names[REPORT_FORMAT_WORDS];

    if (report_format_suits(format, kind))
        return 0;
    return complain("--%s: '%s' is not for %s, expected %s", option, value, kinds[kind],
                    report_format_names_for(kind, names));
}

int outputs_suit(const struct options *options, enum document_kind kind)
{
    int status = suits(report_format_by_name(options->format), "format", options->format, kind);

    for (unsigned i = 0; status == 0 && i < options->output_count; i++)
        status = suits(report_format_by_suffix(options->outputs[i]), "output", options->outputs[i], kind);
    return status;
}

static int render(const struct options *options, const char *path, const cJSON *document, struct text_stream *text)
{
    struct report_style style = {.utf8 = terminal_utf8(), .all_columns = options->verbose};
    int err = text_stream_open(text), closed;

    if (err != 0)
        return err;
    err = report_write(report_format_by_suffix(path), document, &style, text->out);
    closed = text_stream_close(text);
    return err == 0 ? closed : err;
}

// Whole in memory first: what is written in place cannot be taken back.
static int write_one(const struct options *options, const char *path, const cJSON *document)
{
    struct text_stream text;
    int err = render(options, path, document, &text);

    fflush(stdout); // which the file may be
    if (err == 0)
        err = output_file_write(path, text.text, text.length);
    free(text.text);
    return err == 0 ? 0 : complain("cannot write '%s': %s", path, strerror(-err));
}

int outputs_read(const char *path, cJSON **ret_document)
{
    char error[DOCUMENT_ERROR] = "";
    cJSON *document = NULL;
    int err = document_read(path, &document, error);

    if (err == 0)
        err = summarise_missing(document);
    if (err == 0) {
        *ret_document = document;
        return 0;
    }
    cJSON_Delete(document);
    return complain("%s: %s%s", strcmp(path, "-") == 0 ? "standard input" : path,
                    error[0] != '\0' ? error : strerror(-err), tilde_hint(path));
}

int outputs_read_report(const char *path, cJSON **ret_report)
{
    cJSON *document = NULL;
    int status = outputs_read(path, &document);

    if (status == 0 && document_kind(document) != DOCUMENT_REPORT) {
        status = complain("%s: %s, expected a report (ccbench run --output)", path,
                          document_kind(document) == DOCUMENT_GATE     ? "the result of a gate or a comparison"
                          : document_kind(document) == DOCUMENT_CLAIMS ? "what claims came to"
                                                                       : "several reports in one");
        cJSON_Delete(document);
    } else if (status == 0) {
        *ret_report = document;
    }
    return status;
}

int outputs_flush(void)
{
    int status = EXIT_SIGNAL + SIGPIPE;

    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    if (errno != EPIPE)
        status = complain_of_output();
    if (fileno(stdout) >= 0) // else it is no file, which could be opened anew
        (void)!freopen("/dev/null", "w", stdout);
    return status;
}

int outputs_show(const struct options *options, const cJSON *document)
{
    struct report_style style = terminal_style(options);
    int err = report_write(report_format_by_name(options->format), document, &style, stdout);
    int status = outputs_flush();

    if (err != 0 && status == 0)
        return complain_of(err);
    return outputs_write(options, document) != 0 ? EXIT_USAGE : status;
}

int outputs_write(const struct options *options, const cJSON *document)
{
    int status = 0;

    for (unsigned i = 0; i < options->output_count; i++) {
        if (write_one(options, options->outputs[i], document) != 0)
            status = EXIT_USAGE;
    }
    return status;
}
