// SPDX-License-Identifier: MIT
#include "measure/memory_kills.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/limits.h"
#include "measure/supervisor.h"

// "oom_kill 3" of /proc/vmstat.
static uint64_t on_machine(void)
{
    static const char name[] = "\noom_kill ";
    char *text = procfs_text("/proc/vmstat");
    const char *line = text != NULL ? strstr(text, name) : NULL;
    uint64_t count = line != NULL ? strtoull(line + strlen(name), NULL, 10) : 0;

    free(text);
    return count;
}

void memory_kills_read(struct memory_kills *ret_kills)
{
    ret_kills->by_cgroup = cgroup_memory_kills("");
    ret_kills->on_machine = on_machine();
}

// What the trial says itself went wrong, with the limit behind it.
static void add_to_error(cJSON *result, const char *limit)
{
    const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "error"));
    char text[SUPERVISOR_REASON];

    if (error == NULL)
        return;
    snprintf(text, sizeof text, "%.*s (%s)", (int)(sizeof text - LIMIT_TEXT - 4), error, limit);
    json_set(result, "error", cJSON_CreateString(text));
}

static void add_to_reason(struct trial_report *report, const char *limit)
{
    size_t length = strlen(report->reason);

    if (report->killed)
        snprintf(report->reason, sizeof report->reason, "the trial was killed for memory (%s)", limit);
    else if (report->outcome != TRIAL_DONE && report->outcome != TRIAL_INTERRUPTED)
        snprintf(report->reason + length, sizeof report->reason - length, " (%s)", limit);
}

void memory_kills_tell(const struct memory_kills *before, struct trial_report *report)
{
    struct memory_kills now;
    char limit[LIMIT_TEXT];

    memory_kills_read(&now);
    if (now.by_cgroup > before->by_cgroup)
        limit_of_cgroup_memory(limit);
    else if (report->killed && now.on_machine > before->on_machine)
        snprintf(limit, sizeof limit, "the machine had none left");
    else
        return;
    add_to_error(report->result, limit);
    add_to_reason(report, limit);
}
