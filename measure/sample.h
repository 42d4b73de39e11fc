// SPDX-License-Identifier: MIT
// What one trial came to: its slots and its result, checked by the oracle and turned into the sample of the document.
#ifndef CCBENCH_MEASURE_SAMPLE_H
#define CCBENCH_MEASURE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/slot.h"

struct cJSON;
struct trial_report;

// What is known beforehand of a task of one class.
struct expectation {
    const char *name;
    uint32_t check;         // the checksum it comes to
    uint64_t least_wait_ns; // it cannot be faster
    uint64_t updates;       // of the shared counter, in units of 1
    bool fails;             // it must end with a status
};

// What an honest trial looks like, from the workload's data alone.
struct oracle {
    uint32_t tasks, lanes;
    uint32_t classes;
    const struct expectation *expected; // by class
    bool open_loop;   // arrivals are offsets from the run's start, set beforehand
    bool any_check;   // --url-varies: checksums are not compared
    bool first_check; // --url: every task's checksum must be that of the first one that succeeded
    bool pretends;    // the null model: times are not checked
};

// Makes the sample object (see reports/document/document.h, "samples") from a trial whose outcome is TRIAL_DONE; its "status" is
// ok, failed or wrong, with a "reason". `slots` is read, not changed. NULL when out of memory.
struct cJSON *sample_make(const struct oracle *oracle, const struct slot *slots, const struct trial_report *report);

// The sample of a trial that gave no result: failed, with the report's reason.
struct cJSON *sample_failed(const struct oracle *oracle, const struct trial_report *report);

// Largest number of tasks that were in flight at once, from begin and end stamps; tasks that never ended count to the end.
// `ended_ns`, where not NULL, replaces the slots' end stamps. UINT32_MAX when out of memory.
uint32_t sample_in_flight(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks);

#endif
