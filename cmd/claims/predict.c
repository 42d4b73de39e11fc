// SPDX-License-Identifier: MIT
#include "cmd/claims/predict.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "cmd/console/terminal.h"
#include "measure/base/json.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"

// A text, wrapped as wide as the terminal is.
static void say(const char *lead, const char *text)
{
    char *clean = text_clean(text, terminal_utf8());

    fputs(lead, stderr);
    if (clean != NULL)
        text_wrap(stderr, clean, strlen(lead), strlen(lead), terminal_width(STDERR_FILENO));
    free(clean);
}

static void ask(const cJSON *asks)
{
    const cJSON *answer;
    char lead[16];
    int n = 1;

    fputc('\n', stderr);
    say("", field_text(asks, "question"));
    cJSON_ArrayForEach(answer, field(asks, "answers")) {
        snprintf(lead, sizeof lead, "  %d  ", n++);
        say(lead, answer->valuestring);
    }
    fputs("> ", stderr);
    fflush(stderr);
}

enum reading { READ_ANSWER, READ_NOTHING, READ_END, READ_WRONG };

// A line without white space at its ends: the number of an answer, from 1.
static enum reading read_answer(int answers, char **line, size_t *size, unsigned *ret_answer)
{
    char *text;
    uint64_t number;

    if (getline(line, size, stdin) < 0)
        return READ_END;
    text = *line + strspn(*line, " \t\r");
    text[strcspn(text, " \t\r\n")] = '\0';
    if (text[0] == '\0')
        return READ_NOTHING;
    if (text != *line)
        memmove(*line, text, strlen(text) + 1);
    if (units_parse_count(*line, &number) != 0 || number < 1 || number > (uint64_t)answers)
        return READ_WRONG;
    *ret_answer = (unsigned)number - 1;
    return READ_ANSWER;
}

// Until there is an answer, or none is given.
static int ask_one(cJSON *claim, char **line, size_t *size, bool *ended)
{
    const cJSON *asks = field(claim, "asks");
    int answers = cJSON_GetArraySize(field(asks, "answers"));
    bool somebody = isatty(STDIN_FILENO);
    enum reading reading;
    unsigned answer;

    ask(asks);
    while ((reading = read_answer(answers, line, size, &answer)) == READ_WRONG) {
        if (!somebody)
            fputc('\n', stderr);
        complain("'%.*s' is no answer, expected 1 to %d, or nothing", UTF8_CLIPPED(*line, 60), answers);
        if (!somebody)
            return EXIT_USAGE;
        fputs("> ", stderr);
    }
    if (reading == READ_ANSWER)
        json_set(claim, "predicted", cJSON_CreateNumber(answer));
    *ended = reading == READ_END;
    return 0;
}

int predict_ask(cJSON *document)
{
    cJSON *claim, *claims = cJSON_GetObjectItemCaseSensitive(document, "claims");
    size_t size = 0;
    char *line = NULL;
    bool ended = false;
    int status = 0;

    json_set(document, "predictions", cJSON_CreateObject());
    cJSON_ArrayForEach(claim, claims) {
        if (status == 0 && !ended && field(claim, "asks") != NULL)
            status = ask_one(claim, &line, &size, &ended);
    }
    if (status == 0)
        fputc('\n', stderr);
    free(line);
    return status;
}
