// SPDX-License-Identifier: MIT
// How near a round came to the best possible time.
#pragma once

struct cJSON;

// The ideal time over the time that the sample took, which is ok; NAN where there is no ideal, tasks arrive at times of their
// own, or the cell only pretends to work.
double ideal_share(const struct cJSON *block, const struct cJSON *cell, const struct cJSON *sample);
