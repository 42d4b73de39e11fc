// SPDX-License-Identifier: MIT
#include "runtimes/folders.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// In the folder of a program that was built and not installed: the path of such data in its sources, "ccbench-runtimes".
#define NOTE "ccbench-"

// The folder that this program is in; "" where that is not known.
static const char *own_folder(void)
{
    static char path[PATH_MAX];
    ssize_t length = path[0] == '\0' ? readlink("/proc/self/exe", path, sizeof path - 1) : 0;
    char *slash;

    if (length > 0) {
        path[length] = '\0';
        slash = strrchr(path, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    return path;
}

static char *joined(const char *folder, const char *between, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s%s", folder, between, name) >= 0 ? path : NULL;
}

// What the note says, or NULL where there is none.
static char *read_note(const char *name)
{
    char *path = joined(own_folder(), NOTE, name), *line = NULL;
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    size_t size = 0;

    free(path);
    if (file == NULL)
        return NULL;
    if (getline(&line, &size, file) <= 0) {
        free(line);
        line = NULL;
    }
    fclose(file);
    if (line != NULL)
        line[strcspn(line, "\n")] = '\0';
    return line;
}

char *folders_data(const char *name)
{
    char *built = read_note(name);

    return built != NULL ? built : joined(own_folder(), "../share/ccbench/", name);
}

char *folders_own(const char *name)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (config != NULL && config[0] == '/') // others are to be ignored, as the XDG Base Directory Specification has it
        return joined(config, "ccbench/", name);
    return home != NULL && home[0] != '\0' ? joined(home, ".config/ccbench/", name) : NULL;
}

char *folders_programs(void)
{
    char *note = joined(own_folder(), NOTE, "runtimes");
    bool built = note != NULL && access(note, R_OK) == 0;

    free(note);
    return joined(own_folder(), "", built ? "runtimes" : "../libexec/ccbench");
}
