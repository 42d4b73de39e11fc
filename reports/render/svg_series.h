// SPDX-License-Identifier: MIT
// What tells the series of a drawing apart, never by colour alone: the colours of Okabe and Ito, "Color Universal Design" (2008),
// which are told apart with any common kind of sight, with shapes and dashes. A series is one colour with one mark.
#pragma once

// Series of a gate's differences: in order, and to be looked at.
enum { SERIES_FINE = 0, SERIES_ALARM = 9 };

// That of a model that ccbench brings, the same in all reports; -1: it is none of them.
int series_of_model(const char *model);
// Those that no such model has, by number from 0; they come round again after some dozens.
int series_left(int number);

// "#rrggbb".
const char *series_color(int series);
// The mark as path data, from its middle: "m-3.5 0…".
const char *series_mark(int series);
// A stroke-dasharray, NULL: a whole line.
const char *series_dash(int series);
