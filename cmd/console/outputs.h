// SPDX-License-Identifier: MIT
// Reports shown, saved to files, each whole or not at all, and read back.
#pragma once

#include "cmd/console/options.h"
#include "reports/document/document.h"

struct cJSON;

// Standard output was closed when ccbench began, and /dev/null took its place.
void outputs_without_standard(void);

// Whether each --output can be written, and there is any output at all, found out before an hour of measuring. 0, or
// EXIT_USAGE with one line printed.
int outputs_check(const struct options *options);

// Whether --format and each --output can show such documents. 0, or EXIT_USAGE with one line printed.
int outputs_suit(const struct options *options, enum document_kind kind);

// Reads what --output saved, "-" from standard input: a report (with all its summaries), or another kind of document. 0 and the document, owned by the
// caller; or EXIT_USAGE with one line printed.
int outputs_read(const char *path, struct cJSON **ret_document);

// The same where only a report will do.
int outputs_read_report(const char *path, struct cJSON **ret_report);

// Sends on what was printed, right after it was, while errno says why that fails. 0; EXIT_USAGE with one line printed; or
// EXIT_SIGNAL + SIGPIPE: the reader has gone. After a failure the rest goes nowhere.
int outputs_flush(void);

// Prints the document on standard output in --format, and writes it to each --output. As outputs_write; EXIT_SIGNAL + SIGPIPE
// where nothing else is wrong and the reader has gone.
int outputs_show(const struct options *options, const struct cJSON *document);

// Writes the document to each --output (cmd/console/output_file.h). 0, or EXIT_USAGE with one
// line printed for each that could not be written.
int outputs_write(const struct options *options, const struct cJSON *document);
