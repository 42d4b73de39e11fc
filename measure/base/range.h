// SPDX-License-Identifier: MIT
// Several values of a quantity, as people type them: lists "1,4,16", ranges "10..35", "16..4k:x4", "100..500:+100", and
// lists of both.
#pragma once

#include <stdbool.h>

#include "measure/base/units.h"

#define RANGE_VALUES 64
#define RANGE_EXPECTED 160

// A rate is held as a count per minute, which every rate that can be typed is a whole number of.
enum quantity { QUANTITY_COUNT, QUANTITY_SIZE, QUANTITY_DURATION, QUANTITY_RATE };

struct range {
    uint64_t values[RANGE_VALUES]; // ascending, each once
    unsigned count;
};

// Parses what `text` begins with. A range has both its ends, also where the last step to B is a shorter one; ":xF"
// multiplies, ":+D" adds, a range of counts alone goes up by 1. With `ret_rest` a ':' that begins no step ends the
// values ("1k:yield"), and *ret_rest is there; with NULL the whole text must be values.
// 0, or -EINVAL with `expected` filled: what would have been right; "" where a value is none of that quantity.
int range_parse(const char *text, enum quantity quantity, struct range *ret_range, const char **ret_rest,
                char expected[RANGE_EXPECTED]);

// Rates with how they arrive behind them, as "500/s", "100..1600:x4" or "30/m,2/s:constant": *ret_constant is whether at even
// distances. 0, or -EINVAL with `expected` as above.
int range_parse_rates(const char *text, struct range *ret_range, bool *ret_constant, char expected[RANGE_EXPECTED]);

// Puts the other values among those of the range. 0, or -EINVAL with `expected` filled: there are too many.
int range_join(struct range *range, const struct range *other, char expected[RANGE_EXPECTED]);

// A value as people type it, parsed back to the same: "1k", "64k", "10ms". Returns `buf`.
char *range_write(char buf[UNITS_TEXT], enum quantity quantity, uint64_t value);
