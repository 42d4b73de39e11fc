// SPDX-License-Identifier: MIT
// Whether what a trial says of itself can be true: its phases and stamps held to when it ran by ccbench's own clock, and its CPU
// time and switches to what the kernel counted of it.
#ifndef CCBENCH_MEASURE_CLAIMS_H
#define CCBENCH_MEASURE_CLAIMS_H

#include "measure/oracle.h"
#include "measure/seen.h"
#include "measure/supervisor.h"

// Of clocks read one after the other, and of figures that went through floating point.
#define CLAIMS_CLOCK_NS 1000
// How far CPU time may be above what the kernel counted, which some kernels do by ticks: by a quarter and 50 ms.
#define CLAIMS_CPU_MORE 1.25
#define CLAIMS_CPU_MORE_NS 50e6
// How much of it may lie outside of start-up and phases, such as the end of a large process: half and 100 ms.
#define CLAIMS_CPU_LESS 0.5
#define CLAIMS_CPU_LESS_NS 100e6
// Switches above what the kernel counted: a quarter and so many.
#define CLAIMS_SWITCHES_MORE 1.25
#define CLAIMS_SWITCHES 1000

// The CPU time that wait4() told, ns.
uint64_t claims_cpu_ns(const struct trial_report *report);

// Whether a result says that its figures are worked out and not measured (`simulated` among its counters).
bool claims_simulated(const struct cJSON *result);

// Whether CPU time that a trial says it used is more than it can have.
bool claims_too_much_cpu(const struct trial_report *report, double cpu_ns);

// Holds the result, which has all its figures, and the slots of all tasks, which were completed, to the report. A result that
// says that it is simulated makes no claims. `seen` is of these slots, or says that they were not looked at.
void claims_judge(const struct oracle *oracle, const struct slot *slots, const struct seen *seen,
                  const struct trial_report *report, struct judgement *judgement);

#endif
