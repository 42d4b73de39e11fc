// SPDX-License-Identifier: MIT
#pragma once

#include "cmd/console/options.h"
#include "reports/findings/timeline_picture.h"

// Writes the picture to each --output, as its name ends. 0, or EXIT_USAGE with one line printed for each that could not be
// written.
int timeline_files_write(const struct options *options, const struct timeline_picture *picture);
