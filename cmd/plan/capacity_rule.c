// SPDX-License-Identifier: MIT
#include "cmd/plan/capacity_rule.h"

#include <math.h>
#include <string.h>

#include "cmd/plan/estimate.h"
#include "cmd/plan/required.h"
#include "cmd/plan/weigh.h"
#include "measure/base/stats.h"
#include "measure/base/utf8.h"

// Tasks beyond those that a percentile needs: so many arrive in spite of chance, and of each class.
#define SPARE 1.3

static bool is_latency(const struct requirement *requirement)
{
    const struct metric *metric = requirement->metric;

    return !requirement->at_least && metric->numerator != NULL && strncmp(metric->numerator, "latency_ns.", 11) == 0;
}

static int take(const char *text, size_t length, void *data)
{
    struct capacity_rule *rule = data;
    struct requirement *requirement = &rule->requirements[rule->count];
    char expected[REQUIREMENT_EXPECTED];

    if (rule->count == CAPACITY_REQUIREMENTS)
        return complain("--require: too many requirements, expected at most %d with --rate=max", CAPACITY_REQUIREMENTS);
    if (requirement_parse(text, length, requirement, expected) != 0 || !is_latency(requirement))
        return complain(
            "--require: '%.*s' sets no limit to a rate, expected a latency such as p99<=50ms with --rate=max",
            (int)length, text);
    if (requirement->metric->percentile > 0)
        rule->tasks = fmax(rule->tasks, SPARE * (double)stats_percentile_needs(requirement->metric->percentile));
    rule->count++;
    return 0;
}

// Of a class, all tasks must be as many more as it is less than all of them.
static double least_share(const struct plan *plan, const char *name)
{
    double least = 1;

    for (unsigned i = 0; i < plan->block_count; i++) {
        const struct block *block = &plan->blocks[i];

        for (size_t c = 0; c < block->workload.mix.count; c++) {
            double share = (double)block->weights[c].tasks / block->tasks;

            if (share > 0 && strcmp(block->workload.mix.classes[c].name, name) == 0)
                least = fmin(least, share);
        }
    }
    return least;
}

// Of some block that is in a sweep: what is swept. NULL: none is.
static const char *swept(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].point.group > 0)
            return sweep_axis_name(plan->blocks[i].point.axis);
    }
    return NULL;
}

static int check_options(const struct plan *plan, const struct capacity_rule *rule)
{
    const struct options *options = plan->options;

    if (options->rounds != 0)
        return complain("--rounds: a probe has as many trials as it takes to judge it, expected none with --rate=max");
    if (options->repeat != 0)
        return complain("--repeat: a probe has as many trials as it takes to judge it, expected none with --rate=max");
    if (swept(plan) != NULL)
        return complain("--rate=max: several values of %s, expected one", swept(plan));
    if (options->tasks.count > 0 && options->duration_ns != 0)
        return complain("--tasks and --duration are invalid together: expected one of them with --rate");
    if (options->tasks.count > 0 && (double)options->tasks.values[0] * SPARE < rule->tasks)
        return complain("--tasks: %llu are too few for that percentile, expected at least %.0f, or a --duration",
                        (unsigned long long)options->tasks.values[0], rule->tasks / SPARE);
    return 0;
}

int capacity_rule_make(const struct plan *plan, struct capacity_rule *ret_rule)
{
    int status;

    *ret_rule = (struct capacity_rule){.count = 0};
    status = required_each(&plan->options->require, take, ret_rule);
    if (status == 0)
        status = check_options(plan, ret_rule);
    for (unsigned i = 0; i < ret_rule->count; i++)
        ret_rule->tasks = fmax(ret_rule->tasks,
                               ret_rule->tasks / least_share(plan, ret_rule->requirements[i].class_name));
    return status;
}

int capacity_set_rate(const struct options *options, const struct capacity_rule *rule, struct block *block,
                      double per_s)
{
    uint64_t duration_ns = options->duration_ns;
    uint32_t tasks = (uint32_t)options->tasks.values[0];

    block->arrivals.rate_per_s = per_s;
    if (duration_ns == 0)
        duration_ns = estimate_probe(block, rule->tasks);
    if (tasks == 0)
        tasks = slots_arriving(&block->workload.mix, &block->arrivals, options->seed, duration_ns, PLAN_TASKS_MOST);
    return weigh_at_rate(options, block, per_s, tasks > 0 ? tasks : 1);
}
