// SPDX-License-Identifier: MIT
#include "cmd/console/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/command.h"
#include "measure/base/units.h"
#include "workloads/custom.h"

// What the command without options compares.
const char names_basic_models[] = "sequential,threads,gil,processes,eventloop,async,green";

// "27" of "mixed:10ms,27", but not "27.json".
static bool continues(const char *part)
{
    return isdigit((unsigned char)part[0]) && !custom_named(part, strcspn(part, ","));
}

int names_each(const char *list, int (*add)(const char *item, void *data), void *data)
{
    int status = 0;

    while (status == 0) {
        size_t length = strcspn(list, ",");
        char *item;

        while (list[length] == ',' && continues(list + length + 1))
            length += 1 + strcspn(list + length + 1, ",");
        item = strndup(list, length);

        if (item == NULL)
            return complain("out of memory");
        status = add(item, data);
        free(item);
        if (list[length] == '\0')
            break;
        list += length + 1;
    }
    return status;
}

int names_unknown(const char *what, const char *name, size_t length, const char *(*next)(unsigned i))
{
    char word[64];
    const char *meant;

    snprintf(word, sizeof word, "%.*s", (int)length, name);
    meant = nearest(word, next);
    if (meant != NULL)
        return complain("unknown %s '%s', did you mean '%s'? (try 'ccbench list')", what, word, meant);
    return complain("unknown %s '%s' (try 'ccbench list')", what, word);
}

static const char *model_name(unsigned i)
{
    return model_entries[i].name;
}

static const struct model_entry *find(const char *text, size_t length)
{
    char name[MODEL_LABEL];

    if (length >= sizeof name)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    return model_find(name);
}

// What follows the name: ":chunk=16".
static int parse_argument(const char *text, size_t length, struct model_choice *choice)
{
    const char *name = choice->entry->name, *argument = text + length + 1;
    uint64_t chunk;

    if (choice->entry->model == NULL || !choice->entry->model->takes_chunk)
        return complain(strncmp(argument, "chunk=", 6) == 0
                            ? "%s takes no chunk ('%.60s'), expected a model that sends messages, such as processes:chunk=16"
                            : "%s takes no argument ('%.60s'), expected the name alone",
                        name, text);
    if (strncmp(argument, "chunk=", 6) != 0 || units_parse_count(argument + 6, &chunk) != 0 || chunk == 0 ||
        chunk > MODEL_CHUNK_MAX)
        return complain("%.60s: '%.60s' is no chunk of tasks, expected %s:chunk=N with N from 1 to %d", text, argument, name,
                        MODEL_CHUNK_MAX);
    choice->chunk = (uint32_t)chunk;
    return 0;
}

int model_choice_parse(const char *text, struct model_choice *ret_choice)
{
    size_t length = strcspn(text, ":");
    struct model_choice choice = {.entry = find(text, length), .chunk = 1};
    int status = 0;

    if (choice.entry == NULL || (choice.entry->model != NULL && choice.entry->model->unlisted))
        return names_unknown("model", text, length, model_name);
    if (text[length] == ':')
        status = parse_argument(text, length, &choice);
    if (status != 0)
        return status;
    if (choice.chunk > 1)
        snprintf(choice.label, sizeof choice.label, "%s:chunk=%u", choice.entry->name, choice.chunk);
    else // one by one is what the name alone means
        snprintf(choice.label, sizeof choice.label, "%s", choice.entry->name);
    *ret_choice = choice;
    return 0;
}

static int add_choice(struct model_list *list, const struct model_choice *choice)
{
    struct model_choice *choices;

    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->choices[i].label, choice->label) == 0)
            return 0; // typed twice
    }
    choices = realloc(list->choices, (list->count + 1) * sizeof *choices);
    if (choices == NULL)
        return complain("out of memory");
    list->choices = choices;
    list->choices[list->count++] = *choice;
    return 0;
}

static int add_model(const char *text, void *data)
{
    struct model_choice choice;
    int status = 0;

    if (strcmp(text, "basic") == 0)
        return names_each(names_basic_models, add_model, data);
    if (strcmp(text, "all") == 0) {
        for (const struct model_entry *entry = model_entries; status == 0 && entry->name != NULL; entry++) {
            if (entry->model == NULL || (!entry->model->pretends && !entry->model->unlisted))
                status = add_model(entry->name, data);
        }
        return status;
    }
    if (strncmp(text, "basic:", 6) == 0 || strncmp(text, "all:", 4) == 0)
        return complain("'%.60s' is no model, expected an argument after the name of one, such as processes:chunk=16", text);
    status = model_choice_parse(text, &choice);
    return status == 0 ? add_choice(data, &choice) : status;
}

int model_list_parse(const char *text, struct model_list *ret_list)
{
    *ret_list = (struct model_list){.count = 0};
    return names_each(text, add_model, ret_list);
}

void model_list_release(struct model_list *list)
{
    free(list->choices);
    *list = (struct model_list){.count = 0};
}
