// SPDX-License-Identifier: MIT
// Whether a trial was honest: its slots held to what is known beforehand.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "measure/slot.h"
#include "measure/supervisor.h"

// What is known beforehand of a task of one class.
struct expectation {
    const char *name;
    uint32_t check;         // the checksum it comes to
    bool unknown;           // that is not known: it must be that of the first one of the class that succeeded
    uint64_t least_wait_ns; // it cannot be faster
    uint64_t updates;       // of the shared counter, in units of 1
    bool fails;             // it must end with a status
};

// What an honest trial looks like, from the workload's data alone.
struct oracle {
    uint32_t tasks, lanes;
    uint32_t classes;
    const struct expectation *expected; // by class
    bool open_loop;                     // arrivals are offsets from the run's start, set beforehand
    bool any_check;                     // --url-varies: checksums that are not known beforehand are not compared
    bool pretends;                      // the null model: times are not checked
};

// What is said of a trial: the status of its sample, and why it is another than SAMPLE_OK.
enum sample_status { SAMPLE_OK, SAMPLE_FAILED, SAMPLE_WRONG };
struct judgement {
    enum sample_status status;
    bool all_failed; // every task of it did, and was not to
    char reason[SUPERVISOR_REASON];
};

// Gives a judgement of SAMPLE_OK another status, with the reason; of several only the first counts.
void judgement_set(struct judgement *judgement, enum sample_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define judgement_wrong(judgement, ...) judgement_set(judgement, SAMPLE_WRONG, __VA_ARGS__)
#define judgement_fail(judgement, ...) judgement_set(judgement, SAMPLE_FAILED, __VA_ARGS__)

// Whether there is nothing to say of a task. False may mean that it takes a longer look to tell.
bool oracle_plain(const struct oracle *oracle, const struct slot *slot, uint64_t start_ns);

// What is already known of the slots.
struct oracle_seen {
    bool plain;         // oracle_plain() said so of each of them
    uint32_t in_flight; // in_flight_peak(), or what the trial says of it
};

// Looks for tasks that were not completed, came to another checksum, were faster than they can be, began before they
// arrived or should have failed; and for too many in flight. `start_ns`: the run's start, where arrivals are offsets from it.
void oracle_judge(const struct oracle *oracle, const struct slot *slots, const struct oracle_seen *seen,
                  uint64_t start_ns, struct judgement *judgement);

// How often tasks were to change the shared counter, in units of 1; 0 where that cannot be known: a task that failed may
// have stopped before or after it did.
uint64_t oracle_updates(const struct oracle *oracle, const struct slot *slots);
