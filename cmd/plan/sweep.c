// SPDX-License-Identifier: MIT
#include "cmd/plan/sweep.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/plan.h"
#include "cmd/rounds/rounds.h"
#include "measure/machine/environment.h"
#include "workloads/program/compute.h"

// So many tasks for each lane if there is time: its making should not weigh more at one value than at another. At least
// so few where they wait; where they compute, lanes wait for cores, and their making weighs little.
#define MOST_PER_LANE 4
#define LEAST_PER_LANE 2
#define MOST_TASKS 1000000
// Of the seven basic models six overlap their waiting; and all together compute about six times the work of one core.
#define BASIC_TIMES 6

static const char *const axis_names[] = {"concurrency", "tasks", "argument", "cpus"};

static enum quantity quantity_of(enum argument_kind kind)
{
    return kind == ARGUMENT_SIZE ? QUANTITY_SIZE : kind == ARGUMENT_DURATION ? QUANTITY_DURATION : QUANTITY_COUNT;
}

static bool has_several(const struct workload_kind *kind, const char *argument)
{
    return kind != NULL && kind->argument != ARGUMENT_TEXT && isdigit((unsigned char)argument[0]) &&
           (strchr(argument, ',') != NULL || strstr(argument, "..") != NULL);
}

static int add_text(struct sweep_texts *texts, const char *head, int head_length, const char *rest)
{
    struct sweep_text *item = &texts->items[texts->count];

    if (asprintf(&item->text, "%.*s%s%s", head_length, head, item->label, rest) < 0) {
        item->text = NULL;
        return complain("out of memory");
    }
    texts->count++;
    return 0;
}

int sweep_expand(const char *typed, struct sweep_texts *ret_texts)
{
    size_t length = strcspn(typed, ":");
    const struct workload_kind *kind = workload_find(typed, length);
    const char *argument = typed[length] == ':' ? typed + length + 1 : "", *rest;
    char expected[RANGE_EXPECTED];
    struct range range;
    int status = 0;

    *ret_texts = (struct sweep_texts){.count = 0};
    if (!has_several(kind, argument))
        return add_text(ret_texts, typed, (int)strlen(typed), "");
    if (range_parse(argument, quantity_of(kind->argument), &range, &rest, expected) != 0)
        return complain("--workload: '%.60s' will not do, expected %s", typed,
                        expected[0] != '\0' ? expected : "values and ranges with their units such as fib:10,20..30 or sleep:1ms,10ms");
    for (unsigned i = 0; status == 0 && i < range.count; i++) {
        ret_texts->items[i].value = range.values[i];
        range_write(ret_texts->items[i].label, quantity_of(kind->argument), range.values[i]);
        status = add_text(ret_texts, typed, (int)length + 1, rest);
    }
    return status;
}

void sweep_texts_release(struct sweep_texts *texts)
{
    for (unsigned i = 0; i < texts->count; i++)
        free(texts->items[i].text);
    texts->count = 0;
}

static unsigned at_least_one(unsigned count)
{
    return count > 0 ? count : 1;
}

static unsigned combinations(const struct sweep_walk *walk)
{
    unsigned product = 1; // of four numbers up to 64

    for (int axis = 0; axis < SWEEP_AXES; axis++)
        product *= walk->counts[axis];
    return product;
}

int sweep_begin(struct sweep_walk *walk, const struct plan *plan, const struct sweep_texts *texts)
{
    const struct options *options = plan->options;

    *walk = (struct sweep_walk){.options = options, .texts = texts, .axis = SWEEP_AXES, .group = plan->group_count};
    walk->counts[SWEEP_CONCURRENCY] = at_least_one(options->concurrency.count);
    walk->counts[SWEEP_TASKS] = at_least_one(options->tasks.count);
    walk->counts[SWEEP_ARGUMENT] = texts->count;
    walk->counts[SWEEP_CPUS] = at_least_one(options->cpus_count);
    for (int axis = SWEEP_AXES - 1; axis >= 0; axis--) {
        if (walk->counts[axis] > 1)
            walk->axis = (enum sweep_axis)axis;
    }
    if (plan->block_count + combinations(walk) <= SWEEP_BLOCKS)
        return 0;
    return complain("too many combinations of workloads, arguments, --tasks, --concurrency and --cpus: %u, expected at most %d",
                    plan->block_count + combinations(walk), SWEEP_BLOCKS);
}

// Counts on by one, the columns' axis first. A new group begins whenever that is through.
bool sweep_next(struct sweep_walk *walk)
{
    if (!walk->begun) {
        walk->begun = true;
        walk->group += walk->axis != SWEEP_AXES;
        return combinations(walk) > 0;
    }
    if (walk->axis == SWEEP_AXES)
        return false;
    if (++walk->at[walk->axis] < walk->counts[walk->axis])
        return true;
    walk->at[walk->axis] = 0;
    walk->group++;
    for (int axis = 0; axis < SWEEP_AXES; axis++) {
        if (axis == (int)walk->axis)
            continue;
        if (++walk->at[axis] < walk->counts[axis])
            return true;
        walk->at[axis] = 0;
    }
    return false;
}

struct sweep_point sweep_point_of(const struct sweep_walk *walk)
{
    const struct options *options = walk->options;
    struct sweep_point point = {.group = walk->group, .axis = walk->axis};
    char text[UNITS_TEXT];
    uint64_t value;

    switch (walk->axis) {
    case SWEEP_CONCURRENCY:
    case SWEEP_TASKS:
        value = (walk->axis == SWEEP_TASKS ? &options->tasks : &options->concurrency)->values[walk->at[walk->axis]];
        point.value = (double)value;
        snprintf(point.label, sizeof point.label, "%s", range_write(text, QUANTITY_COUNT, value));
        break;
    case SWEEP_ARGUMENT:
        point.value = (double)walk->texts->items[walk->at[SWEEP_ARGUMENT]].value;
        snprintf(point.label, sizeof point.label, "%s", walk->texts->items[walk->at[SWEEP_ARGUMENT]].label);
        break;
    case SWEEP_CPUS:
        environment_write_cpus(&options->cpus[walk->at[SWEEP_CPUS]], point.label, sizeof point.label);
        break;
    default:
        point.group = 0;
    }
    return point;
}

void sweep_place(const struct sweep_walk *walk, struct block *block)
{
    const struct options *options = walk->options;

    block->cores = environment_cores();
    sched_getaffinity(0, sizeof block->cpus, &block->cpus);
    if (options->cpus_count == 0)
        return;
    block->cpus = options->cpus[walk->at[SWEEP_CPUS]];
    if ((unsigned)CPU_COUNT(&block->cpus) < block->cores)
        block->cores = (unsigned)CPU_COUNT(&block->cpus);
}

void sweep_title(struct block *block)
{
    static const char *const words[] = {"%s, %s in flight", "%s, %s tasks", "%s", "%s, CPUs %s"};

    snprintf(block->title, sizeof block->title, block->point.group != 0 ? words[block->point.axis] : "%s",
             block->workload.label, block->point.label);
}

// An open loop takes as long as tasks arrive, under every model: a few rounds of it.
static double weight(const struct block *block)
{
    return (block->point.group != 0 ? POINT_SHARE_NS : BLOCK_SHARE_NS) +
           SWEEP_OPEN_ROUNDS * (double)block->cell_count * (double)block->span_ns;
}

// What the blocks from the i-th on take by default: the weights by which a limit is shared out.
static double weight_from(const struct plan *plan, unsigned i)
{
    double sum_ns = 0;

    for (; i < plan->block_count; i++)
        sum_ns += weight(&plan->blocks[i]);
    return sum_ns;
}

uint64_t sweep_share(const struct plan *plan, unsigned i, uint64_t left_ns)
{
    double all = weight_from(plan, i);

    if (plan->time_limit_ns == 0)
        return 0;
    return 1 + (uint64_t)((double)left_ns * (all - weight_from(plan, i + 1)) / all);
}

uint64_t sweep_time_limit(const struct plan *plan)
{
    return (uint64_t)weight_from(plan, 0);
}

// About what a round of the basic models takes, ns, from the block's data alone: the same for whatever models are run.
static double typical_round_ns(const struct block *block, double tasks)
{
    double wait_ns = block->mean_wait_ns + block->mean_block_ns, compute_ns = block->mean_units * COMPUTE_CALL_NS;
    double in_turn_ns = tasks * wait_ns, lanes = fmin(block->concurrency, tasks);

    // What takes so long is skipped.
    if (in_turn_ns > POINT_SHARE_NS / PLAN_LONGEST)
        in_turn_ns = 0;
    return in_turn_ns + BASIC_TIMES * (ceil(tasks / lanes) * wait_ns + tasks * compute_ns);
}

uint32_t sweep_tasks(const struct block *block)
{
    double lanes = block->concurrency;
    double tasks = fmax(block->workload.tasks, MOST_PER_LANE * lanes);
    double least = lanes * (block->mean_wait_ns + block->mean_block_ns > 0 ? LEAST_PER_LANE : 1);

    while (tasks > least && typical_round_ns(block, tasks) > POINT_SHARE_NS / (ROUNDS_TYPICAL + 2))
        tasks = fmax(least, floor(tasks / 2));
    return (uint32_t)fmin(tasks, fmax(MOST_TASKS, lanes));
}

const char *sweep_axis_name(enum sweep_axis axis)
{
    return axis_names[axis];
}

cJSON *sweep_describe(const struct sweep_point *point)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "group", point->group);
    cJSON_AddStringToObject(json, "axis", axis_names[point->axis]);
    if (point->axis == SWEEP_CPUS)
        cJSON_AddStringToObject(json, "value", point->label);
    else
        cJSON_AddNumberToObject(json, "value", point->value);
    cJSON_AddStringToObject(json, "label", point->label);
    return json;
}
