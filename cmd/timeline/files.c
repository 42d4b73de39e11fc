// SPDX-License-Identifier: MIT
#include "cmd/timeline/files.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/console/output_file.h"
#include "cmd/console/terminal.h"
#include "measure/base/text.h"
#include "reports/render/timeline_format.h"

// Whole in memory first: what is written in place cannot be taken back.
static int write_one(const char *path, const struct timeline_picture *picture)
{
    struct report_style style = {.utf8 = terminal_utf8()};
    struct text_stream text;
    int err = text_stream_open(&text), closed;

    if (err == 0) {
        err = timeline_format_by_suffix(path)->write(picture, &style, text.out);
        closed = text_stream_close(&text);
        err = err == 0 ? closed : err;
        fflush(stdout); // which the file may be
        if (err == 0)
            err = output_file_write(path, text.text, text.length);
        free(text.text);
    }
    return err == 0 ? 0 : complain("cannot write '%s': %s", path, strerror(-err));
}

int timeline_files_write(const struct options *options, const struct timeline_picture *picture)
{
    int status = 0;

    for (unsigned i = 0; i < options->output_count; i++)
        if (write_one(options->outputs[i], picture) != 0)
            status = EXIT_USAGE;
    return status;
}
