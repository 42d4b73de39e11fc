// SPDX-License-Identifier: MIT
#include "reports/findings/several_overall.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/several_where.h"
#include "reports/findings/wording.h"

// What a model's standings are in all experiments together.
struct record {
    size_t experiments, told, first;
};

static struct record record_of(const cJSON *several, const char *name)
{
    struct record record = {0};
    const cJSON *experiment, *model;

    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        cJSON_ArrayForEach(model, field(experiment, "models")) {
            if (!field_is(model, "model", name) || !(field_number(model, "counts.told") > 0))
                continue;
            record.experiments++;
            record.told += (size_t)field_number(model, "counts.told");
            record.first += (size_t)(field_number(model, "counts.first") + field_number(model, "counts.shared_first"));
        }
    }
    return record;
}

// Where languages have ranks of their own, a first one is the first of its language alone.
static bool has_families(const cJSON *several)
{
    const cJSON *experiment, *model;

    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        cJSON_ArrayForEach(model, field(experiment, "models")) {
            if (field_text(model, "family") != NULL)
                return true;
        }
    }
    return false;
}

// How many experiments some machine tells something about.
static size_t count_told(const cJSON *several)
{
    const cJSON *experiment, *model;
    size_t n = 0;

    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        bool told = false;

        cJSON_ArrayForEach(model, field(experiment, "models"))
            told = told || field_number(model, "counts.told") > 0;
        n += told;
    }
    return n;
}

int several_say_everywhere(cJSON *several)
{
    const cJSON *first = field(several, "experiments")->child, *model;
    size_t experiments = count_told(several);
    int err = 0;

    if (cJSON_GetArraySize(field(several, "machines")) < 2 || experiments < 2 || has_families(several))
        return 0;
    cJSON_ArrayForEach(model, field(first, "models")) {
        const struct record record = record_of(several, field_text(model, "model"));
        struct text_stream text;

        if (err != 0 || record.experiments < experiments || record.first < record.told)
            continue;
        err = text_stream_open(&text);
        if (err != 0)
            return err;
        fprintf(text.out,
                "In all %zu experiments %s %s first, alone or level with others, on every machine that tells.",
                experiments, field_text(model, "model"), names_are_plural(&model, 1) ? "are" : "is");
        err = sentence_end(&text, cJSON_GetObjectItemCaseSensitive(several, "findings"));
    }
    return err;
}

// Where a model falls behind at one of the values of a sweep.
static const char *value_at(const cJSON *place)
{
    return field_text(place, "at");
}

// "threads fall behind at 64 in flight on those with 2 cores (a and c)."
static int say_fall(const cJSON *several, const cJSON *sweep, const cJSON *model, const char *at, signed char *told)
{
    struct several_where where = {field(several, "machines"), field(sweep, "places"), told, 0};
    cJSON *findings = cJSON_GetObjectItemCaseSensitive(sweep, "findings");
    const cJSON *place;
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    cJSON_ArrayForEach(place, field(model, "places"))
        told[where.n++] = (signed char)(!cJSON_IsTrue(field(place, "told")) ? SEVERAL_UNTOLD
                                        : field_is(place, "at", at)         ? SEVERAL_YES
                                                                            : SEVERAL_NO);
    write_names(text.out, &model, 1, "and");
    fprintf(text.out, " %s behind at %s ", names_are_plural(&model, 1) ? "fall" : "falls", at);
    several_write_where(text.out, &where, SEVERAL_YES);
    fputc('.', text.out);
    return sentence_end(&text, findings);
}

static bool is_new(const cJSON *place)
{
    for (const cJSON *earlier = place->prev; earlier->next != NULL; earlier = earlier->prev)
        if (value_at(earlier) != NULL && strcmp(value_at(earlier), value_at(place)) == 0)
            return false;
    return true;
}

int several_say_sweep(const cJSON *several, cJSON *sweep)
{
    signed char *told = malloc((size_t)cJSON_GetArraySize(field(several, "machines")) + 1);
    const cJSON *model, *place;
    int err = told != NULL ? 0 : -ENOMEM;

    cJSON_AddArrayToObject(sweep, "findings");
    cJSON_ArrayForEach(model, field(sweep, "models")) {
        cJSON_ArrayForEach(place, field(model, "places")) {
            if (err == 0 && value_at(place) != NULL && is_new(place))
                err = say_fall(several, sweep, model, value_at(place), told);
        }
    }
    free(told);
    return err;
}
