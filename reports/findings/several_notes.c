// SPDX-License-Identifier: MIT
#include "reports/findings/several_notes.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/several.h"
#include "reports/findings/capacity.h"
#include "reports/findings/findings_require.h"
#include "reports/findings/judge.h"
#include "reports/findings/several_where.h"
#include "reports/findings/switches.h"
#include "reports/findings/wording.h"

#define NOT_CLAIMED                                                                                                      \
    "each machine is ranked by itself and held against its own reference and ideal; nothing here says that one machine " \
    "is faster than another"

// So many are named, among however many: whoever reads of a host that was lost must know which.
#define NAMED_MOST 4

static bool has_text(const cJSON *list, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static void add_once(cJSON *notes, const char *text)
{
    if (!has_text(notes, text))
        cJSON_AddItemToArray(notes, cJSON_CreateString(text));
}

// A note, of a sentence that is ended by a full stop: notes are not.
static int note_end(struct text_stream *text, cJSON *notes)
{
    int err = text_stream_close(text);

    if (err == 0 && text->length > 0 && text->text[text->length - 1] == '.')
        text->text[text->length - 1] = '\0';
    if (err == 0)
        add_once(notes, text->text);
    free(text->text);
    return err;
}

static bool is_held(const cJSON *block, int index)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const cJSON *judged = cJSON_GetArrayItem(field(cell, "requirements"), index);

        if (judged != NULL && !field_is(judged, "verdict", "held"))
            return false;
    }
    return true;
}

// What the status says of that machine, which nothing else in the table would explain.
static int note_requirement(cJSON *notes, const cJSON *report, const cJSON *block, int index)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    fprintf(text.out, "%s, ", field_text(block, "workload"));
    if (block_open_loop(block))
        write_arrivals(text.out, block);
    else
        fprintf(text.out, "%.0f in flight", field_number(block, "concurrency"));
    fputs(": ", text.out);
    requirement_say(text.out, report, block, index);
    return note_end(&text, notes);
}

static int note_requirements(cJSON *notes, const cJSON *report, const cJSON *block)
{
    int err = 0, n = cJSON_GetArraySize(field(report, "plan.require"));

    for (int i = 0; err == 0 && i < n; i++) {
        if (!is_held(block, i))
            err = note_requirement(notes, report, block, i);
    }
    return err;
}

static int note_carried(cJSON *notes, const cJSON *block, const char *sentence)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    fprintf(text.out, "%.100s (--rate=max): %s", field_text(block, "workload"), sentence);
    return note_end(&text, notes);
}

// Samples of a capacity are of another rate under each model, and on each machine: no table has them side by side.
static int note_searched(cJSON *notes, const cJSON *report, const cJSON *block)
{
    static sentence_writer *const writers[] = {capacity_say, capacity_say_one_end, NULL};
    cJSON *sentences = sentences_make(writers, report, block), *sentence;
    int err = sentences != NULL ? 0 : -ENOMEM;

    cJSON_ArrayForEach(sentence, sentences) {
        if (err == 0)
            err = note_carried(notes, block, sentence->valuestring);
    }
    if (err == 0 && cJSON_GetArraySize(sentences) == 0)
        err = note_carried(notes, block, "no model carried it");
    cJSON_Delete(sentences);
    return err;
}

// What no experiment shows of its blocks.
static int note_blocks(cJSON *notes, const cJSON *report)
{
    const cJSON *block;
    int err = 0;

    cJSON_ArrayForEach(block, field(report, "workloads")) {
        if (err == 0)
            err = block_is_searched(block) ? note_searched(notes, report, block)
                                           : note_requirements(notes, report, block);
    }
    return err;
}

int several_note_machine(cJSON *machine, const cJSON *report)
{
    cJSON *notes = cJSON_AddArrayToObject(machine, "notes"), *all = cJSON_CreateArray(), *note;
    int err = switches_of_side(report, NULL, all);

    // Each of its blocks has said so.
    cJSON_ArrayForEach(note, all)
        add_once(notes, note->valuestring);
    cJSON_Delete(all);
    if (judge_slow_build(report))
        add_once(notes, "built for finding bugs, not for speed: its figures say little");
    if (field_text(report, "interrupted") != NULL)
        add_once(notes, block_any_has_begun(report)
                            ? "the run was interrupted: these are the rounds completed until then"
                            : "the run was interrupted: no round was completed");
    return err == 0 ? note_blocks(notes, report) : err;
}

int several_note_lost(cJSON *machine)
{
    cJSON *notes = cJSON_AddArrayToObject(machine, "notes");
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    fprintf(text.out, "no report came from there: %s", field_text(machine, "lost"));
    return sentence_end(&text, notes);
}

static bool is_noted(const cJSON *machine, const char *note)
{
    return has_text(field(machine, "notes"), note);
}

// "on b and c: …", "on 57 of 60: …".
static int say_of_machines(const cJSON *several, const char *note, signed char *told, cJSON *notes)
{
    struct several_where where = {.machines = field(several, "machines"), .told = told};
    const cJSON *machine;
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    cJSON_ArrayForEach(machine, where.machines)
        told[where.n++] = is_noted(machine, note) ? SEVERAL_YES : SEVERAL_NO;
    if (where.n >= SEVERAL_MANY && several_count(&where, SEVERAL_YES) <= NAMED_MOST) {
        fputs("on ", text.out);
        several_write_labels(text.out, &where, SEVERAL_YES);
    } else {
        several_write_where(text.out, &where, SEVERAL_YES);
    }
    fprintf(text.out, ": %s", note);
    return sentence_end(&text, notes);
}

static bool was_noted_before(const cJSON *machine, const char *note)
{
    for (machine = machine->prev; machine->next != NULL; machine = machine->prev)
        if (is_noted(machine, note))
            return true;
    return false;
}

static int say_machines(const cJSON *several, cJSON *notes)
{
    const cJSON *machine, *note;
    signed char *told = malloc((size_t)cJSON_GetArraySize(field(several, "machines")) + 1);
    int err = told != NULL ? 0 : -ENOMEM;

    cJSON_ArrayForEach(machine, field(several, "machines")) {
        cJSON_ArrayForEach(note, field(machine, "notes")) {
            if (err == 0 && !was_noted_before(machine, note->valuestring))
                err = say_of_machines(several, note->valuestring, told, notes);
        }
    }
    free(told);
    return err;
}

// The same name may be of other work elsewhere: a file of the user's, or another version's workload.
static int say_descriptions(const cJSON *several, const cJSON *experiment, cJSON *notes)
{
    const cJSON *place, *machine = field(several, "machines")->child;
    int err = 0;

    cJSON_ArrayForEach(place, field(experiment, "places")) {
        const char *describe = field_text(place, "describe");
        struct text_stream text;

        if (err == 0 && describe != NULL)
            err = text_stream_open(&text);
        if (err == 0 && describe != NULL) {
            fprintf(text.out, "%s is other work on %s: each task %s", field_text(experiment, "workload"),
                    field_text(machine, "label"), describe);
            err = sentence_end(&text, notes);
        }
        machine = machine->next;
    }
    return err;
}

int several_say_notes(cJSON *several)
{
    cJSON *notes = cJSON_AddArrayToObject(several, "notes");
    const cJSON *experiment;
    int err = say_machines(several, notes);

    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        if (err == 0)
            err = say_descriptions(several, experiment, notes);
    }
    cJSON_AddItemToArray(notes, cJSON_CreateString(NOT_CLAIMED));
    return err;
}
