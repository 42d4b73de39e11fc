// SPDX-License-Identifier: MIT
#include "reports/findings/families.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/wording.h"

static const char *family_of(const cJSON *cell)
{
    const char *family = field_text(cell, "family");

    return family != NULL ? family : "";
}

// A name may have dots in it, so it is no path.
static cJSON *find(const cJSON *block, const char *family)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(block, "families"), family);
}

bool families_apart(const cJSON *block)
{
    const cJSON *families = field(block, "families");

    return families != NULL && families->child != NULL;
}

const cJSON *family_ideal(const cJSON *block, const cJSON *cell)
{
    const cJSON *family = find(block, family_of(cell));

    return family != NULL ? family : block;
}

bool family_is_same(const cJSON *cell, const cJSON *other)
{
    return strcmp(family_of(cell), family_of(other)) == 0;
}

cJSON *family_part(cJSON *block, const char *name)
{
    static const char *const own[] = {"ideal_ns", "ideal_formula", "ideal_reason", "calibration"};
    const cJSON *family = find(block, name);
    cJSON *part = cJSON_CreateObject(), *cells, *item;

    cJSON_ArrayForEach(item, block) {
        if (strcmp(item->string, "cells") != 0 && strcmp(item->string, "families") != 0)
            cJSON_AddItemReferenceToObject(part, item->string, item);
    }
    for (size_t i = 0; family != NULL && i < sizeof own / sizeof *own; i++)
        json_set(part, own[i], cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(family, own[i]), true));
    cells = cJSON_AddArrayToObject(part, "cells");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(block, "cells")) {
        if (strcmp(family_of(item), name) == 0)
            cJSON_AddItemReferenceToArray(cells, item);
    }
    return part;
}

void family_write_lead(FILE *out, const char *name)
{
    if (name == NULL)
        return;
    if (name[0] == '\0')
        fputs("Among C's: ", out);
    else if (strchr(name, '@') != NULL)
        fprintf(out, "Among those of %s: ", name);
    else
        fprintf(out, "Among %c%s's: ", toupper((unsigned char)name[0]), name + 1);
}

void family_say(cJSON *findings, const char *name, const char *text)
{
    struct text_stream whole;

    if (text_stream_open(&whole) != 0)
        return;
    family_write_lead(whole.out, name);
    fprintf(whole.out, "%c%s", name != NULL ? tolower((unsigned char)text[0]) : text[0], text + 1);
    sentence_end(&whole, findings);
}

static int judge_part(cJSON *block, const char *name, int (*judge)(cJSON *part, const char *name, void *data),
                      void *data)
{
    cJSON *part = family_part(block, name);
    int err = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(part, "cells")) > 0 ? judge(part, name, data) : 0;

    cJSON_Delete(part);
    return err;
}

int families_each(cJSON *block, int (*judge)(cJSON *part, const char *name, void *data), void *data)
{
    const cJSON *families = cJSON_GetObjectItemCaseSensitive(block, "families"), *family;
    int err;

    if (!families_apart(block))
        return judge(block, NULL, data);
    err = judge_part(block, "", judge, data);
    cJSON_ArrayForEach(family, families) {
        if (err == 0)
            err = judge_part(block, family->string, judge, data);
    }
    return err;
}
