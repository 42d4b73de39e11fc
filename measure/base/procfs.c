// SPDX-License-Identifier: MIT
#include "measure/base/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Such files have size 0 until they are read, so the buffer grows until a read returns nothing.
static int read_all(int fd, char **ret_text)
{
    size_t size = 4096, used = 0;
    char *text = malloc(size), *larger;
    ssize_t got;
    int r;

    if (text == NULL)
        return -ENOMEM;
    for (;;) {
        got = read(fd, text + used, size - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used + 1 < size)
            continue;
        larger = realloc(text, size * 2);
        if (larger == NULL) {
            r = -ENOMEM;
            goto free_text;
        }
        text = larger;
        size *= 2;
    }
    if (got < 0) {
        r = -errno;
        goto free_text;
    }
    text[used] = '\0';
    *ret_text = text;
    return 0;

free_text:
    free(text);
    return r;
}

// `length` is what vsnprintf() said of `path`.
static int read_file(const char path[PATH_MAX], int length, char **ret_text)
{
    int fd, r;

    if (length < 0 || length >= PATH_MAX)
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = read_all(fd, ret_text);
    close(fd);
    return r;
}

static char *file_or_null(const char path[PATH_MAX], int length)
{
    char *text = NULL;

    return read_file(path, length, &text) < 0 ? NULL : text;
}

int procfs_read(char **ret_text, const char *format, ...)
{
    char path[PATH_MAX];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    return read_file(path, length, ret_text);
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
    char path[PATH_MAX], *text;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    text = file_or_null(path, length);
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
    char path[PATH_MAX], *text;
    va_list arguments;
    bool found;
    int length;

    va_start(arguments, format);
    length = vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    text = file_or_null(path, length);
    if (text == NULL)
        return false;
    found = parse_number(text, ret_number);
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
