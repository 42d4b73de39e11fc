// SPDX-License-Identifier: MIT
#include "reports/export/marks.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/switches.h"

static bool has(const cJSON *array, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, array) {
        if (strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static int add_marks(cJSON *marks, const cJSON *document, const cJSON *block)
{
    cJSON *more = switches_of_block(document, block), *item;

    if (more == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(item, more) {
        if (!has(marks, item->valuestring))
            cJSON_AddItemToArray(marks, cJSON_CreateString(item->valuestring));
    }
    cJSON_Delete(more);
    return 0;
}

static char *join(const cJSON *marks)
{
    struct text_stream text;
    const cJSON *item;

    if (text_stream_open(&text) != 0)
        return NULL;
    cJSON_ArrayForEach(item, marks) {
        fprintf(text.out, "%s%s", item == marks->child ? "" : "; ", item->valuestring);
    }
    if (text_stream_close(&text) == 0)
        return text.text;
    free(text.text);
    return NULL;
}

char *export_marks(const cJSON *document, const cJSON *block)
{
    cJSON *marks = cJSON_CreateArray();
    const cJSON *each;
    char *text = NULL;
    int err = 0;

    cJSON_ArrayForEach(each, field(document, "workloads")) {
        if (err == 0 && (block == NULL || block == each))
            err = add_marks(marks, document, each);
    }
    if (err == 0)
        text = join(marks);
    cJSON_Delete(marks);
    return text;
}
