// SPDX-License-Identifier: MIT
#include "reports/findings/several_say.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/families.h"
#include "reports/findings/several_facts.h"
#include "reports/findings/several_overall.h"
#include "reports/findings/several_where.h"
#include "reports/findings/wording.h"

// What the models of an experiment or a sweep have to say about one thing, on each machine.
struct told {
    const cJSON *several, *whole; // whole: the experiment or sweep
    const cJSON **models;
    signed char *of; // [model][machine]
    size_t models_n, machines_n;
};

// Of one place of a model: one of the words of several_where.h.
typedef int place_judge(const cJSON *model, const cJSON *place);

static void told_release(struct told *told)
{
    free(told->models);
    free(told->of);
}

static int told_open(const cJSON *several, const cJSON *whole, place_judge *judge, struct told *told)
{
    const cJSON *model, *place;

    *told = (struct told){.several = several, .whole = whole};
    told->machines_n = (size_t)cJSON_GetArraySize(field(several, "machines"));
    told->models = calloc((size_t)cJSON_GetArraySize(field(whole, "models")) + 1, sizeof *told->models);
    told->of = calloc((size_t)cJSON_GetArraySize(field(whole, "models")) * told->machines_n + 1, sizeof *told->of);
    if (told->models == NULL || told->of == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(model, field(whole, "models")) {
        size_t machine = told->models_n * told->machines_n;

        told->models[told->models_n++] = model;
        cJSON_ArrayForEach(place, field(model, "places"))
            told->of[machine++] = (signed char)judge(model, place);
    }
    return 0;
}

static struct several_where where_of(const struct told *told, size_t model)
{
    return (struct several_where){.machines = field(told->several, "machines"),
                                  .places = field(told->whole, "places"),
                                  .told = told->of + model * told->machines_n,
                                  .n = told->machines_n};
}

static const char *family_of(const cJSON *model)
{
    const char *family = field_text(model, "family");

    return family != NULL ? family : "";
}

static bool same_told(const struct told *told, size_t a, size_t b)
{
    return strcmp(family_of(told->models[a]), family_of(told->models[b])) == 0 &&
           memcmp(told->of + a * told->machines_n, told->of + b * told->machines_n, told->machines_n) == 0;
}

// A sentence about models of which each machine says the same: `where` is that of all of them.
struct story {
    place_judge *judge;
    int about; // said only where some machine says so; SEVERAL_UNTOLD: where one says anything
    void (*write)(FILE *out, const struct told *told, const cJSON *const *models, size_t n,
                  const struct several_where *where);
};

static bool has_families(const struct told *told)
{
    for (size_t i = 0; i < told->models_n; i++)
        if (field_text(told->models[i], "family") != NULL)
            return true;
    return false;
}

static int say_one(const struct told *told, const struct story *story, size_t first, const cJSON *const *models,
                   size_t n, cJSON *findings)
{
    const struct several_where where = where_of(told, first);
    struct text_stream text;
    int err;

    if (several_told(&where) == 0 || (story->about != SEVERAL_UNTOLD && several_count(&where, story->about) == 0))
        return 0;
    err = text_stream_open(&text);
    if (err != 0)
        return err;
    family_write_lead(text.out, has_families(told) ? family_of(told->models[first]) : NULL);
    story->write(text.out, told, models, n, &where);
    return sentence_end(&text, findings);
}

// A sentence for all models that have the same to say, in the order of the first of them.
static int say_each(const struct told *told, const struct story *story, cJSON *findings)
{
    const cJSON **models = calloc(told->models_n + 1, sizeof *models);
    int err = models != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; err == 0 && i < told->models_n; i++) {
        size_t n = 0, before = 0;

        while (before < i && !same_told(told, before, i))
            before++;
        for (size_t j = i; before == i && j < told->models_n; j++)
            if (same_told(told, i, j))
                models[n++] = told->models[j];
        if (n > 0)
            err = say_one(told, story, i, models, n, findings);
    }
    free(models);
    return err;
}

static int say_story(const cJSON *several, cJSON *whole, const struct story *story)
{
    struct told told;
    int err = told_open(several, whole, story->judge, &told);

    if (err == 0)
        err = say_each(&told, story, cJSON_GetObjectItemCaseSensitive(whole, "findings"));
    told_release(&told);
    return err;
}

static int is_first(const cJSON *model, const cJSON *place)
{
    if (field(place, "standing") == NULL)
        return SEVERAL_UNTOLD;
    return field_is(place, "standing", "first") || field_is(place, "standing", "shared first") ? SEVERAL_YES
                                                                                               : SEVERAL_NO;
}

// "async is first on all 4, on 2 of them level with others."
static void say_first(FILE *out, const struct told *told, const cJSON *const *models, size_t n,
                      const struct several_where *where)
{
    size_t first = several_count(where, SEVERAL_YES), shared = (size_t)field_number(models[0], "counts.shared_first");

    write_names(out, models, n, "and");
    fprintf(out, " %s first ", names_are_plural(models, n) ? "are" : "is");
    several_write_where(out, where, SEVERAL_YES);
    if (n > 1)
        fputs(", level with each other", out);
    else if (shared == first)
        fputs(", level with others", out);
    else if (shared > 0)
        fprintf(out, ", on %zu of them level with others", shared);
    fputc('.', out);
}

static int is_faster(const cJSON *model, const cJSON *place)
{
    double low = field_number(place, "speedup.low"), high = field_number(place, "speedup.high");

    // The reference beside itself, what only pretends to work, and what was not run often enough.
    if (field_is(place, "speedup.over", field_text(model, "model")) || field(place, "standing") == NULL || isnan(low) ||
        isnan(high))
        return SEVERAL_UNTOLD;
    return low > 1 ? SEVERAL_YES : high < 1 ? SEVERAL_SLOWER : SEVERAL_NO;
}

// What all of them are held against; "its reference" where that is not the same everywhere.
static const char *reference_of(const cJSON *model)
{
    const char *name = NULL;
    const cJSON *place;

    cJSON_ArrayForEach(place, field(model, "places")) {
        const char *over = field_text(place, "speedup.over");

        if (over == NULL || is_faster(model, place) == SEVERAL_UNTOLD)
            continue;
        if (name != NULL && strcmp(name, over) != 0)
            return "its reference";
        name = over;
    }
    return name != NULL ? name : "its reference";
}

static void say_none(FILE *out, const struct told *told, const cJSON *const *models, size_t n,
                     const struct several_where *where)
{
    size_t slower = several_count(where, SEVERAL_SLOWER);
    signed char *none = malloc(where->n + 1);
    struct several_where of_none = *where;

    if (none == NULL)
        return; // nothing said is nothing wrong
    for (size_t i = 0; i < where->n; i++) {
        if (where->told[i] == SEVERAL_SLOWER)
            none[i] = SEVERAL_NO;
        else
            none[i] = where->told[i];
    }
    of_none.told = none;
    write_names(out, models, n, "and");
    fprintf(out, " show%s no speed-up over %s ", names_are_plural(models, n) ? "" : "s", reference_of(models[0]));
    if (several_count(&of_none, SEVERAL_NO) == several_told(&of_none))
        several_write_anywhere(out, &of_none);
    else
        several_write_where(out, &of_none, SEVERAL_NO);
    if (slower > 0) {
        fprintf(out, ", and %s slower ", names_are_plural(models, n) ? "are" : "is");
        several_write_where(out, where, SEVERAL_SLOWER);
    }
    fputc('.', out);
    free(none);
}

// "threads and async are faster than sequential on all 4.", "gil shows no speed-up over sequential on 57 of 60."
static void say_speed(FILE *out, const struct told *told, const cJSON *const *models, size_t n,
                      const struct several_where *where)
{
    int all = several_count(where, SEVERAL_YES) == several_told(where)      ? SEVERAL_YES
              : several_count(where, SEVERAL_SLOWER) == several_told(where) ? SEVERAL_SLOWER
                                                                            : SEVERAL_NO;

    if (all == SEVERAL_NO) {
        say_none(out, told, models, n, where);
        return;
    }
    write_names(out, models, n, "and");
    fprintf(out, " %s %s than %s ", names_are_plural(models, n) ? "are" : "is",
            all == SEVERAL_YES ? "faster" : "slower", reference_of(models[0]));
    several_write_where(out, where, all);
    fputc('.', out);
}

static int say_experiment(const cJSON *several, cJSON *experiment)
{
    static const struct story stories[] = {{is_first, SEVERAL_YES, say_first}, {is_faster, SEVERAL_UNTOLD, say_speed}};
    int err = 0;

    // Of one there is nothing to say but what its own report says.
    cJSON_AddArrayToObject(experiment, "findings");
    if (cJSON_GetArraySize(field(several, "machines")) < 2)
        return 0;
    for (size_t i = 0; err == 0 && i < sizeof stories / sizeof *stories; i++)
        err = say_story(several, experiment, &stories[i]);
    return err;
}

int several_say(cJSON *several)
{
    cJSON *item;
    int err = 0;

    several_add_facts(several);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(several, "experiments")) {
        if (err == 0)
            err = say_experiment(several, item);
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(several, "sweeps")) {
        if (err == 0)
            err = several_say_sweep(several, item);
    }
    cJSON_AddArrayToObject(several, "findings");
    return err == 0 ? several_say_everywhere(several) : err;
}
