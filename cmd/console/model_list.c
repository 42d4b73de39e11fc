// SPDX-License-Identifier: MIT
// Lists of models as they are typed: names, groups of them, and programs of one's own.
#include "cmd/console/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/command.h"
#include "measure/base/utf8.h"
#include "workloads/program/json_file.h"

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

// A list that is being read.
struct reading {
    struct model_list *list;
    const struct model_defaults *otherwise;
};

static int add_model(const char *text, void *data);

static int add_all(void *data)
{
    int status = 0;

    for (const struct model_entry *entry = model_entries; status == 0 && entry->name != NULL; entry++) {
        if (entry->model == NULL || (!entry->model->pretends && !entry->model->unlisted))
            status = add_model(entry->name, data);
    }
    return status;
}

static int add_group(const char *group, void *data)
{
    const struct model_entry *entry;
    int status = 0;

    for (unsigned i = 0; status == 0 && (entry = registry_at(i)) != NULL; i++) {
        if (registry_in_group(entry, group))
            status = add_model(entry->name, data);
    }
    return status;
}

// "mine=./trial.py", of which the name is that of no parameter: there is no colon before the sign.
static bool is_command(const char *text)
{
    return strcspn(text, "=") < strcspn(text, ":@") && strchr(text, '=') != NULL;
}

static int add_command(const char *text, struct reading *reading)
{
    char name[MODEL_LABEL], error[JSON_FILE_ERROR];
    struct model_choice choice = {.entry = NULL};
    size_t length = strcspn(text, "=");

    if (length == 0 || length >= 40 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") < length)
        return complain("--model: '%.100s': expected a name of small letters, digits and dashes before the =", text);
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    choice.entry = registry_add(name, text + length + 1, error);
    if (choice.entry == NULL)
        return complain("%s", error);
    snprintf(choice.label, sizeof choice.label, "%s", name);
    return add_choice(reading->list, &choice);
}

static int add_model(const char *text, void *data)
{
    static const struct typed_list none;
    struct reading *reading = data;
    struct model_choice choice;
    int status = 0;

    if (strcmp(text, "basic") == 0)
        return names_each(&none, names_basic_models, add_model, data);
    if (strcmp(text, "all") == 0)
        return add_all(data);
    if (is_command(text))
        return add_command(text, reading);
    if (model_find(text) == NULL && strpbrk(text, ":@") == NULL && registry_find(text) == NULL &&
        registry_is_group(text))
        return add_group(text, data);
    if (strncmp(text, "basic:", 6) == 0 || strncmp(text, "all:", 4) == 0)
        return complain("'%.*s' is no model, expected an argument after the name of one, such as processes:chunk=16",
                        UTF8_CLIPPED(text, 60));
    status = model_choice_parse(text, reading->otherwise, &choice);
    return status == 0 ? add_choice(reading->list, &choice) : status;
}

int model_list_parse(const struct typed_list *typed, const struct model_defaults *otherwise,
                     struct model_list *ret_list)
{
    struct reading reading = {.list = ret_list, .otherwise = otherwise};

    int status;

    *ret_list = (struct model_list){.count = 0};
    status = names_each(typed, "basic", add_model, &reading);
    names_tell_broken();
    return status;
}

void model_list_release(struct model_list *list)
{
    free(list->choices);
    *list = (struct model_list){.count = 0};
}
