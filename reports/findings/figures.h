// SPDX-License-Identifier: MIT
// Figures as tables show them, in UTF-8. Each writes nothing for what is not there (NAN).
#pragma once

#include <stdio.h>

#include "reports/document/metrics.h"

void write_duration(FILE *out, double ns);      // "9.62 ms", "1.5 µs"
void write_bytes(FILE *out, double bytes);      // "12.3 KiB"
void write_count(FILE *out, double count);      // "12345"
void write_percent(FILE *out, double share);    // "97 %"
void write_ratio(FILE *out, double ratio);      // "1.98"
void write_rate(FILE *out, double per_s);       // "98.7", "12300": three digits that mean something
void write_per_second(FILE *out, double per_s); // the same as "98.7/s"

// By its unit, of a rate the number alone.
void write_figure(FILE *out, enum metric_unit unit, double value);
