// SPDX-License-Identifier: MIT
#include "reports/export/number.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"

// Whole numbers up to this are written out, and exact in a double.
#define MOST_WHOLE 9007199254740992.0

void export_write_number(FILE *out, double number)
{
    char text[32];

    if (number > -MOST_WHOLE && number < MOST_WHOLE && number == (double)(long long)number) {
        fprintf(out, "%lld", (long long)number);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    fputs(text, out);
}

int export_write_json(FILE *out, const cJSON *value)
{
    char *text = cJSON_Print(value);

    if (text == NULL)
        return -ENOMEM;
    text_repair(text);
    fputs(text, out);
    fputc('\n', out);
    cJSON_free(text);
    return 0;
}
