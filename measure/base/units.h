// SPDX-License-Identifier: MIT
// Numbers with units as people write them: one table of suffixes per quantity parses and prints.
//   durations  "10ms" "2us" "1.5s" "500ns" "2m"      ns inside
//   sizes      "64k" "1m" "512b" "4096"              bytes inside, 1k = 1024
//   counts     "1000" "10k" "1m"                     1k = 1000
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The largest number that a report holds, and that is believed of a program: of ns 31 years.
#define UNITS_MOST 1e18

// Room for any text the format functions write, the final NUL included.
#define UNITS_TEXT 32

// Each parses the whole of `text`, in any locale. 0 and *ret_…, or -EINVAL (not such a quantity) or -ERANGE (does not
// fit); the result is untouched on failure. A duration needs a unit, except for "0"; "us" may be written "µs".
// Results are exact: 0.1s is 100,000,000 ns, and what is no whole number of ns, bytes or things is -EINVAL ("0.5ns").
// A point is none between thousands: a count has one only before a unit ("1.5k").
int units_parse_duration(const char *text, uint64_t *ret_ns);
int units_parse_size(const char *text, uint64_t *ret_bytes);
int units_parse_count(const char *text, uint64_t *ret_count);
// Whether thousands are set apart in it, as in "1,024", "10_000" or "1 000/s"; and how it is written without.
bool units_set_apart(const char *text, char *ret_plain, size_t size);

// "5%", "0.05" → 0.05. Negative numbers are -EINVAL. Above 1 only as a percentage ("150%"): a bare "5" is -ERANGE,
// since whoever writes that most likely means 5%.
int units_parse_share(const char *text, double *ret_share);

// "500/s", "30/m", a count without a unit per second; behind it ":poisson", which is the default, or ":constant". Above 0, at
// most 10 million a second.
int units_parse_rate(const char *text, double *ret_per_s, bool *ret_constant);

// For people: three significant digits and a unit, chosen after rounding ("9.62 ms", 999.9996 us is "1.00 ms"), with a
// point in any locale. Zeros at the end go where the value is exact ("1.5 s", "16 KiB"); from 1000 s or 1024 GiB on all
// digits of whole units are written. Plain ASCII: a renderer may turn "us" into "µs". Negative values get a minus sign;
// "n/a" for what is not a finite number (or 2^64 and more). A count is written in full, as it can be typed ("12345"). Each returns `buf`.
char *units_format_duration(char buf[UNITS_TEXT], double ns);
char *units_format_bytes(char buf[UNITS_TEXT], double bytes);
char *units_format_count(char buf[UNITS_TEXT], uint64_t count);

// Exact and short, parsed back to the same value: "10ms", "1500us", "64k". For labels, plans and command lines.
char *units_write_duration(char buf[UNITS_TEXT], uint64_t ns);
char *units_write_size(char buf[UNITS_TEXT], uint64_t bytes);
char *units_write_count(char buf[UNITS_TEXT], uint64_t count);
// A rate by its count per minute: "500/s", "2k/s"; "30/m" where that is no whole number per second.
char *units_write_rate(char buf[UNITS_TEXT], uint64_t per_minute);
