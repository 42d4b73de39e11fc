// SPDX-License-Identifier: MIT
#include "cmd/replay/replay_plan.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "measure/base/secrets.h"
#include "measure/base/utf8.h"
#include "measure/base/write_all.h"
#include "reports/document/fields.h"
#include "workloads/origin/origin.h"

// Descriptors from here on are none of the trial protocol's.
#define FIRST_FD 10

static char *name_of(const cJSON *block, const cJSON *cell)
{
    char *name = NULL;

    return asprintf(&name, "%s/%s", field_text(block, "workload"), field_text(cell, "model")) >= 0 ? name : NULL;
}

// Calls `take` for each cell whose name is the first `length` bytes of `name`; a NULL name: each. Stops where it says so.
static void each_cell(const cJSON *report, const char *name, size_t length,
                      bool (*take)(const cJSON *block, const cJSON *cell, void *data), void *data)
{
    const cJSON *block, *cell;

    cJSON_ArrayForEach(block, field(report, "workloads")) {
        cJSON_ArrayForEach(cell, field(block, "cells")) {
            char *own = name_of(block, cell);
            bool is_it = own != NULL && (name == NULL || (strlen(own) == length && strncmp(own, name, length) == 0));

            free(own);
            if (is_it && take(block, cell, data))
                return;
        }
    }
}

struct found {
    unsigned wanted, count; // the Nth; of those that have the name
    const cJSON *block, *cell;
};

static bool note(const cJSON *block, const cJSON *cell, void *data)
{
    struct found *found = data;

    found->count++;
    if (found->count == found->wanted) {
        found->block = block;
        found->cell = cell;
    }
    return false;
}

// The cell that is called most like what was typed.
struct likest {
    const char *typed;
    size_t most;
    char *name; // owned; NULL: none yet
};

// How many bytes are the same at both ends: "hog/async" is like "hog:100ms/async".
static size_t likeness(const char *one, const char *other)
{
    size_t length = strlen(one), other_length = strlen(other), least = length < other_length ? length : other_length;
    size_t front = 0, back = 0;

    while (front < least && one[front] == other[front])
        front++;
    while (front + back < least && one[length - 1 - back] == other[other_length - 1 - back])
        back++;
    return front + back;
}

static bool take_likest(const cJSON *block, const cJSON *cell, void *data)
{
    struct likest *likest = data;
    char *name = name_of(block, cell);
    size_t like = name != NULL ? likeness(likest->typed, name) : 0;

    if (name != NULL && (likest->name == NULL || like > likest->most)) {
        free(likest->name);
        likest->name = name;
        likest->most = like;
    } else {
        free(name);
    }
    return false;
}

static int complain_unknown_cell(const cJSON *report, const char *name)
{
    struct likest likest = {.typed = name};
    int status;

    each_cell(report, NULL, 0, take_likest, &likest);
    status = complain("replay: the report has no cell '%.*s', expected WORKLOAD/MODEL such as %.*s",
                      UTF8_CLIPPED(name, 80), UTF8_CLIPPED(likest.name != NULL ? likest.name : "sleep:10ms/async", 80));
    free(likest.name);
    return status;
}

// "#N" behind the name; *ret_length is the name's own.
static unsigned number_of(const char *name, size_t *ret_length)
{
    const char *sign = strrchr(name, '#');
    char *end;
    unsigned long number = sign != NULL ? strtoul(sign + 1, &end, 10) : 0;
    bool numbered = sign != NULL && sign[1] != '\0' && *end == '\0' && number > 0 && number < 1000000;

    *ret_length = numbered ? (size_t)(sign - name) : strlen(name);
    return numbered ? (unsigned)number : 0;
}

static int find(const cJSON *report, const char *name, struct found *found)
{
    size_t length;
    unsigned number = number_of(name, &length);

    found->wanted = number > 0 ? number : 1;
    each_cell(report, name, length, note, found);
    if (found->count > 1 && number == 0)
        return complain("replay: %u cells are '%.*s', expected one of %.*s#1 to #%u, in the report's order",
                        found->count, UTF8_CLIPPED(name, 80), UTF8_CLIPPED(name, 80), found->count);
    return found->cell != NULL ? 0 : complain_unknown_cell(report, name);
}

static bool is_masked(const char *text)
{
    return text != NULL && strstr(text, SECRETS_MASK) != NULL;
}

// What was masked in the report cannot be sent.
static int check_secrets(const cJSON *plan)
{
    const cJSON *header;
    bool secret = is_masked(field_text(plan, "url"));

    cJSON_ArrayForEach(header, field(plan, "headers"))
        secret |= is_masked(cJSON_GetStringValue(header));
    return secret ? complain("replay: the trial sent what is *** in the report; that cannot be sent again") : 0;
}

// One of reports that do not say.
static unsigned origin_workers(const cJSON *report)
{
    const double workers = field_number(report, "placement.origin_workers");

    return workers >= 1 && workers <= ORIGIN_WORKERS_MOST ? (unsigned)workers : 1;
}

int replay_find(const cJSON *report, const char *name, struct replay *ret_replay)
{
    struct found found = {.count = 0};
    int status = find(report, name, &found);
    const cJSON *trial;

    *ret_replay = (struct replay){.plan = NULL};
    if (status != 0)
        return status;
    trial = field(found.cell, "trial");
    if (!cJSON_IsObject(trial))
        return complain("replay: '%.*s' had no trial: %s", UTF8_CLIPPED(name, 80),
                        field_text(found.cell, "reason") != NULL ? field_text(found.cell, "reason") : "it was skipped");
    *ret_replay = (struct replay){
        .workload = field_text(found.block, "workload"),
        .model = field_text(found.cell, "model"),
        .plan = cJSON_Duplicate(trial, true),
        .server = field_text(report, "plan.server"),
        .url = field_text(trial, "url"),
        .cpus = field_text(found.block, "cpus") != NULL ? field_text(found.block, "cpus")
                                                        : field_text(report, "placement.cpus"),
        .origin_cpus = field_text(report, "placement.origin_cpus"),
        .origin_workers = origin_workers(report),
        .unix_socket = field_text(trial, "unix_socket"),
        .ready = field_text(report, "plan.server_ready"),
        .stand_in = field_text(report, "environment.variables.CCBENCH_TRIAL"),
        .seed = (uint64_t)field_number(report, "seed"),
        .tasks = (uint32_t)field_number(trial, "tasks"),
    };
    return ret_replay->plan != NULL ? check_secrets(ret_replay->plan) : complain_of(-ENOMEM);
}

void replay_release(struct replay *replay)
{
    cJSON_Delete(replay->plan);
    replay->plan = NULL;
}

int replay_write_plan(const struct replay *replay)
{
    char *text = cJSON_PrintUnformatted(replay->plan);
    int fd = text != NULL ? memfd_create("plan", MFD_CLOEXEC) : -1, high = -1, err = text != NULL ? 0 : -ENOMEM;

    if (err == 0 && (fd < 0 || (high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD)) < 0))
        err = -errno;
    if (err == 0)
        err = write_all(high, text, strlen(text));
    if (err == 0)
        err = write_all(high, "\n", 1);
    if (err != 0) {
        complain("replay: cannot hold the plan in memory: %s", strerror(-err));
        if (high >= 0)
            close(high);
    }
    if (fd >= 0)
        close(fd);
    free(text);
    return err == 0 ? high : -1;
}
