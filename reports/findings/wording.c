// SPDX-License-Identifier: MIT
#include "reports/findings/wording.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "reports/document/fields.h"
#include "reports/findings/figures.h"
#include "measure/base/text.h"

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

static bool add_sentence(cJSON *array, sentence_writer *writer, const cJSON *document, const cJSON *block)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    bool done = out != NULL;

    if (done) {
        writer(out, document, block);
        done = text_finish(out, &text);
    }
    if (done && length > 0)
        done = cJSON_AddItemToArray(array, cJSON_CreateString(text));
    free(text);
    return done;
}

cJSON *sentences_make(sentence_writer *const *writers, const cJSON *document, const cJSON *block)
{
    cJSON *array = cJSON_CreateArray();

    for (; array != NULL && *writers != NULL; writers++) {
        if (!add_sentence(array, *writers, document, block)) {
            cJSON_Delete(array);
            array = NULL;
        }
    }
    return array;
}
