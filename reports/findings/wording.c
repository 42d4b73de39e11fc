// SPDX-License-Identifier: MIT
#include "reports/findings/wording.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/figures.h"

void write_names(FILE *out, const cJSON *const *cells, size_t n, const char *conjunction)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && i + 1 == n)
            fprintf(out, " %s ", conjunction);
        else if (i > 0)
            fputs(", ", out);
        fputs(field_text(cells[i], "model"), out);
    }
}

bool names_are_plural(const cJSON *const *cells, size_t n)
{
    const char *name = field_text(cells[0], "model");
    size_t length = strcspn(name, ":");

    return n > 1 || (length > 0 && name[length - 1] == 's');
}

void write_arrivals(FILE *out, const cJSON *block)
{
    double per_s = field_number(block, "rate.per_s");

    if (per_s >= 1000)
        write_count(out, per_s);
    else
        fprintf(out, "%.4g", per_s);
    fprintf(out, "/s (%s)", cJSON_IsTrue(field(block, "rate.constant")) ? "constant" : "poisson");
}

const cJSON **cells_where(const cJSON *block, bool (*holds)(const cJSON *block, const cJSON *cell), size_t *ret_n)
{
    const cJSON **cells = calloc((size_t)cJSON_GetArraySize(field(block, "cells")) + 1, sizeof *cells);
    const cJSON *cell;

    *ret_n = 0;
    if (cells == NULL)
        return NULL;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_competes(cell) && (holds == NULL || holds(block, cell)))
            cells[(*ret_n)++] = cell;
    }
    return cells;
}

bool write_names_where(FILE *out, const cJSON *block, bool (*holds)(const cJSON *block, const cJSON *cell),
                       const char *before, const char *after)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, holds, &n);

    if (n > 0) {
        fputs(before, out);
        write_names(out, cells, n, "and");
        fputs(after, out);
    }
    free(cells);
    return n > 0;
}

int sentence_end(struct text_stream *text, cJSON *array)
{
    int err = text_stream_close(text);

    if (err == 0 && text->length > 0)
        cJSON_AddItemToArray(array, cJSON_CreateString(text->text));
    free(text->text);
    return err;
}

cJSON *sentences_make(sentence_writer *const *writers, const cJSON *document, const cJSON *block)
{
    cJSON *array = cJSON_CreateArray();
    struct text_stream text;

    for (; *writers != NULL; writers++) {
        int err = text_stream_open(&text);

        if (err == 0) {
            (*writers)(text.out, document, block);
            err = sentence_end(&text, array);
        }
        if (err < 0) {
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}
