// SPDX-License-Identifier: MIT
// How busy the machine is: before a run, while it lasts, and after it.
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/environment_internal.h"

// "0.15 0.10 0.05 1/123 4567": the averages over 1, 5 and 15 minutes.
static struct cJSON *load_averages(const char *root)
{
    char *line = procfs_line("%s/proc/loadavg", root);
    const char *text = line;
    double loads[3];
    int count = 0;

    while (text != NULL && count < 3 && procfs_decimal(text, &loads[count])) {
        text = strchr(text, ' ');
        if (text != NULL)
            text++;
        count++;
    }
    free(line);
    return count == 3 ? cJSON_CreateDoubleArray(loads, 3) : cJSON_CreateNull();
}

// "some avg10=1.50 avg60=0.70 avg300=0.19 total=6895839", in per cent.
static struct cJSON *recent_pressure(const char *root, const char *resource)
{
    char *line = procfs_line("%s/proc/pressure/%s", root, resource);
    const char *average = line != NULL ? strstr(line, "avg10=") : NULL;
    double percent = 0;
    bool known = average != NULL && procfs_decimal(average + strlen("avg10="), &percent);

    free(line);
    return known ? cJSON_CreateNumber(percent / 100) : cJSON_CreateNull();
}

static struct cJSON *swap_used(const char *meminfo)
{
    uint64_t total, unused;

    if (!procfs_value_bytes(meminfo, "SwapTotal", &total) || !procfs_value_bytes(meminfo, "SwapFree", &unused))
        return cJSON_CreateNull();
    return cJSON_CreateNumber(total > unused ? (double)(total - unused) : 0);
}

struct cJSON *environment_moment(const char *root)
{
    struct cJSON *object = cJSON_CreateObject();
    char *meminfo = procfs_text("%s/proc/meminfo", root);

    cJSON_AddItemToObject(object, "load", load_averages(root));
    cJSON_AddItemToObject(object, "cpu_pressure_share", recent_pressure(root, "cpu"));
    cJSON_AddItemToObject(object, "memory_pressure_share", recent_pressure(root, "memory"));
    cJSON_AddItemToObject(object, "io_pressure_share", recent_pressure(root, "io"));
    cJSON_AddItemToObject(object, "memory_available_bytes", environment_bytes(meminfo, "MemAvailable"));
    cJSON_AddItemToObject(object, "swap_used_bytes", swap_used(meminfo));
    free(meminfo);
    return object;
}

void environment_course_begin_at(const char *root, struct environment_course *ret_course)
{
    struct environment_course course = {
        .memory_us = environment_pressure_us(root, "memory"),
        .io_us = environment_pressure_us(root, "io"),
        .throttled_ns = cgroup_throttled_ns(root),
        .periods = cgroup_periods(root),
    };

    environment_ticks_read_at(root, &course.ticks);
    *ret_course = course;
}

void environment_course_begin(struct environment_course *ret_course)
{
    environment_course_begin_at("", ret_course);
}

// Negative: not known.
static struct cJSON *number_or_null(double number)
{
    return number >= 0 ? cJSON_CreateNumber(number) : cJSON_CreateNull();
}

// Of the quota's periods, 0 where none has passed; negative where unknown.
static double throttled_share(const struct environment_course *begin, const struct environment_course *end)
{
    double all = end->periods.all - begin->periods.all, throttled = end->periods.throttled - begin->periods.throttled;

    if (end->throttled_ns < 0)
        return -1;
    return all > 0 ? fmax(0, throttled / all) : 0;
}

static struct cJSON *describe_span(const struct environment_course *begin, const struct environment_course *end)
{
    struct cJSON *object = cJSON_CreateObject();
    uint64_t span_ns = end->ticks.now_ns - begin->ticks.now_ns;
    double throttled_ns = begin->throttled_ns >= 0 && end->throttled_ns >= 0
                              ? fmax(0, end->throttled_ns - begin->throttled_ns)
                              : -1;
    bool ticks = end->ticks.all > 0;

    cJSON_AddItemToObject(object, "duration_ns", cJSON_CreateNumber((double)span_ns));
    cJSON_AddItemToObject(object, "busy_share", number_or_null(environment_busy_share(&begin->ticks, &end->ticks)));
    cJSON_AddItemToObject(object, "steal_share",
                          number_or_null(ticks ? environment_steal_share(&begin->ticks, &end->ticks) : -1));
    cJSON_AddItemToObject(object, "cpu_pressure_share",
                          number_or_null(environment_pressure_share(&begin->ticks, &end->ticks)));
    cJSON_AddItemToObject(object, "memory_pressure_share",
                          number_or_null(environment_waited_share(begin->memory_us, end->memory_us, span_ns)));
    cJSON_AddItemToObject(object, "io_pressure_share",
                          number_or_null(environment_waited_share(begin->io_us, end->io_us, span_ns)));
    cJSON_AddItemToObject(object, "throttled_ns", number_or_null(throttled_ns));
    cJSON_AddItemToObject(object, "throttled_share", number_or_null(throttled_share(begin, end)));
    return object;
}

void environment_course_end_at(const char *root, const struct environment_course *course, struct cJSON *environment)
{
    struct environment_course now;

    environment_course_begin_at(root, &now);
    json_set(environment, "during", describe_span(course, &now));
    json_set(environment, "after", environment_moment(root));
}

void environment_course_end(const struct environment_course *course, struct cJSON *environment)
{
    environment_course_end_at("", course, environment);
}
