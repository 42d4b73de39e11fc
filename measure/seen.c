// SPDX-License-Identifier: MIT
#include "measure/seen.h"

#include <stdlib.h>
#include <string.h>

#include "measure/in_flight.h"

// What a slot of a class has behind its stamps where nothing is to be said of the task, as one number: class, status and
// checksum; and how long the task must have taken. A class of which that is not known beforehand has a time that no task reaches.
struct usual {
    uint64_t word;
    uint64_t least_wait_ns;
};

// A look under way.
struct look {
    struct seen *seen;
    const struct oracle *oracle;
    const struct slot *slots;
    uint64_t start_ns;
    struct usual *usual; // by class
    struct runs runs;
};

static uint64_t word_of(const struct slot *slot)
{
    uint64_t word;

    _Static_assert(offsetof(struct slot, class_index) + sizeof word == sizeof *slot, "three fields, 8 bytes");
    memcpy(&word, (const char *)slot + offsetof(struct slot, class_index), sizeof word);
    return word;
}

static void fill_usual(struct look *look)
{
    for (uint32_t c = 0; c < look->oracle->classes; c++) {
        const struct expectation *expected = &look->oracle->expected[c];
        struct slot slot = {.class_index = (uint16_t)c, .check = expected->check};

        look->usual[c].word = word_of(&slot);
        look->usual[c].least_wait_ns = expected->unknown || expected->fails ? UINT64_MAX : expected->least_wait_ns;
    }
}

static void note_end(struct seen *seen, uint64_t end_ns)
{
    seen->last_end_ns = end_ns > seen->last_end_ns ? end_ns : seen->last_end_ns;
}

// A task that the quick look does not pass: a long one, the first of a run, or one of which there may be something to say.
static __attribute__((noinline)) void look_closely(struct look *look, uint32_t i)
{
    const struct slot *slot = &look->slots[i];
    struct seen *seen = look->seen;

    spreads_count(seen->spreads, slot, look->start_ns);
    seen->plain &= oracle_plain(look->oracle, slot, look->start_ns);
    seen->ordered &= slot->arrival_ns <= slot->begin_ns;
    seen->first_arrival_ns = slot->arrival_ns < seen->first_arrival_ns ? slot->arrival_ns : seen->first_arrival_ns;
    seen->first_begin_ns = slot->begin_ns < seen->first_begin_ns ? slot->begin_ns : seen->first_begin_ns;
    note_end(seen, slot->end_ns);
    if (i > 0)
        note_end(seen, look->slots[i - 1].end_ns);
    runs_note(&look->runs, look->slots, i);
}

// Nearly all tasks pass with some thirty instructions: those that are short, ended well, and began when the one before them had
// ended. Since the stamps of such are above SPREAD_EXACT, none of the differences below wraps around.
static void look_at_all(struct look *look)
{
    const struct usual *usual = look->usual;
    struct spread *spreads = look->seen->spreads;
    uint32_t tasks = look->oracle->tasks, classes = look->oracle->classes;
    uint64_t last_ns = UINT64_MAX, first_arrival_ns = UINT64_MAX, start_ns = look->start_ns;

    for (uint32_t i = 0; i < tasks; i++) {
        const struct slot *slot = &look->slots[i];
        uint64_t queued_ns = slot->begin_ns - (start_ns + slot->arrival_ns);
        uint64_t latency_ns = slot->end_ns - (start_ns + slot->arrival_ns);

        if (slot->begin_ns >= last_ns && latency_ns < SPREAD_EXACT && queued_ns <= latency_ns &&
            slot->class_index < classes && word_of(slot) == usual[slot->class_index].word &&
            latency_ns - queued_ns >= usual[slot->class_index].least_wait_ns) {
            spreads[SPAN_LATENCY].exact[latency_ns]++;
            spreads[SPAN_QUEUED].exact[queued_ns]++;
            spreads[SPAN_SERVICE].exact[latency_ns - queued_ns]++;
            first_arrival_ns = slot->arrival_ns < first_arrival_ns ? slot->arrival_ns : first_arrival_ns;
        } else {
            look_closely(look, i);
        }
        last_ns = slot->end_ns > SPREAD_EXACT ? slot->end_ns : SPREAD_EXACT;
    }
    note_end(look->seen, look->slots[tasks - 1].end_ns);
    if (first_arrival_ns < look->seen->first_arrival_ns)
        look->seen->first_arrival_ns = first_arrival_ns;
}

void seen_look(struct seen *seen, const struct oracle *oracle, const struct slot *slots, uint64_t start_ns)
{
    struct look look = {.seen = seen, .oracle = oracle, .slots = slots, .start_ns = start_ns};

    seen->tasks = 0;
    if (oracle->tasks < SEEN_LEAST)
        return;
    memset(seen, 0, sizeof *seen);
    seen->plain = seen->ordered = true;
    seen->first_arrival_ns = seen->first_begin_ns = UINT64_MAX;
    look.usual = calloc((size_t)oracle->classes + 1, sizeof *look.usual);
    runs_open(&look.runs, oracle->tasks);
    if (look.usual != NULL) {
        fill_usual(&look);
        look_at_all(&look);
        seen->tasks = oracle->tasks;
        seen->plain &= seen->last_end_ns < (uint64_t)UNITS_MOST;
        seen->in_flight = runs_peak(&look.runs, slots);
    }
    runs_close(&look.runs);
    free(look.usual);
}
