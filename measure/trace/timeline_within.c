// SPDX-License-Identifier: MIT
#include "measure/trace/timeline.h"

// The first interval of the row that ends after that time; the row's count where none does.
static size_t first_after(const struct timeline *timeline, const struct timeline_row *row, uint64_t at_ns)
{
    size_t low = 0, high = row->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (timeline->intervals[row->first + middle].end_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void timeline_within(const struct timeline *timeline, const struct timeline_row *row, uint64_t begin_ns,
                     uint64_t end_ns, uint64_t sums_ns[TIMELINE_STATES])
{
    for (size_t i = first_after(timeline, row, begin_ns); i < row->count; i++) {
        const struct timeline_interval *interval = &timeline->intervals[row->first + i];
        uint64_t from_ns = interval->begin_ns > begin_ns ? interval->begin_ns : begin_ns;
        uint64_t to_ns = interval->end_ns < end_ns ? interval->end_ns : end_ns;

        if (from_ns >= to_ns)
            break;
        sums_ns[interval->state] += to_ns - from_ns;
    }
}
