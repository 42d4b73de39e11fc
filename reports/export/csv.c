// SPDX-License-Identifier: MIT
#include "reports/export/csv.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "measure/base/utf8.h"
#include "reports/export/number.h"

static void begin_field(struct csv *csv)
{
    if (csv->begun)
        fputc(',', csv->out);
    csv->begun = true;
}

static void write_characters(FILE *out, const char *text)
{
    int32_t code;

    while (*text != '\0') {
        unsigned length = utf8_decode(text, &code);

        if (*text == '"')
            fputs("\"\"", out);
        else if (length == 0)
            fputc('?', out);
        else
            fwrite(text, 1, length, out);
        text += length > 0 ? length : 1;
    }
}

void csv_text(struct csv *csv, const char *text)
{
    bool quoted = text != NULL && strpbrk(text, ",\"\r\n") != NULL;

    begin_field(csv);
    if (text == NULL)
        return;
    fputs(quoted ? "\"" : "", csv->out);
    write_characters(csv->out, text);
    fputs(quoted ? "\"" : "", csv->out);
}

void csv_number(struct csv *csv, double number)
{
    begin_field(csv);
    if (!isnan(number))
        export_write_number(csv->out, number);
}

void csv_item(struct csv *csv, const cJSON *item)
{
    if (cJSON_IsBool(item))
        csv_text(csv, cJSON_IsTrue(item) ? "true" : "false");
    else if (cJSON_IsNumber(item))
        csv_number(csv, item->valuedouble);
    else
        csv_text(csv, cJSON_IsString(item) ? item->valuestring : NULL);
}

void csv_end_line(struct csv *csv)
{
    fputs("\r\n", csv->out);
    csv->begun = false;
}
