// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/clock.h"
#include "workloads/workload.h"

#define RATE_PER_S 20
#define EVERY_NS NS_PER_S
#define WAIT_NS NS_PER_MS
#define LONGEST_NS (60 * NS_PER_S)
#define DEFAULT_LENGTH "100ms"

// "100ms", "100ms:yield=1ms" or "yield=1ms". 0 or -EINVAL.
static int parse(const char *argument, uint64_t *ret_length_ns, uint64_t *ret_piece_ns)
{
    static const char yield[] = "yield=";
    char length[UNITS_TEXT];
    const char *rest = argument;

    *ret_piece_ns = 0;
    if (strncmp(argument, yield, strlen(yield)) == 0)
        snprintf(length, sizeof length, "%s", DEFAULT_LENGTH);
    else
        rest = workload_argument_parts(argument, ':', length);
    if (units_parse_duration(length, ret_length_ns) != 0 || *ret_length_ns == 0 || *ret_length_ns > LONGEST_NS)
        return -EINVAL;
    if (rest == NULL)
        return 0;
    if (strncmp(rest, yield, strlen(yield)) != 0 || units_parse_duration(rest + strlen(yield), ret_piece_ns) != 0)
        return -EINVAL;
    return *ret_piece_ns > 0 && *ret_piece_ns <= *ret_length_ns ? 0 : -EINVAL;
}

// The whole of it at once, or in pieces with a yield after each.
static int add_hog(struct program *program, uint64_t length_ns, uint64_t piece_ns)
{
    uint64_t pieces = piece_ns > 0 ? (length_ns + piece_ns - 1) / piece_ns : 1;
    struct program *body = piece_ns > 0 ? program_append_call(program, pieces) : program;
    struct step *step = body != NULL ? program_append(body, STEP_COMPUTE) : NULL;

    if (step == NULL)
        return -ENOMEM;
    step_compute_for(step, length_ns / pieces);
    return piece_ns > 0 ? program_add(body, STEP_YIELD, 1) : 0;
}

static int fill(struct task_mix *mix, uint64_t length_ns, uint64_t piece_ns)
{
    // Where nothing arrives by the clock, as many as would at the default rate.
    struct task_class *class = task_mix_add(mix, "short", RATE_PER_S * EVERY_NS / NS_PER_S);

    if (class == NULL || program_add(&class->program, STEP_SLEEP, WAIT_NS) != 0)
        return -ENOMEM;
    class = task_mix_add(mix, "hog", 1);
    if (class == NULL)
        return -ENOMEM;
    class->every_ns = EVERY_NS;
    return add_hog(&class->program, length_ns, piece_ns);
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    uint64_t length_ns, piece_ns;
    char wait[UNITS_TEXT], hog[UNITS_TEXT];
    int length;

    if (parse(argument, &length_ns, &piece_ns) != 0)
        return workload_refuse(
            error,
            "'%s' is not how long to hog, expected up to 60s such as hog:100ms, or in pieces such as hog:yield=1ms",
            argument);
    workload->tasks = 21;
    workload->concurrency = 32;
    workload->rate_per_s = RATE_PER_S;
    workload
        ->rate_constant = true; // so that one comes just when the hog begins, and each finds the lock without a queue
    workload->duration_ns = NS_PER_S; // one hog, in the middle
    length = snprintf(workload->describe, sizeof workload->describe, "waits %s; but once a second one computes for %s",
                      units_format_duration(wait, WAIT_NS), units_format_duration(hog, (double)length_ns));
    if (piece_ns > 0)
        snprintf(workload->describe + length, sizeof workload->describe - (size_t)length, ", yielding every %s",
                 units_format_duration(hog, (double)piece_ns));
    return fill(&workload->mix, length_ns, piece_ns);
}

const struct workload_kind workload_hog = {
    .name = "hog",
    .group = "What goes wrong",
    .summary = "short tasks arrive all the time; once a second, one computes for long",
    .about = "Short tasks arrive at a rate of 20 a second, each of which waits a millisecond; and once a second comes "
             "a task that computes for a tenth of a second. How late are the short ones? Under threads and processes "
             "hardly, for the kernel takes the core from who has had it for long. Under a global interpreter lock they "
             "wait a switch interval for each turn. On an event loop, with coroutines and green threads, everything "
             "that arrives meanwhile waits until the hog is done: whoever computes there must give way by himself, as "
             "with hog:yield=1ms, or hand the computation to a pool of threads. A higher --rate brings more short "
             "tasks, and shows them queueing up behind the hog, as in a convoy.",
    .example = "ccbench --model=threads,gil,eventloop,eventloop-offload --workload=hog,hog:yield=1ms",
    .default_argument = DEFAULT_LENGTH,
    .argument = ARGUMENT_DURATION,
    .make = make,
};
