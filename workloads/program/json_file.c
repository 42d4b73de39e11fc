// SPDX-License-Identifier: MIT
#include "workloads/program/json_file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/utf8.h"
#include "workloads/program/json_path.h"
#include "workloads/program/json_syntax.h"

static int complain_of(const struct json_file *file, const char *wrong, const char *what, char *error)
{
    snprintf(error, JSON_FILE_ERROR, "%.*s: %s%s%s", (int)utf8_clip(file->path, JSON_FILE_ERROR / 2), file->path, wrong,
             what != NULL ? ", expected " : "", what != NULL ? what : "");
    return -EINVAL;
}

static int complain_at(const struct json_file *file, size_t offset, const char *what, char *error)
{
    unsigned line, column;

    json_place(file->text, offset, &line, &column);
    snprintf(error, JSON_FILE_ERROR, "%.*s:%u:%u: %s", (int)utf8_clip(file->path, JSON_FILE_ERROR / 2), file->path,
             line, column, what);
    return -EINVAL;
}

int json_file_fault(const struct json_file *file, const struct json_fault *fault, char error[JSON_FILE_ERROR])
{
    char text[JSON_ERROR];

    snprintf(error, JSON_FILE_ERROR, "%.*s:%u: %s", (int)utf8_clip(file->path, JSON_FILE_ERROR - JSON_ERROR - 16),
             file->path, json_path_line(&fault->path, file->text), json_fault_write(fault, text));
    return -EINVAL;
}

// One byte more than may be there, to know whether there is one.
static int read_text(struct json_file *file, const char *what, size_t *ret_length, char *error)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC), err = 0;
    size_t length = 0;
    ssize_t n = 1;

    if (fd < 0)
        return complain_of(file, strerror(errno), NULL, error);
    while (n > 0 && length <= JSON_FILE_BYTES) {
        n = read(fd, file->text + length, JSON_FILE_BYTES + 1 - length);
        if (n > 0)
            length += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0)
        err = complain_of(file, strerror(errno), NULL, error);
    else if (length > JSON_FILE_BYTES)
        err = complain_of(file, "larger than 1 MiB", what, error);
    close(fd);
    if (err == 0)
        file->text[length] = '\0';
    *ret_length = length;
    return err;
}

// Names and paths are C strings, which a zero would end: neither as itself nor escaped. 0 or -EINVAL.
static int check_text(const struct json_file *file, size_t length, char *error)
{
    size_t valid = utf8_valid(file->text, length);

    if (valid < length)
        return complain_at(file, valid, "not UTF-8, expected JSON", error);
    if (strlen(file->text) < length)
        return complain_at(file, strlen(file->text), "a zero byte, expected JSON", error);
    for (size_t i = 0; i < length; i++) {
        if (file->text[i] != '\\')
            continue;
        if (strncmp(file->text + i, "\\u0000", 6) == 0)
            return complain_at(file, i, "a zero character, expected text", error);
        i++;
    }
    return 0;
}

int json_file_parse(struct json_file *file, size_t length, char error[JSON_FILE_ERROR])
{
    char wrong[JSON_SYNTAX_ERROR];
    size_t offset;
    int err = check_text(file, length, error);

    if (err == 0 && json_syntax_check(file->text, &offset, wrong) != 0)
        err = complain_at(file, offset, wrong, error);
    if (err != 0)
        return err;
    file->json = cJSON_Parse(file->text);
    return file->json != NULL ? 0 : complain_of(file, "not JSON", NULL, error);
}

int json_file_read(struct json_file *file, const char *what, char error[JSON_FILE_ERROR])
{
    size_t length;
    int err;

    file->text = malloc(JSON_FILE_BYTES + 1);
    if (file->text == NULL)
        return -ENOMEM;
    err = read_text(file, what, &length, error);
    return err == 0 ? json_file_parse(file, length, error) : err;
}

void json_file_release(struct json_file *file)
{
    free(file->text);
    cJSON_Delete(file->json);
    file->text = NULL;
    file->json = NULL;
}
