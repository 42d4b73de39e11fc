// SPDX-License-Identifier: MIT
#include "cmd/hosts/received.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "measure/base/write_all.h"
#include "reports/document/fields.h"

// The next bytes, after a silence of LIFELINE_SILENCE_NS at most. How many; 0: it has ended, or is silent.
static size_t take(void *buf, size_t size)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t n;
    int ready;

    do
        ready = poll(&input, 1, (int)(LIFELINE_SILENCE_NS / NS_PER_MS));
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return 0;
    do
        n = read(STDIN_FILENO, buf, size);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

static int complain_broken(void)
{
    return complain("--lifeline: standard input ended, or was silent for 5 s, before a whole plan had come");
}

// The line up to its newline, byte by byte, since what follows is not ours to read ahead of. NULL: broken off.
static char *read_line(size_t *ret_length)
{
    char *line = malloc(HOSTS_LINE_BYTES + 1);
    size_t length = 1;

    if (line == NULL)
        return NULL;
    line[0] = '{';
    while (length < HOSTS_LINE_BYTES && line[length - 1] != '\n') {
        if (take(line + length, 1) == 0) {
            free(line);
            return NULL;
        }
        length++;
    }
    line[length] = '\0';
    *ret_length = length;
    return line;
}

// A relative path that stays below the folder.
static bool is_below(const char *path)
{
    if (path == NULL || path[0] == '/' || path[0] == '\0')
        return false;
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static bool is_text_list(const cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item))
            return false;
    }
    return cJSON_IsArray(list);
}

static int check_plan(const cJSON *plan)
{
    double protocol = field_number(plan, "lifeline"), sum = 0;
    const cJSON *file;

    if (!cJSON_IsObject(plan) || !(protocol >= 1))
        return complain("--lifeline: what came is no plan, expected one of 'ccbench --hosts'");
    if (protocol != HOSTS_PROTOCOL)
        return complain("--lifeline: the plan is of protocol %g, expected %d: another version of ccbench sent it",
                        protocol, HOSTS_PROTOCOL);
    if (!is_text_list(field(plan, "arguments")))
        return complain("--lifeline: the plan's arguments are no list of texts");
    cJSON_ArrayForEach(file, field(plan, "files")) {
        double bytes = field_number(file, "bytes");

        if (!is_below(field_text(file, "path")) || !(bytes >= 0) || !(field_number(file, "mode") >= 0))
            return complain("--lifeline: the plan has a file without a path below its folder, a size and a mode");
        sum += bytes;
    }
    return sum <= (double)HOSTS_FILES_BYTES
               ? 0
               : complain("--lifeline: the plan's files have %.0f bytes, expected %zu at most", sum, HOSTS_FILES_BYTES);
}

static int copy_bytes(int fd, size_t bytes, const char *path)
{
    char buf[65536];

    while (bytes > 0) {
        size_t n = take(buf, bytes < sizeof buf ? bytes : sizeof buf);
        int err;

        if (n == 0)
            return complain_broken();
        err = write_all(fd, buf, n);
        if (err != 0)
            return complain("--lifeline: cannot write '%s': %s", path, strerror(-err));
        bytes -= n;
    }
    return 0;
}

// With the folders above it.
static int open_below(char *path, size_t folder, mode_t mode)
{
    for (char *slash = strchr(path + folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0700);
}

static int unpack_one(const struct received *received, const cJSON *file)
{
    size_t folder = strlen(received->folder);
    char *path;
    int fd, status;

    if (asprintf(&path, "%s/%s", received->folder, field_text(file, "path")) < 0)
        return complain("out of memory");
    fd = open_below(path, folder, (mode_t)field_number(file, "mode") | 0600);
    status = fd >= 0 ? copy_bytes(fd, (size_t)field_number(file, "bytes"), path)
                     : complain("--lifeline: cannot make '%s': %s", path, strerror(errno));
    if (fd >= 0 && close(fd) != 0 && status == 0)
        status = complain("--lifeline: cannot write '%s': %s", path, strerror(errno));
    free(path);
    return status;
}

static int unpack(struct received *received)
{
    const char *root = getenv("TMPDIR");
    const cJSON *file, *files = field(received->plan, "files");
    int status = 0;

    if (cJSON_GetArraySize(files) == 0)
        return 0;
    snprintf(received->folder, sizeof received->folder, "%.4000s/ccbench-XXXXXX",
             root != NULL && root[0] == '/' ? root : "/tmp");
    if (mkdtemp(received->folder) == NULL) {
        status = complain("--lifeline: cannot make a folder '%s': %s", received->folder, strerror(errno));
        received->folder[0] = '\0';
    }
    cJSON_ArrayForEach(file, files) {
        if (status == 0)
            status = unpack_one(received, file);
    }
    return status;
}

int received_read(struct received *ret_received)
{
    char first = '\0', *line;
    size_t length;
    int status;

    *ret_received = (struct received){.plan = NULL};
    if (take(&first, 1) == 0)
        return complain_broken();
    if (first != '{')
        return 0;
    line = read_line(&length);
    if (line == NULL)
        return complain_broken();
    ret_received->plan = cJSON_ParseWithLength(line, length);
    free(line);
    status = check_plan(ret_received->plan);
    if (status == 0)
        status = unpack(ret_received);
    if (status != 0)
        received_release(ret_received);
    return status;
}

static int remove_one(const char *path, const struct stat *stat_, int type, struct FTW *at)
{
    (void)stat_;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

void received_release(struct received *received)
{
    cJSON_Delete(received->plan);
    received->plan = NULL;
    if (received->folder[0] != '\0')
        nftw(received->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    received->folder[0] = '\0';
}
