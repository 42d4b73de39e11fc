// SPDX-License-Identifier: MIT
// What tells the series of a drawing apart, never by colour alone: the colours of Okabe and Ito, "Color Universal Design" (2008),
// which are told apart with any common kind of sight, with shapes and dashes that come round at another pace.
#pragma once

// Of series 0, 1, …: "#rrggbb".
const char *series_color(int series);
// The mark as path data, from its middle: "m-3.5 0…".
const char *series_mark(int series);
// A stroke-dasharray, NULL: a whole line.
const char *series_dash(int series);
