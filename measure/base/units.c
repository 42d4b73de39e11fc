// SPDX-License-Identifier: MIT
// Everything here works on decimal digits and integers: strtod() and printf() would read and write another decimal
// point in another locale, and 0.1 s is not a whole number of ns in floating point.
#include "measure/base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *suffix;
    uint64_t factor;
};

// Ascending; the first suffix with a factor is the one that is written. A micro is "u", U+00B5 (micro sign) or U+03BC (mu).
static const struct unit durations[] = {
    {"ns", 1},       {"us", 1000},      {"\xc2\xb5s", 1000},          {"\xce\xbcs", 1000},
    {"ms", 1000000}, {"s", 1000000000}, {"m", UINT64_C(60000000000)}, {"h", UINT64_C(3600000000000)},
    {NULL, 0},
};

static const struct unit sizes[] = {
    {"", 1},          {"b", 1},         {"B", 1},       {"k", 1 << 10},   {"K", 1 << 10},
    {"KiB", 1 << 10}, {"m", 1 << 20},   {"M", 1 << 20}, {"MiB", 1 << 20}, {"g", 1 << 30},
    {"G", 1 << 30},   {"GiB", 1 << 30}, {NULL, 0},
};

static const struct unit counts[] = {
    {"", 1}, {"k", 1000}, {"K", 1000}, {"m", 1000000}, {"M", 1000000}, {NULL, 0},
};

// digits × 10^-places
struct decimal {
    uint64_t digits;
    unsigned places;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Appends `zeros` zeros and `digit`. False when it does not fit.
static bool append_digit(uint64_t *digits, unsigned zeros, char digit)
{
    if (*digits == 0 && digit == '0')
        return true;
    for (unsigned i = 0; i <= zeros; i++)
        if (__builtin_mul_overflow(*digits, 10, digits))
            return false;
    return !__builtin_add_overflow(*digits, (uint64_t)(digit - '0'), digits);
}

static int read_whole(const char **text, struct decimal *decimal)
{
    for (; is_digit(**text); (*text)++)
        if (!append_digit(&decimal->digits, 0, **text))
            return -ERANGE;
    return 0;
}

// Zeros wait until another digit follows, so that "1.50000000000000000000" is as good as "1.5".
static int read_fraction(const char **text, struct decimal *decimal)
{
    unsigned zeros = 0;

    for (; is_digit(**text); (*text)++) {
        if (**text == '0') {
            zeros++;
            continue;
        }
        if (!append_digit(&decimal->digits, zeros, **text))
            return -ERANGE;
        decimal->places += zeros + 1;
        zeros = 0;
    }
    return 0;
}

// Digits with at most one point, and a digit on its right where there is one. Leaves *text behind the number.
static int read_decimal(const char **text, struct decimal *ret_decimal)
{
    struct decimal decimal = {0, 0};
    bool any = is_digit(**text);
    int err = read_whole(text, &decimal);

    if (err != 0)
        return err;
    if (**text == '.') {
        (*text)++;
        any = is_digit(**text);
        err = read_fraction(text, &decimal);
        if (err != 0)
            return err;
    }
    if (!any)
        return -EINVAL;
    *ret_decimal = decimal;
    return 0;
}

static bool divide_one(uint64_t *a, uint64_t *b, uint64_t prime)
{
    if (*a % prime == 0)
        *a /= prime;
    else if (*b % prime == 0)
        *b /= prime;
    else
        return false;
    return true;
}

// decimal × factor, which must be whole: what cannot be held exactly is refused rather than rounded.
static int scale_decimal(struct decimal decimal, uint64_t factor, uint64_t *ret_value)
{
    uint64_t value;

    if (decimal.digits == 0)
        decimal.places = 0;
    for (unsigned i = 0; i < decimal.places; i++)
        if (!divide_one(&decimal.digits, &factor, 2) || !divide_one(&decimal.digits, &factor, 5))
            return -EINVAL;
    if (__builtin_mul_overflow(decimal.digits, factor, &value))
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static const struct unit *find_unit(const struct unit *units, const char *suffix)
{
    for (; units->suffix != NULL; units++)
        if (strcmp(units->suffix, suffix) == 0)
            return units;
    return NULL;
}

static int parse_quantity(const char *text, const struct unit *units, uint64_t *ret_value)
{
    const struct unit *unit;
    struct decimal decimal;
    int err = read_decimal(&text, &decimal);

    if (err != 0)
        return err;
    unit = find_unit(units, text);
    if (unit != NULL)
        return scale_decimal(decimal, unit->factor, ret_value);
    if (decimal.digits != 0 || *text != '\0')
        return -EINVAL;
    *ret_value = 0; // nothing needs no unit
    return 0;
}

int units_parse_duration(const char *text, uint64_t *ret_ns)
{
    return parse_quantity(text, durations, ret_ns);
}

int units_parse_size(const char *text, uint64_t *ret_bytes)
{
    return parse_quantity(text, sizes, ret_bytes);
}

int units_parse_count(const char *text, uint64_t *ret_count)
{
    const char *point = strchr(text, '.');

    // "1.000" is a thousand to many.
    if (point != NULL && point[1 + strspn(point + 1, "0123456789")] == '\0')
        return -EINVAL;
    return parse_quantity(text, counts, ret_count);
}

// A separator with three digits behind it, and no more.
static bool sets_apart(const char *text)
{
    return strchr(",_' ", *text) != NULL && *text != '\0' && strspn(text + 1, "0123456789") == 3;
}

bool units_set_apart(const char *text, char *ret_plain, size_t size)
{
    size_t length = 0, digits = 0; // of the number under way
    bool found = false, apart = false;

    for (; *text != '\0' && length + 1 < size; text++) {
        if (digits > 0 && (digits <= 3 || apart) && ret_plain[length - digits] != '0' && sets_apart(text)) {
            found = apart = true;
            continue;
        }
        digits = is_digit(*text) ? digits + 1 : 0;
        apart = apart && digits > 0;
        ret_plain[length++] = *text;
    }
    ret_plain[length] = '\0';
    return found;
}

int units_parse_share(const char *text, double *ret_share)
{
    struct decimal decimal;
    double share;
    int err = read_decimal(&text, &decimal);

    if (err != 0)
        return err;
    if (strcmp(text, "%") == 0)
        decimal.places += 2;
    else if (*text != '\0')
        return -EINVAL;
    // Both are exact in a double as long as they are short, so that the quotient is the double nearest to the text.
    share = (double)decimal.digits / pow(10, decimal.places);
    if (*text == '\0' && share > 1)
        return -ERANGE;
    *ret_share = share;
    return 0;
}

#define RATE_MAX 10000000 // a second

int units_parse_rate(const char *text, double *ret_per_s, bool *ret_constant)
{
    char number[UNITS_TEXT];
    size_t length = strcspn(text, "/:");
    const char *rest = text + length;
    bool per_minute = strncmp(rest, "/m", 2) == 0, constant;
    uint64_t count;

    if (length >= sizeof number)
        return -EINVAL;
    if (per_minute || strncmp(rest, "/s", 2) == 0)
        rest += 2;
    constant = strcmp(rest, ":constant") == 0;
    memcpy(number, text, length);
    number[length] = '\0';
    if ((*rest != '\0' && !constant && strcmp(rest, ":poisson") != 0) || units_parse_count(number, &count) != 0 ||
        count == 0)
        return -EINVAL;
    if (count > RATE_MAX)
        return -ERANGE;
    *ret_per_s = (double)count / (per_minute ? 60 : 1);
    *ret_constant = constant;
    return 0;
}

struct display_unit {
    const char *name;
    double factor;
};

static const struct display_unit display_durations[] = {
    {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0},
};

static const struct display_unit display_bytes[] = {
    {"B", 1}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {NULL, 0},
};

// A value rounded to three significant digits: digits × 10^-places, in `unit`.
struct rounded {
    const struct display_unit *unit;
    double digits;
    unsigned places; // 0, 1 or 2
};

static const unsigned powers[] = {1, 10, 100};

// The first unit in which the ROUNDED value is below the next one, hence 999.9996 us is 1.00 ms. `limit` is what the
// next unit holds of this one.
static struct rounded round_to_unit(const struct display_unit *units, double value, double limit)
{
    for (const struct display_unit *unit = units;; unit++) {
        for (unsigned places = 3; places-- > 0;) {
            double digits = round(value * powers[places] / unit->factor);

            if (digits < (places == 0 ? limit : 1000) || (places == 0 && unit[1].name == NULL))
                return (struct rounded){unit, digits, places};
        }
    }
}

// Zeros behind the point say that a figure was rounded to there; an exact 1.5 s does without.
static void drop_zeros_if_exact(struct rounded *rounded, double value)
{
    if (rounded->digits * rounded->unit->factor != value * powers[rounded->places])
        return;
    for (; rounded->places > 0 && fmod(rounded->digits, 10) == 0; rounded->places--)
        rounded->digits /= 10;
}

static char *format_rounded(char buf[UNITS_TEXT], double value, const struct display_unit *units, double limit)
{
    const char *sign = value < 0 ? "-" : "";
    struct rounded rounded;
    uint64_t digits;
    unsigned power;

    value = fabs(value);
    if (!(value < 0x1p64)) { // also when it is not a number
        snprintf(buf, UNITS_TEXT, "n/a");
        return buf;
    }
    rounded = round_to_unit(units, value, limit);
    drop_zeros_if_exact(&rounded, value);
    digits = (uint64_t)rounded.digits;
    power = powers[rounded.places];
    if (rounded.places == 0)
        snprintf(buf, UNITS_TEXT, "%s%" PRIu64 " %s", sign, digits, rounded.unit->name);
    else
        snprintf(buf, UNITS_TEXT, "%s%" PRIu64 ".%0*" PRIu64 " %s", sign, digits / power, (int)rounded.places,
                 digits % power, rounded.unit->name);
    return buf;
}

char *units_format_duration(char buf[UNITS_TEXT], double ns)
{
    return format_rounded(buf, ns, display_durations, 1000);
}

char *units_format_bytes(char buf[UNITS_TEXT], double bytes)
{
    return format_rounded(buf, bytes, display_bytes, 1024);
}

char *units_format_count(char buf[UNITS_TEXT], uint64_t count)
{
    snprintf(buf, UNITS_TEXT, "%" PRIu64, count);
    return buf;
}

// In the largest unit of which it is a whole number.
static char *write_quantity(char buf[UNITS_TEXT], uint64_t value, const struct unit *units)
{
    const struct unit *best = units;

    for (const struct unit *unit = units; unit->suffix != NULL; unit++)
        if (value % unit->factor == 0 && unit->factor > best->factor)
            best = unit;
    if (value == 0)
        snprintf(buf, UNITS_TEXT, "0");
    else
        snprintf(buf, UNITS_TEXT, "%" PRIu64 "%s", value / best->factor, best->suffix);
    return buf;
}

char *units_write_duration(char buf[UNITS_TEXT], uint64_t ns)
{
    return write_quantity(buf, ns, durations);
}

char *units_write_size(char buf[UNITS_TEXT], uint64_t bytes)
{
    return write_quantity(buf, bytes, sizes);
}

char *units_write_count(char buf[UNITS_TEXT], uint64_t count)
{
    return write_quantity(buf, count, counts);
}

char *units_write_rate(char buf[UNITS_TEXT], uint64_t per_minute)
{
    bool per_s = per_minute % 60 == 0;

    units_write_count(buf, per_s ? per_minute / 60 : per_minute);
    strcat(buf, per_s ? "/s" : "/m");
    return buf;
}
