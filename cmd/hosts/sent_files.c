// SPDX-License-Identifier: MIT
#include "cmd/hosts/sent_files.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "cmd/hosts/received.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"

// Room for its bytes behind the others'. 0, or EXIT_USAGE with one line printed.
static int make_room(struct sent_files *files, const char *path, size_t bytes)
{
    char *more;

    if (bytes > HOSTS_FILES_BYTES - files->length)
        return complain("--hosts: '%s' makes the files that are sent larger than %zu MiB, expected less", path,
                        HOSTS_FILES_BYTES / 1024 / 1024);
    more = realloc(files->bytes, files->length + bytes + 1);
    if (more == NULL)
        return complain("out of memory");
    files->bytes = more;
    return 0;
}

static int read_bytes(struct sent_files *files, int fd, size_t bytes, const char *path)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = read(fd, files->bytes + files->length + done, bytes - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return complain("--hosts: cannot send '%s': %s", path, n < 0 ? strerror(errno) : "it became shorter");
        done += (size_t)n;
    }
    files->length += bytes;
    return 0;
}

static int take(struct sent_files *files, const char *path, const char *name)
{
    struct stat stat_;
    int fd = open(path, O_RDONLY | O_CLOEXEC), status;
    cJSON *file;

    if (fd < 0 || fstat(fd, &stat_) != 0 || !S_ISREG(stat_.st_mode)) {
        status = complain("--hosts: cannot send '%s': %s", path, fd < 0 ? strerror(errno) : "it is no regular file");
        if (fd >= 0)
            close(fd);
        return status;
    }
    status = make_room(files, path, (size_t)stat_.st_size);
    if (status == 0)
        status = read_bytes(files, fd, (size_t)stat_.st_size, path);
    close(fd);
    if (status != 0)
        return status;
    file = cJSON_CreateObject();
    cJSON_AddStringToObject(file, "path", name);
    cJSON_AddNumberToObject(file, "bytes", (double)stat_.st_size);
    cJSON_AddNumberToObject(file, "mode", stat_.st_mode & 0777);
    cJSON_AddItemToArray(files->list, file);
    return 0;
}

static bool is_there(const struct sent_files *files, const char *name)
{
    const cJSON *file;

    cJSON_ArrayForEach(file, files->list) {
        if (field_is(file, "path", name))
            return true;
    }
    return false;
}

// By its name alone: relative, and nowhere up.
static bool is_below(const char *path)
{
    return path[0] != '/' && path[0] != '\0' && strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL &&
           utf8_valid(path, strlen(path)) == strlen(path);
}

bool sent_files_wants(const char *path)
{
    struct stat stat_;

    return is_below(path) && stat(path, &stat_) == 0 && S_ISREG(stat_.st_mode);
}

static char *name_of(struct sent_files *files, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name;

    if (is_below(path))
        return strdup(path);
    return asprintf(&name, "sent-%u/%s", ++files->moved, slash != NULL ? slash + 1 : path) >= 0 ? name : NULL;
}

int sent_files_add(struct sent_files *files, const char *path, char **ret_name)
{
    char *name = name_of(files, path);
    int status;

    if (name == NULL)
        return complain("out of memory");
    status = is_there(files, name) ? 0 : take(files, path, name);
    if (status == 0)
        *ret_name = name;
    else
        free(name);
    return status;
}

// DIRECTORY of DIRECTORY/FILE, with its slash.
static int folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? (int)(slash + 1 - path) : 0;
}

int sent_files_add_beside(struct sent_files *files, const char *path, const char *there, const char *name)
{
    char *source = NULL, *target = NULL;
    struct stat stat_;
    int status = 0;

    if (!is_below(name))
        return 0;
    if (asprintf(&source, "%.*s%s", folder_length(path), path, name) < 0 ||
        asprintf(&target, "%.*s%s", folder_length(there), there, name) < 0)
        status = complain("out of memory");
    else if (!is_there(files, target) && stat(source, &stat_) == 0 && S_ISREG(stat_.st_mode))
        status = take(files, source, target);
    free(source);
    free(target);
    return status;
}

void sent_files_release(struct sent_files *files)
{
    cJSON_Delete(files->list);
    free(files->bytes);
    *files = (struct sent_files){.list = NULL};
}
