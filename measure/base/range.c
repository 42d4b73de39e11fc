// SPDX-License-Identifier: MIT
#include "measure/base/range.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int parse_rate(const char *text, uint64_t *ret_per_minute)
{
    double per_s;
    bool constant;
    int err = units_parse_rate(text, &per_s, &constant);

    if (err == 0)
        *ret_per_minute = (uint64_t)llround(per_s * 60);
    return err;
}

static const struct {
    int (*parse)(const char *text, uint64_t *ret_value);
    char *(*write)(char buf[UNITS_TEXT], uint64_t value);
    const char *example; // of a range with a step
} quantities[] = {
    [QUANTITY_COUNT] = {units_parse_count, units_write_count, "16..4k:x4 or 100..500:+100"},
    [QUANTITY_SIZE] = {units_parse_size, units_write_size, "1k..1m:x4 or 4k..16k:+4k"},
    [QUANTITY_DURATION] = {units_parse_duration, units_write_duration, "1ms..16ms:x2 or 10ms..50ms:+10ms"},
    [QUANTITY_RATE] = {parse_rate, units_write_rate, "100..1600:x4 or 100/s..500/s:+100"},
};

// What is being parsed, and what it has come to.
struct parser {
    const char *at;
    enum quantity quantity;
    struct range range;
    char *expected;
};

static int refuse(struct parser *parser, const char *expected)
{
    snprintf(parser->expected, RANGE_EXPECTED, "%s such as %s", expected, quantities[parser->quantity].example);
    return -EINVAL;
}

// Keeps the values in order, each once.
static int add_value(struct parser *parser, uint64_t value)
{
    struct range *range = &parser->range;
    unsigned i = range->count;

    while (i > 0 && range->values[i - 1] > value)
        i--;
    if (i > 0 && range->values[i - 1] == value)
        return 0;
    if (range->count == RANGE_VALUES) {
        snprintf(parser->expected, RANGE_EXPECTED, "at most %d values; a longer step makes fewer, such as %s",
                 RANGE_VALUES, quantities[parser->quantity].example);
        return -EINVAL;
    }
    memmove(&range->values[i + 1], &range->values[i], (range->count - i) * sizeof range->values[0]);
    range->values[i] = value;
    range->count++;
    return 0;
}

// A value reaches to the next comma, colon or "..".
static size_t value_length(const char *text)
{
    size_t length = strcspn(text, ",:");
    const char *dots = strstr(text, "..");

    return dots != NULL && (size_t)(dots - text) < length ? (size_t)(dots - text) : length;
}

// The result is untouched and `expected` empty where there is no such value.
static int read_value(struct parser *parser, size_t length, uint64_t *ret_value)
{
    char text[UNITS_TEXT];

    parser->expected[0] = '\0';
    if (length >= sizeof text)
        return -EINVAL;
    memcpy(text, parser->at, length);
    text[length] = '\0';
    if (quantities[parser->quantity].parse(text, ret_value) != 0)
        return -EINVAL;
    parser->at += length;
    return 0;
}

static bool at_step(const char *text)
{
    return text[0] == ':' &&
           (text[1] == '+' || (text[1] == 'x' && strchr("0123456789", text[2]) != NULL && text[2] != '\0'));
}

// The step of a range, from a colon or nothing on. The factor of a multiplying one is a count.
static int read_step(struct parser *parser, bool *ret_multiplies, uint64_t *ret_step)
{
    enum quantity quantity = parser->quantity;
    int err;

    *ret_multiplies = false;
    *ret_step = 1;
    if (!at_step(parser->at))
        return quantity == QUANTITY_COUNT ? 0 : refuse(parser, "a range with a step");
    *ret_multiplies = parser->at[1] == 'x';
    parser->at += 2;
    if (*ret_multiplies)
        parser->quantity = QUANTITY_COUNT;
    err = read_value(parser, strcspn(parser->at, ",:"), ret_step);
    parser->quantity = quantity;
    if (err != 0 || *ret_step < (*ret_multiplies ? 2 : 1))
        return refuse(parser, *ret_multiplies ? "a step by a whole number from 2 up" : "a step from above 0");
    return 0;
}

static int add_range(struct parser *parser, uint64_t low, uint64_t high)
{
    uint64_t step;
    bool multiplies;
    int err = read_step(parser, &multiplies, &step);

    if (err == 0 && low > high)
        err = refuse(parser, "the smaller value of a range first,");
    if (err == 0 && multiplies && low == 0)
        err = refuse(parser, "a range from above 0 where steps multiply,");
    for (uint64_t value = low; err == 0 && value < high;) {
        err = add_value(parser, value);
        if (multiplies ? __builtin_mul_overflow(value, step, &value) : __builtin_add_overflow(value, step, &value))
            break;
    }
    return err != 0 ? err : add_value(parser, high);
}

// Nobody writes a value as 024: that is the second part of 1,024.
static bool continues_number(const char *text)
{
    return text[0] == '0' && strspn(text, "0123456789") == 3;
}

// One value or range.
static int read_item(struct parser *parser)
{
    uint64_t low, high;
    int err = read_value(parser, value_length(parser->at), &low);

    if (err != 0)
        return err;
    if (strncmp(parser->at, "..", 2) != 0)
        return add_value(parser, low);
    parser->at += 2;
    err = read_value(parser, value_length(parser->at), &high);
    return err != 0 ? err : add_range(parser, low, high);
}

int range_parse(const char *text, enum quantity quantity, struct range *ret_range, const char **ret_rest,
                char expected[RANGE_EXPECTED])
{
    struct parser parser = {.at = text, .quantity = quantity, .expected = expected};
    int err = read_item(&parser);

    while (err == 0 && *parser.at == ',') {
        parser.at++;
        err = continues_number(parser.at) ? refuse(&parser, "no comma within a number, and values")
                                          : read_item(&parser);
    }
    if (err != 0)
        return err;
    expected[0] = '\0';
    if (*parser.at != '\0' && (*parser.at != ':' || ret_rest == NULL))
        return -EINVAL;
    *ret_range = parser.range;
    if (ret_rest != NULL)
        *ret_rest = parser.at;
    return 0;
}

int range_parse_rates(const char *text, struct range *ret_range, bool *ret_constant, char expected[RANGE_EXPECTED])
{
    struct range range;
    const char *rest;
    int err = range_parse(text, QUANTITY_RATE, &range, &rest, expected);

    if (err == 0 && *rest != '\0' && strcmp(rest, ":constant") != 0 && strcmp(rest, ":poisson") != 0)
        err = -EINVAL;
    if (err != 0)
        return err;
    *ret_range = range;
    *ret_constant = strcmp(rest, ":constant") == 0;
    return 0;
}

int range_join(struct range *range, const struct range *other, char expected[RANGE_EXPECTED])
{
    struct parser parser = {.quantity = QUANTITY_COUNT, .range = *range, .expected = expected};
    int err = 0;

    for (unsigned i = 0; err == 0 && i < other->count; i++)
        err = add_value(&parser, other->values[i]);
    if (err == 0)
        *range = parser.range;
    return err;
}

char *range_write(char buf[UNITS_TEXT], enum quantity quantity, uint64_t value)
{
    return quantities[quantity].write(buf, value);
}
