// SPDX-License-Identifier: MIT
#include "reports/findings/several.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/fingerprint.h"
#include "reports/document/several.h"
#include "reports/findings/families.h"
#include "reports/findings/several_cells.h"
#include "reports/findings/several_labels.h"
#include "reports/findings/several_notes.h"
#include "reports/findings/several_say.h"
#include "reports/findings/several_sweeps.h"

#define NOT_RUN "not run there"
#define LOST "no report came from there"

void several_begin(cJSON *several)
{
    cJSON_AddArrayToObject(several, "machines");
    cJSON_AddArrayToObject(several, "experiments");
}

static int add_machine(cJSON *several, const char *label, const char *file, const cJSON *report)
{
    cJSON *machine = cJSON_CreateObject(), *fingerprint = fingerprint_make(report);

    if (fingerprint == NULL) {
        cJSON_Delete(machine);
        return -ENOMEM;
    }
    json_add_text(machine, "label", label);
    cJSON_AddStringToObject(machine, "file", file);
    json_add_text(machine, "host", field_text(report, "environment.host"));
    json_add_text(machine, "version", field_text(report, "ccbench.version"));
    json_add_text(machine, "revision", field_text(report, "ccbench.revision"));
    cJSON_AddStringToObject(machine, "started", field_text(report, "started"));
    cJSON_AddNumberToObject(machine, "duration_ns", field_number(report, "duration_ns"));
    json_add_text(machine, "interrupted", field_text(report, "interrupted"));
    json_add_text(machine, "reference", field_text(report, "plan.reference"));
    cJSON_AddNumberToObject(machine, "status", field_number(report, "status"));
    cJSON_AddItemToObject(machine, "fingerprint", fingerprint);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(several, "machines"), machine);
    return several_note_machine(machine, report);
}

// An experiment or a model: of the machines before, which have none of it.
static cJSON *add_places(cJSON *object, size_t machines, cJSON *(*absent)(const char *reason))
{
    cJSON *places = cJSON_AddArrayToObject(object, "places");

    for (size_t i = 0; i < machines; i++)
        cJSON_AddItemToArray(places, absent(NOT_RUN));
    return object;
}

static cJSON *absent_experiment(const char *reason)
{
    static const char *const names[] = {"rounds", "cores", "ideal_ns", "describe"};
    cJSON *place = cJSON_CreateObject();

    cJSON_AddFalseToObject(place, "ran");
    cJSON_AddStringToObject(place, "reason", reason);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cJSON_AddNullToObject(place, names[i]);
    return place;
}

static cJSON *make_rate(const cJSON *block)
{
    cJSON *rate;

    if (!block_open_loop(block))
        return cJSON_CreateNull();
    rate = cJSON_CreateObject();
    cJSON_AddNumberToObject(rate, "per_s", field_number(block, "rate.per_s"));
    cJSON_AddBoolToObject(rate, "constant", cJSON_IsTrue(field(block, "rate.constant")));
    return rate;
}

static cJSON *make_experiment(const cJSON *block, size_t machines)
{
    cJSON *experiment = cJSON_CreateObject();

    cJSON_AddStringToObject(experiment, "workload", field_text(block, "workload"));
    cJSON_AddStringToObject(experiment, "describe", field_text(block, "describe"));
    cJSON_AddNumberToObject(experiment, "tasks", field_number(block, "tasks"));
    cJSON_AddNumberToObject(experiment, "concurrency", field_number(block, "concurrency"));
    cJSON_AddItemToObject(experiment, "rate", make_rate(block));
    json_add_text(experiment, "cpus", field_text(block, "cpus"));
    add_places(experiment, machines, absent_experiment);
    cJSON_AddArrayToObject(experiment, "models");
    return experiment;
}

static bool is_same(const cJSON *experiment, const cJSON *block)
{
    return block_is_same(experiment, block);
}

// That of the block; a new one at the end where no machine before had it. Reports of the same command have their blocks in the
// same order: `*at` is where the last one was found.
static cJSON *experiment_of(cJSON *several, const cJSON *block, size_t machines, cJSON **at)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(several, "experiments"), *experiment;

    experiment = *at != NULL ? (*at)->next : list->child;
    if (experiment == NULL || !is_same(experiment, block)) {
        cJSON_ArrayForEach(experiment, list) {
            if (is_same(experiment, block))
                break;
        }
    }
    if (experiment == NULL) {
        experiment = make_experiment(block, machines);
        cJSON_AddItemToArray(list, experiment);
    }
    return *at = experiment;
}

static cJSON *experiment_place(const cJSON *experiment, const cJSON *block)
{
    const char *describe = field_text(block, "describe");
    cJSON *place = cJSON_CreateObject();

    cJSON_AddTrueToObject(place, "ran");
    cJSON_AddNullToObject(place, "reason");
    cJSON_AddNumberToObject(place, "rounds", field_number(block, "rounds"));
    cJSON_AddNumberToObject(place, "cores", field_number(block, "cores"));
    json_add_number(place, "ideal_ns", field(block, "ideal_ns") != NULL, field_number(block, "ideal_ns"));
    json_add_text(place, "describe", field_is(experiment, "describe", describe) ? NULL : describe);
    return place;
}

static const char *family_of(const cJSON *block, const cJSON *cell)
{
    return families_apart(block) ? field_text(cell, "family") : NULL;
}

// Where languages have ranks of their own, so has a model in C: its family is none.
static cJSON *model_of(cJSON *experiment, const cJSON *block, const cJSON *cell, size_t machines)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(experiment, "models"), *model;

    cJSON_ArrayForEach(model, list) {
        if (field_is(model, "model", field_text(cell, "model")))
            break;
    }
    if (model == NULL) {
        model = cJSON_CreateObject();
        cJSON_AddStringToObject(model, "model", field_text(cell, "model"));
        json_add_text(model, "family", NULL);
        add_places(model, machines, several_absent_cell);
        cJSON_AddItemToArray(list, model);
    }
    if (family_of(block, cell) != NULL)
        json_set(model, "family", cJSON_CreateString(family_of(block, cell)));
    return model;
}

static cJSON *places_of(cJSON *object)
{
    return cJSON_GetObjectItemCaseSensitive(object, "places");
}

static int add_block(cJSON *experiment, const cJSON *report, cJSON *block, size_t machines)
{
    cJSON *cell;

    if (!block_has_begun(block)) {
        cJSON_AddItemToArray(places_of(experiment), absent_experiment("interrupted before its first round"));
        return 0;
    }
    cJSON_AddItemToArray(places_of(experiment), experiment_place(experiment, block));
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(block, "cells")) {
        cJSON *places = places_of(model_of(experiment, block, cell, machines));

        if (cJSON_GetArraySize(places) == (int)machines)
            cJSON_AddItemToArray(places, several_cell(report, block, cell));
    }
    return several_standings(experiment, block);
}

// What that machine has nothing of.
static void fill_up(cJSON *several, size_t machines)
{
    cJSON *experiment, *model;

    cJSON_ArrayForEach(experiment, cJSON_GetObjectItemCaseSensitive(several, "experiments")) {
        const char *reason;

        if (cJSON_GetArraySize(places_of(experiment)) < (int)machines)
            cJSON_AddItemToArray(places_of(experiment), absent_experiment(NOT_RUN));
        reason = field_text(places_of(experiment)->child->prev, "reason");
        cJSON_ArrayForEach(model, cJSON_GetObjectItemCaseSensitive(experiment, "models")) {
            if (cJSON_GetArraySize(places_of(model)) < (int)machines)
                cJSON_AddItemToArray(places_of(model), several_absent_cell(reason != NULL ? reason : NOT_RUN));
        }
    }
}

int several_add(cJSON *several, const char *label, const char *file, cJSON *report)
{
    size_t machines = (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(several, "machines"));
    cJSON *block, *at = NULL;
    int err = add_machine(several, label, file, report);

    cJSON_ArrayForEach(block, cJSON_GetObjectItemCaseSensitive(report, "workloads")) {
        if (err == 0 && !block_is_searched(block))
            err = add_block(experiment_of(several, block, machines, &at), report, block, machines);
    }
    fill_up(several, machines + 1);
    if (err == 0)
        err = several_add_sweeps(several, report, machines);
    return err;
}

int several_add_lost(cJSON *several, const char *label, const char *reason)
{
    cJSON *machine = cJSON_CreateObject(), *fingerprint = fingerprint_make(NULL);
    size_t machines = (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(several, "machines"));
    static const char *const unknown[] = {"host", "version", "revision"};

    if (fingerprint == NULL) {
        cJSON_Delete(machine);
        return -ENOMEM;
    }
    json_add_text(machine, "label", label);
    cJSON_AddStringToObject(machine, "file", label);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cJSON_AddNullToObject(machine, unknown[i]);
    cJSON_AddStringToObject(machine, "started", "");
    cJSON_AddNumberToObject(machine, "duration_ns", 0);
    cJSON_AddNullToObject(machine, "interrupted");
    cJSON_AddNullToObject(machine, "reference");
    cJSON_AddNumberToObject(machine, "status", 0);
    cJSON_AddItemToObject(machine, "fingerprint", fingerprint);
    cJSON_AddStringToObject(machine, "lost", reason);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(several, "machines"), machine);
    fill_up(several, machines + 1);
    several_add_sweeps(several, NULL, machines);
    return several_note_lost(machine);
}

// Experiments that other machines brought later say of a lost one that it has not run them: why, is known.
static void explain_lost(cJSON *several)
{
    cJSON *experiment, *object, *machine;
    int i = 0;

    cJSON_ArrayForEach(machine, cJSON_GetObjectItemCaseSensitive(several, "machines")) {
        bool lost = field(machine, "lost") != NULL;

        cJSON_ArrayForEach(experiment, cJSON_GetObjectItemCaseSensitive(several, "experiments")) {
            if (lost)
                json_set(cJSON_GetArrayItem(places_of(experiment), i), "reason", cJSON_CreateString(LOST));
            cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(experiment, "models")) {
                if (lost)
                    json_set(cJSON_GetArrayItem(places_of(object), i), "reason", cJSON_CreateString(LOST));
            }
        }
        i++;
    }
}

int several_conclude(cJSON *several, char error[DOCUMENT_ERROR])
{
    int err = several_set_labels(several, error);

    explain_lost(several);
    if (err == 0)
        err = several_sum_up(several);
    if (err == 0)
        err = several_say(several);
    if (err == 0)
        err = several_say_notes(several);
    cJSON_AddNumberToObject(several, "status", 0);
    return err;
}
