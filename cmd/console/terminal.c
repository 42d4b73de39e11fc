// SPDX-License-Identifier: MIT
#include "cmd/console/terminal.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "measure/base/text.h"
#include "measure/base/units.h"

#define HANGING 4

unsigned terminal_width(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t width;

    if (columns != NULL && units_parse_count(columns, &width) == 0 && width < 10000)
        return (unsigned)width;
    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

bool terminal_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void terminal_say(FILE *out, size_t column, const char *format, ...)
{
    char *line = NULL, *clean;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0)
        line = NULL;
    va_end(arguments);
    clean = line != NULL ? text_clean(line, terminal_utf8()) : NULL;
    text_wrap(out, clean != NULL ? clean : "out of memory", column, HANGING, terminal_width(STDOUT_FILENO));
    free(clean);
    free(line);
}

static bool wants_color(const struct options *options)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0') // https://no-color.org
        return false;
    return isatty(STDOUT_FILENO) && (term == NULL || strcmp(term, "dumb") != 0);
}

struct report_style terminal_style(const struct options *options)
{
    return (struct report_style){
        .width = terminal_width(STDOUT_FILENO),
        .color = wants_color(options),
        .utf8 = terminal_utf8(),
        .all_columns = options->verbose,
    };
}
