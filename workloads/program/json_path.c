// SPDX-License-Identifier: MIT
#include "workloads/program/json_path.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/utf8.h"

#define KEY_BYTES 40 // of a key, in words

static const char mark[] = "\xef\xbb\xbf"; // which some editors put before the text

void json_path_enter(struct json_path *path, const cJSON *parent, const cJSON *child)
{
    if (path->length < JSON_PATH_MOST)
        path->parts[path->length] = (struct json_part){parent, child};
    path->length++;
}

void json_path_leave(struct json_path *path)
{
    path->length--;
}

static unsigned depth_of(const struct json_path *path)
{
    return path->length < JSON_PATH_MOST ? path->length : JSON_PATH_MOST;
}

// Which of the parent's children it is, from 0. cJSON keeps the order of the text, also of members with the same key.
static unsigned position_of(const struct json_part *part)
{
    unsigned position = 0;

    for (const cJSON *child = part->parent->child; child != NULL && child != part->child; child = child->next)
        position++;
    return position;
}

static size_t write_part(const struct json_part *part, bool first, char *buf, size_t size)
{
    int length;

    if (cJSON_IsArray(part->parent))
        length = snprintf(buf, size, "[%u]", position_of(part));
    else
        length = snprintf(buf, size, "%s%.*s", first ? "" : ".", (int)utf8_clip(part->child->string, KEY_BYTES),
                          part->child->string);
    return (size_t)length < size ? (size_t)length : size - 1;
}

char *json_path_write(const struct json_path *path, char buf[JSON_PATH_TEXT])
{
    char whole[JSON_PATH_MOST * (KEY_BYTES + 8)];
    size_t length = 0, half = JSON_PATH_TEXT / 2 - 4;

    whole[0] = '\0';
    for (unsigned i = 0; i < depth_of(path); i++)
        length += write_part(&path->parts[i], i == 0, whole + length, sizeof whole - length);
    if (length < JSON_PATH_TEXT)
        memcpy(buf, whole, length + 1);
    else
        snprintf(buf, JSON_PATH_TEXT, "%.*s...%s", (int)half, whole, whole + length - half);
    return buf;
}

// Over white space and what separates values, which need no checking: the text has been parsed.
static const char *skip_space(const char *at)
{
    while (*at != '\0' && ((unsigned char)*at <= ' ' || *at == ',' || *at == ':'))
        at++;
    return at;
}

static const char *skip_string(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++)
        at += at[0] == '\\' && at[1] != '\0';
    return *at == '"' ? at + 1 : at;
}

static const char *skip_value(const char *at)
{
    unsigned open = 0;

    do {
        at = skip_space(at);
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            open++;
            at++;
        } else if (*at == '}' || *at == ']') {
            open--;
            at++;
        } else {
            at += strcspn(at, " \t\r\n,:{}[]\"");
        }
    } while (open > 0 && *at != '\0');
    return at;
}

// From the value that `at` begins to its `position`-th member's key, or item; NULL where it has none.
static const char *descend(const char *at, unsigned position)
{
    bool members = *at == '{';

    if (*at != '{' && *at != '[')
        return NULL;
    at = skip_space(at + 1);
    for (; position > 0 && *at != '\0' && *at != '}' && *at != ']'; position--) {
        if (members)
            at = skip_space(skip_string(at));
        at = skip_space(skip_value(at));
    }
    return *at != '\0' && *at != '}' && *at != ']' ? at : NULL;
}

unsigned json_path_line(const struct json_path *path, const char *text)
{
    const char *at = skip_space(strncmp(text, mark, 3) == 0 ? text + 3 : text), *found = at;
    unsigned line, column;

    for (unsigned i = 0; i < depth_of(path); i++) {
        at = descend(at, position_of(&path->parts[i]));
        if (at == NULL)
            break;
        found = at;
        if (cJSON_IsObject(path->parts[i].parent))
            at = skip_space(skip_string(at));
    }
    json_place(text, (size_t)(found - text), &line, &column);
    return line;
}

void json_place(const char *text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    *ret_line = *ret_column = 1;
    for (size_t i = strncmp(text, mark, 3) == 0 ? 3 : 0; i < offset && text[i] != '\0'; i++) {
        if (text[i] == '\n') {
            ++*ret_line;
            *ret_column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ++*ret_column;
        }
    }
}
