// SPDX-License-Identifier: MIT
#include "measure/base/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Makes the buffer twice as large, or 4 KiB at first.
static int grow(char **text, size_t *size)
{
    size_t more = *size > 0 ? *size * 2 : 4096;
    char *larger = realloc(*text, more);

    if (larger == NULL)
        return -ENOMEM;
    *text = larger;
    *size = more;
    return 0;
}

// Such files have size 0 until they are read, so the buffer grows until a read returns nothing.
static int read_all(int fd, char **ret_text)
{
    size_t size = 0, used = 0;
    char *text = NULL;
    ssize_t got = 1;
    int err = 0;

    while (err == 0 && got != 0) {
        if (used + 1 >= size)
            err = grow(&text, &size);
        got = err == 0 ? read(fd, text + used, size - used - 1) : 0;
        if (got > 0)
            used += (size_t)got;
        else if (got < 0 && errno != EINTR)
            err = -errno;
    }
    if (err != 0) {
        free(text);
        return err;
    }
    text[used] = '\0';
    *ret_text = text;
    return 0;
}

static int read_at(char **ret_text, const char *format, va_list arguments)
{
    char path[PATH_MAX];
    int length = vsnprintf(path, sizeof path, format, arguments), fd, err;

    if (length < 0 || length >= PATH_MAX)
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    err = read_all(fd, ret_text);
    close(fd);
    return err;
}

int procfs_read(char **ret_text, const char *format, ...)
{
    va_list arguments;
    int err;

    va_start(arguments, format);
    err = read_at(ret_text, format, arguments);
    va_end(arguments);
    return err;
}

char *procfs_text(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    (void)read_at(&text, format, arguments);
    va_end(arguments);
    return text;
}

static void cut_line(char *text)
{
    size_t length = strcspn(text, "\n");

    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
}

char *procfs_line(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    (void)read_at(&text, format, arguments);
    va_end(arguments);
    if (text == NULL)
        return NULL;
    cut_line(text);
    if (*text != '\0')
        return text;
    free(text);
    return NULL;
}

static bool parse_number(const char *text, uint64_t *ret_number)
{
    if (*text < '0' || *text > '9')
        return false;
    *ret_number = strtoull(text, NULL, 10);
    return true;
}

bool procfs_number(uint64_t *ret_number, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    bool found;

    va_start(arguments, format);
    (void)read_at(&text, format, arguments);
    va_end(arguments);
    found = text != NULL && parse_number(text, ret_number);
    free(text);
    return found;
}

const char *procfs_value(const char *text, const char *key)
{
    size_t length = strlen(key);

    while (text != NULL && *text != '\0') {
        const char *after = text + length;

        if (strncmp(text, key, length) == 0) {
            after += strspn(after, " \t");
            if (*after == ':')
                return after + 1 + strspn(after + 1, " \t");
        }
        text = strchr(text, '\n');
        if (text != NULL)
            text++;
    }
    return NULL;
}

bool procfs_value_number(const char *text, const char *key, uint64_t *ret_number)
{
    const char *value = procfs_value(text, key);

    return value != NULL && parse_number(value, ret_number);
}

bool procfs_value_bytes(const char *text, const char *key, uint64_t *ret_bytes)
{
    uint64_t kib;

    if (!procfs_value_number(text, key, &kib))
        return false;
    *ret_bytes = kib * 1024;
    return true;
}

uint64_t procfs_stat_field(const char *stat, int field)
{
    const char *rest = stat != NULL ? strrchr(stat, ')') : NULL;
    uint64_t number = 0;

    // The second field is the name, the third is behind the next blank.
    for (int at = 2; rest != NULL && at < field; at++)
        rest = strchr(rest + 1, ' ');
    if (rest != NULL)
        number = strtoull(rest, NULL, 10);
    return number;
}

int procfs_processes(const char *directory, int (*take)(int pid, void *data), void *data)
{
    DIR *dir = opendir(directory);
    const struct dirent *entry;
    int err = 0;

    if (dir == NULL)
        return -errno;
    while (err == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);

        if (pid > 0 && *end == '\0')
            err = take((int)pid, data);
    }
    if (err == 0)
        err = -errno;
    closedir(dir);
    return err;
}

struct search {
    int parent;
    int (*take)(int pid, void *data);
    void *data;
};

static int take_if_child(int pid, void *data)
{
    const struct search *search = data;
    char *stat = procfs_text("/proc/%d/stat", pid);
    bool found = procfs_stat_field(stat, PROCFS_STAT_PPID) == (uint64_t)search->parent;

    free(stat);
    return found ? search->take(pid, search->data) : 0;
}

// Those that one thread has started or inherited.
static int take_children_of_thread(int tid, void *data)
{
    const struct search *search = data;
    char *children = NULL, *rest = NULL;
    int err = procfs_read(&children, "/proc/%d/task/%d/children", search->parent, tid);

    for (char *word = err == 0 ? strtok_r(children, " \n", &rest) : NULL; err == 0 && word != NULL;
         word = strtok_r(NULL, " \n", &rest))
        err = search->take(atoi(word), search->data);
    free(children);
    return err;
}

int procfs_children(int pid, int (*take)(int pid, void *data), void *data)
{
    struct search search = {.parent = pid, .take = take, .data = data};
    char path[64];

    // Some kernels are built without it.
    if (access("/proc/thread-self/children", R_OK) != 0)
        return procfs_processes("/proc", take_if_child, &search);
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    return procfs_processes(path, take_children_of_thread, &search);
}

bool procfs_decimal(const char *text, double *ret_value)
{
    uint64_t whole;
    double place = 1, value;

    if (!parse_number(text, &whole))
        return false;
    value = (double)whole;
    text += strspn(text, "0123456789");
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            value += (*text - '0') * (place /= 10);
    *ret_value = value;
    return true;
}
