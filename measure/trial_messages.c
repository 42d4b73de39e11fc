// SPDX-License-Identifier: MIT
#include "measure/trial_messages.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/machine/tree_cpu.h"

// A result is a few hundred bytes: more than this is rubbish.
#define RESULT_MAX (1 << 20)
#define SHOWN 60 // bytes of it
#define LEAST_ROOM 4096
#define MORE_ROOM 16384

static void rubbish(struct trial_report *report, const char *line)
{
    report->outcome = TRIAL_RUBBISH;
    snprintf(report->reason, SUPERVISOR_REASON, "the trial wrote something that is not a result: '%.*s'", SHOWN, line);
}

static void take_refusal(struct trial_report *report, const cJSON *message, const char *text)
{
    const cJSON *speaks = cJSON_GetObjectItemCaseSensitive(message, "speaks");

    report->outcome = TRIAL_NOT_STARTED;
    report->refused = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(message, "started"));
    report->lacks = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "lacks"));
    report->speaks = cJSON_IsNumber(speaks) ? speaks->valueint : 0;
    snprintf(report->reason, SUPERVISOR_REASON, "%s", text);
}

// The line of that length as JSON with nothing behind it; NULL if it is none.
static cJSON *parse_line(const char *line, size_t length)
{
    return strlen(line) == length ? cJSON_ParseWithOpts(line, NULL, true) : NULL;
}

static void take_line(struct trial_messages *messages, const char *line, size_t length)
{
    struct trial_report *report = messages->report;
    cJSON *message = parse_line(line, length);
    const char *mark = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "mark"));
    const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "error"));
    // A program that is asked what it is says so instead.
    const char *what = cJSON_HasObjectItem(message, "describe") ? "describe" : "result";
    bool gives = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(message, what));
    bool over = report->result != NULL || report->outcome == TRIAL_NOT_STARTED;

    if (mark != NULL && !over) {
        if (strcmp(mark, "before_lanes") == 0)
            report->set_up_cpu_ns = tree_cpu_ns(messages->pid);
        if (messages->request->on_mark != NULL)
            messages->request->on_mark(mark, messages->pid, messages->request->data);
        (void)!write(messages->answer_fd, "\n", 1);
    } else if (gives && error == NULL && !over) {
        report->result = cJSON_DetachItemFromObjectCaseSensitive(message, what);
        report->outcome = TRIAL_DONE;
    } else if (error != NULL && !gives && !over) {
        take_refusal(report, message, error);
    } else {
        rubbish(report, line);
    }
    cJSON_Delete(message);
}

void trial_messages_take(struct trial_messages *messages, size_t more)
{
    char *begin = messages->text, *end;

    messages->length += more;
    while ((end = memchr(begin, '\n', messages->length - (size_t)(begin - messages->text))) != NULL) {
        *end = '\0';
        if (messages->report->outcome != TRIAL_RUBBISH) // it spoils what comes after it, read together or not
            take_line(messages, begin, (size_t)(end - begin));
        begin = end + 1;
    }
    messages->length -= (size_t)(begin - messages->text);
    memmove(messages->text, begin, messages->length);
}

void trial_messages_end(struct trial_messages *messages)
{
    enum trial_outcome outcome = messages->report->outcome;

    if (messages->length == 0 || (outcome != TRIAL_DONE && outcome != TRIAL_NOT_STARTED))
        return;
    messages->text[messages->length < SHOWN ? messages->length : SHOWN] = '\0';
    rubbish(messages->report, messages->text);
}

bool trial_messages_room(struct trial_messages *messages)
{
    char *text;

    if (messages->capacity - messages->length >= LEAST_ROOM)
        return true;
    if (messages->length > RESULT_MAX) {
        messages->text[SHOWN] = '\0';
        rubbish(messages->report, messages->text);
        return false;
    }
    text = realloc(messages->text, messages->capacity + MORE_ROOM);
    if (text == NULL)
        return false;
    messages->text = text;
    messages->capacity += MORE_ROOM;
    return true;
}

void trial_messages_release(struct trial_messages *messages)
{
    free(messages->text);
    messages->text = NULL;
    messages->length = messages->capacity = 0;
}
