// SPDX-License-Identifier: MIT
#include "measure/base/program_find.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat stat_;

    return stat(path, &stat_) == 0 && S_ISREG(stat_.st_mode) && access(path, X_OK) == 0;
}

char *program_find(const char *name)
{
    const char *path = getenv("PATH");
    char *found = NULL;

    if (strchr(name, '/') != NULL)
        return is_program(name) ? strdup(name) : NULL;
    for (path = path != NULL ? path : "/usr/bin:/bin"; found == NULL; path++) {
        size_t length = strcspn(path, ":");

        if (asprintf(&found, "%.*s%s%s", (int)length, path, length > 0 ? "/" : "./", name) < 0)
            return NULL;
        if (!is_program(found)) {
            free(found);
            found = NULL;
        }
        path += length;
        if (*path == '\0')
            break;
    }
    return found;
}
