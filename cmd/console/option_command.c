// SPDX-License-Identifier: MIT
// Commands and variables of their environment, as people type them.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/console/option.h"
#include "measure/base/utf8.h"
#include "measure/base/words.h"

static void *field(const struct option_spec *spec, struct options *options)
{
    return (char *)options + spec->offset;
}

int option_variable(const struct option_spec *spec, struct options *options, const char *value,
                    char expected[OPTION_EXPECTED])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", digits[] = "0123456789";
    size_t length = strcspn(value, "="), i = 0;

    while (i < length && (strchr(letters, value[i]) != NULL || (i > 0 && strchr(digits, value[i]) != NULL)))
        i++;
    if (i == length && length > 0 && value[length] == '=')
        return option_list(spec, options, value, expected);
    snprintf(expected, OPTION_EXPECTED, "NAME=VALUE, such as CCBENCH_PYTHON=python3.13");
    return -EINVAL;
}

// A file's name with blanks that were not quoted: it is none of the words.
static bool begins_with_file(const char *value, char error[WORDS_ERROR])
{
    for (const char *blank = strchr(value, ' '); blank != NULL; blank = strchr(blank + 1, ' ')) {
        size_t length = (size_t)(blank - value) + 1 + strcspn(blank + 1, " ");
        char *path = strndup(value, length);
        struct stat stat_;
        bool is = path != NULL && stat(path, &stat_) == 0 && S_ISREG(stat_.st_mode);

        if (is)
            snprintf(error, WORDS_ERROR, "a blank separates words, and no shell is run: write \"%.*s\" with its quotes",
                     UTF8_CLIPPED(path, 80));
        free(path);
        if (is)
            return true;
    }
    return false;
}

int option_command(const struct option_spec *spec, struct options *options, const char *value,
                   char expected[OPTION_EXPECTED])
{
    char error[WORDS_ERROR];
    char **words = NULL;
    int err = words_split(value, &words, error);

    if (err == 0 && begins_with_file(value, error))
        err = -EINVAL;
    if (err == 0)
        *(const char **)field(spec, options) = value;
    else if (err == -EINVAL)
        snprintf(expected, OPTION_EXPECTED, "a command such as '%s': %.*s",
                 spec->words != NULL             ? spec->words
                 : spec->group == OPTION_SERVERS ? "./srv {port}"
                                                 : "./old/ccbench",
                 UTF8_CLIPPED(error, 100));
    else
        snprintf(expected, OPTION_EXPECTED, "more memory");
    free(words);
    return err;
}
