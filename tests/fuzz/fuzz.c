// SPDX-License-Identifier: MIT
#include "tests/fuzz/fuzz.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/rng.h"
#include "measure/base/utf8.h"

_Noreturn void fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

bool fuzz_is_utf8(const char *text)
{
    return utf8_valid(text, strlen(text)) == strlen(text);
}

// All values below `item` but itself, up to `room`; returns how many.
static size_t collect(cJSON *item, cJSON **list, size_t n, size_t room)
{
    for (cJSON *child = item->child; child != NULL && n < room; child = child->next) {
        list[n++] = child;
        n = collect(child, list, n, room);
    }
    return n;
}

static cJSON *other_value(struct rng *rng)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0.0",
        "1",
        "-1",
        "0.5",
        "2",
        "1e9",
        "4294967295",
        "4294967296",
        "9007199254740993",
        "1e18",
        "1.8446744073709552e19",
        "1e19",
        "-1e308",
        "1e308",
        "[]",
        "{}",
        "\"\"",
        "\"x\"",
        "\"ok\"",
        "\"failed\"",
        "\"1ms\"",
        "\"99999h\"",
        "\"/delay/1ms~2ms/bytes/4k\"",
        "\"\\u0000\"",
        "\"\\u009b31m\\n\\ud83d\\ude00\"",
        "\"%s%n\"",
        "[[[[[]]]]]",
        "[null,1,\"x\",{}]",
        "{\"repeat\":1000000000,\"steps\":[{\"compute\":60}]}",
        "{\"sleep\":\"1ms\"}",
    };

    uint32_t chosen = rng_below(rng, sizeof texts / sizeof *texts + 1);
    char text[500];

    if (chosen < sizeof texts / sizeof *texts)
        return cJSON_Parse(texts[chosen]);
    memset(text, 'A', sizeof text);
    text[sizeof text - 1] = '\0';
    return cJSON_CreateString(text);
}

static double other_number(double number, struct rng *rng)
{
    switch (rng_below(rng, 6)) {
    case 0:
        return -number;
    case 1:
        return number + 1;
    case 2:
        return number / 3;
    case 3:
        return number * 1e10;
    case 4:
        return number * number;
    default:
        return number - 1;
    }
}

static cJSON *parent_of(cJSON *item, const cJSON *wanted)
{
    for (cJSON *child = item->child; child != NULL; child = child->next) {
        cJSON *found = child == wanted ? item : parent_of(child, wanted);

        if (found != NULL)
            return found;
    }
    return NULL;
}

// Puts `value` in the place of `old`, under its name.
static void replace(cJSON *root, cJSON *old, cJSON *value)
{
    cJSON *parent = parent_of(root, old);

    if (old->string != NULL) {
        free(value->string);
        value->string = strdup(old->string);
    }
    cJSON_ReplaceItemViaPointer(parent, old, value);
}

static void repeat(cJSON *parent, const cJSON *item, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        cJSON *copy = cJSON_Duplicate(item, true);

        if (item->string != NULL)
            cJSON_AddItemToObject(parent, item->string, copy);
        else
            cJSON_AddItemToArray(parent, copy);
    }
}

static cJSON *wrap(const cJSON *item, struct rng *rng)
{
    cJSON *value = cJSON_Duplicate(item, true);

    for (uint32_t depth = 1 + rng_below(rng, 80); depth > 0; depth--) {
        cJSON *outer = cJSON_CreateArray();

        free(value->string);
        value->string = NULL;
        cJSON_AddItemToArray(outer, value);
        value = outer;
    }
    return value;
}

static void change(cJSON *root, cJSON *item, const cJSON *another, struct rng *rng)
{
    switch (rng_below(rng, 8)) {
    case 0:
        cJSON_Delete(cJSON_DetachItemViaPointer(parent_of(root, item), item));
        break;
    case 1:
        repeat(parent_of(root, item), item, 1 + rng_below(rng, 3));
        break;
    case 2:
        replace(root, item, cJSON_Duplicate(another, true));
        break;
    case 3:
        replace(root, item, wrap(item, rng));
        break;
    case 4:
        if (item != another && item->string != NULL && another->string != NULL) {
            free(item->string);
            item->string = strdup(another->string);
        }
        break;
    case 5:
    case 6:
        if (cJSON_IsNumber(item))
            cJSON_SetNumberHelper(item, other_number(item->valuedouble, rng));
        else
            replace(root, item, other_value(rng));
        break;
    default:
        replace(root, item, other_value(rng));
    }
}

size_t fuzz_mutate_json(uint8_t *data, size_t offset, size_t size, size_t room, unsigned seed)
{
    struct rng rng = {.state = seed};
    char *text = fuzz_text(data + offset, size - offset);
    cJSON *root = cJSON_Parse(text), *list[2000];
    size_t n = root != NULL ? collect(root, list, 0, sizeof list / sizeof *list) : 0, length;

    free(text);
    text = NULL;
    if (n > 0) {
        change(root, list[rng_below(&rng, (uint32_t)n)], list[rng_below(&rng, (uint32_t)n)], &rng);
        text = cJSON_PrintUnformatted(root);
    }
    cJSON_Delete(root);
    length = text != NULL ? strlen(text) : 0;
    if (length == 0 || offset + length + 1 > room) {
        free(text);
        return 0;
    }
    memcpy(data + offset, text, length);
    data[offset + length] = '\n'; // a line, where that is what is read
    free(text);
    return offset + length + 1;
}
