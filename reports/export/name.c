// SPDX-License-Identifier: MIT
#include "reports/export/name.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "measure/base/text.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"
#include "reports/export/number.h"

// What ends a word or a part for Go: blanks of any script, the slash, and the sign that escapes.
static bool is_escaped(int32_t code)
{
    return code == '/' || code == '%' || utf8proc_category(code) == UTF8PROC_CATEGORY_ZS;
}

static void write_escaped(FILE *out, const char *text)
{
    int32_t code = 0;

    for (unsigned length; *text != '\0' && (length = utf8_decode(text, &code)) > 0; text += length) {
        for (unsigned i = 0; i < length; i++)
            fprintf(out, is_escaped(code) ? "%%%02X" : "%c", (unsigned char)text[i]);
    }
}

int export_write_part(FILE *out, const char *text, enum export_names names)
{
    char *clean = text_clean(text != NULL ? text : "", true);

    if (clean == NULL)
        return -ENOMEM;
    if (names == EXPORT_NAMES_GO)
        write_escaped(out, clean);
    else
        fputs(clean, out);
    free(clean);
    return 0;
}

static int write_text(FILE *out, const char *key, const char *text, enum export_names names)
{
    if (text == NULL)
        return 0;
    fputs(key, out);
    return export_write_part(out, text, names);
}

static void write_number(FILE *out, const char *key, double number)
{
    if (isnan(number))
        return;
    fputs(key, out);
    export_write_number(out, number);
}

static int write_name(FILE *out, const struct export_item *item, enum export_names names)
{
    int err = write_text(out, names == EXPORT_NAMES_GO ? "workload=" : "", field_text(item->block, "workload"), names);

    write_number(out, "/tasks=", field_number(item->block, "tasks"));
    write_number(out, "/concurrency=", field_number(item->block, "concurrency"));
    if (err == 0)
        err = write_text(out, "/cpus=", field_text(item->block, "cpus"), names);
    write_number(out, "/rate=", field_number(item->block, "rate.per_s"));
    fputs(cJSON_IsTrue(field(item->block, "rate.constant")) ? ":constant" : "", out);
    if (err == 0)
        err = write_text(out, "/model=", field_text(item->cell, "model"), names);
    if (err == 0)
        err = write_text(out, "/class=", item->class_name, names);
    return err;
}

char *export_name(const struct export_item *item, enum export_names names, unsigned time)
{
    struct text_stream text;
    int err = text_stream_open(&text), closed;

    if (err != 0)
        return NULL;
    err = write_name(text.out, item, names);
    if (time > 1)
        fprintf(text.out, "/again=%u", time);
    closed = text_stream_close(&text);
    if (err == 0 && closed == 0)
        return text.text;
    free(text.text);
    return NULL;
}
