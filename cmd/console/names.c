// SPDX-License-Identifier: MIT
#include "cmd/console/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/console/command.h"
#include "cmd/console/kin.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "workloads/custom.h"

#define ALL_WANTED (PARAMETERS_MOST * (PARAMETER_WANTED + sizeof ", or "))

// What the command without options compares.
const char names_basic_models[] = "sequential,threads,gil,processes,eventloop,async,green";

// "27" of "mixed:10ms,27", but not "27.json".
static bool continues(const char *part)
{
    return isdigit((unsigned char)part[0]) && !custom_named(part, strcspn(part, ","));
}

// Whether the text up to there is the name of a file that is there.
static bool is_file(const char *text, size_t length)
{
    char *path = custom_named(text, length) ? strndup(text, length) : NULL;
    bool is = path != NULL && custom_is_there(path);

    free(path);
    return is;
}

static size_t item_length(const char *list)
{
    size_t first = strcspn(list, ",");

    for (size_t length = strlen(list); length > first; length--)
        if ((list[length] == ',' || list[length] == '\0') && is_file(list, length))
            return length;
    while (list[first] == ',' && continues(list + first + 1))
        first += 1 + strcspn(list + first + 1, ",");
    return first;
}

// Without the blanks around it, in place: "threads, async".
static char *trimmed(char *item)
{
    size_t length = strlen(item);

    while (length > 0 && isspace((unsigned char)item[length - 1]))
        item[--length] = '\0';
    return item + strspn(item, " \t");
}

static int each_of(const char *list, int (*add)(const char *item, void *data), void *data)
{
    int status = 0;

    while (status == 0) {
        size_t length = item_length(list);
        char *item = strndup(list, length);

        if (item == NULL)
            return complain("out of memory");
        status = add(is_file(list, length) ? item : trimmed(item), data);
        free(item);
        if (list[length] == '\0')
            break;
        list += length + 1;
    }
    return status;
}

int names_each(const struct typed_list *typed, const char *otherwise, int (*add)(const char *item, void *data),
               void *data)
{
    int status = typed->count == 0 ? each_of(otherwise, add, data) : 0;

    for (unsigned i = 0; status == 0 && i < typed->count; i++)
        status = each_of(typed->texts[i], add, data);
    return status;
}

void names_tell_broken(void)
{
    static unsigned told;

    while (registry_error(told) != NULL)
        complain("%s", registry_error(told++));
}

static const char *model_name(unsigned i)
{
    const struct model_entry *entry = registry_at(i);

    return entry != NULL ? entry->name : NULL;
}

int names_unknown(const char *what, const char *name, size_t length, const char *(*next)(unsigned i))
{
    char word[64], kin[KIN_MODELS];
    const char *meant;

    snprintf(word, sizeof word, "%.*s", (int)length, name);
    word[utf8_clip(word, sizeof word - 4)] = '\0';
    meant = nearest(word, next);
    // A word that others use means what they mean by it, however near another name is, unless it only goes on: nodejs.
    if (next == model_name && (meant == NULL || strncasecmp(meant, word, strlen(meant)) != 0) &&
        kin_models(word, kin)[0] != '\0')
        return complain("unknown model '%s', known as that: %s (try 'ccbench list %s')", word, kin, word);
    if (meant != NULL)
        return complain("unknown %s '%s', did you mean '%s'? (try 'ccbench list')", what, word, meant);
    return complain("unknown %s '%s' (try 'ccbench list')", what, word);
}

static const struct model_entry *find(const char *text, size_t length)
{
    char name[MODEL_LABEL];

    if (length >= sizeof name)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    return registry_find(name);
}

// The interpreter behind a name, "@python3.11", up to the parameters.
static int take_interpreter(const char *text, size_t *length, struct model_choice *choice)
{
    const char *typed;
    size_t bytes;
    char word[MODEL_LABEL];

    if (text[*length] != '@')
        return 0;
    typed = text + *length + 1;
    bytes = strcspn(typed, ":");
    if (choice->entry->model == NULL || choice->entry->model->runtime == NULL || bytes == 0 ||
        bytes >= sizeof word - strlen(choice->entry->name))
        return complain("%.100s: expected an interpreter only behind a model that has one, such as "
                        "python-threads@python3.11",
                        text);
    snprintf(word, sizeof word, "%.*s", (int)bytes, typed);
    choice->entry = registry_variant(choice->entry, word);
    *length += 1 + bytes;
    return choice->entry != NULL ? 0 : complain("out of memory");
}

// "chunk=N with N from 1 to 1024, or start=fork|spawn". Returns `buf`.
static char *all_wanted(const struct parameter *declared, char buf[ALL_WANTED])
{
    char wanted[PARAMETER_WANTED];
    size_t length = 0;

    buf[0] = '\0';
    for (int i = 0; declared[i].key != NULL; i++)
        length += (size_t)snprintf(buf + length, ALL_WANTED - length, "%s%s", i > 0 ? ", or " : "",
                                   parameter_wanted(&declared[i], wanted));
    return buf;
}

// What a name was typed with is no parameter of that model, or no value of it: says what would be.
static int refuse(const char *text, const struct model_entry *entry)
{
    const struct parameter *declared = entry->model->parameters;
    const char *argument = text + strcspn(text, ":") + 1;
    size_t length = strcspn(argument, "=");
    int index = parameter_find(declared, argument, length);
    char wanted[PARAMETER_WANTED], all[ALL_WANTED];

    for (const struct model_entry *other = model_entries; index < 0 && other->name != NULL; other++) {
        int its = other->model != NULL ? parameter_find(other->model->parameters, argument, length) : -1;

        if (its >= 0)
            return complain("%s takes no %.*s ('%.*s'), expected a model that does, such as %s:%s", entry->name,
                            (int)length, argument, UTF8_CLIPPED(text, 60), other->name,
                            parameter_wanted(&other->model->parameters[its], wanted));
    }
    if (declared->key == NULL)
        return complain("%s takes no argument ('%.*s'), expected the name alone", entry->name, UTF8_CLIPPED(text, 60));
    if (index >= 0)
        return complain("%.*s: '%.*s' is nothing that %s takes, expected %s:%s", UTF8_CLIPPED(text, 60),
                        UTF8_CLIPPED(argument, 60), entry->name, entry->name,
                        parameter_wanted(&declared[index], wanted));
    return complain("%.*s: '%.*s' is nothing that %s takes, expected %s:%s", UTF8_CLIPPED(text, 60),
                    UTF8_CLIPPED(argument, 60), entry->name, entry->name, all_wanted(declared, all));
}

// What follows the name: ":chunk=16", one or several, each once.
static int parse_arguments(const char *text, size_t length, struct model_choice *choice)
{
    const struct parameter *declared = choice->entry->model->parameters;
    unsigned given = 0;

    while (text[length] == ':') {
        const char *key = text + length + 1, *value = key + strcspn(key, "=:");
        int index = *value == '=' ? parameter_find(declared, key, (size_t)(value - key)) : -1;
        char word[MODEL_LABEL];

        length += 1 + strcspn(key, ":");
        snprintf(word, sizeof word, "%.*s", (int)(text + length - value - 1), value + 1);
        if (index < 0 || (given & 1U << index) != 0 ||
            parameter_parse(&declared[index], word, &choice->parameters.of[index]) != 0)
            return refuse(text, choice->entry);
        given |= 1U << index;
    }
    return 0;
}

// The parameters as the model's name alone has them.
static struct parameter_values values_of(const struct model *model, const struct model_defaults *otherwise)
{
    const struct model_default *interval = &otherwise->gil_interval;
    struct parameter_values values = parameters_otherwise(model->parameters);
    int client = parameter_find(model->parameters, "client", strlen("client"));

    if (interval->model != NULL && strcmp(model->name, interval->model) == 0)
        values.of[parameter_find(model->parameters, interval->key, strlen(interval->key))] = interval->value;
    // Which words there are, each model says: one that has another choice keeps its own.
    if (client >= 0 && otherwise->client != CLIENT_PLAIN)
        parameter_parse(&model->parameters[client], otherwise->client == CLIENT_IDIOM ? "idiom" : "bare",
                        &values.of[client]);
    return values;
}

// Against which a label tells what is otherwise. The bare client is told in any case: figures by it are none of libcurl's.
static struct parameter_values unsaid_values(const struct model *model, const struct model_defaults *otherwise)
{
    struct model_defaults unsaid = *otherwise;

    if (unsaid.client == CLIENT_BARE)
        unsaid.client = CLIENT_PLAIN;
    return values_of(model, &unsaid);
}

static void write_label(struct model_choice *choice, const struct parameter_values *otherwise)
{
    const struct parameter *declared = choice->entry->model->parameters;
    const struct runtime *runtime = choice->entry->model->runtime;
    const char *typed = runtime != NULL ? runtime->typed : NULL;
    size_t length = (size_t)snprintf(choice->label, sizeof choice->label, "%s%s%s", choice->entry->name,
                                     typed != NULL ? "@" : "", typed != NULL ? typed : "");

    for (int i = 0; declared[i].key != NULL; i++) {
        char value[UNITS_TEXT];

        if (choice->parameters.of[i] != otherwise->of[i] && length < sizeof choice->label)
            length += (size_t)snprintf(choice->label + length, sizeof choice->label - length, ":%s=%s", declared[i].key,
                                       parameter_write(&declared[i], choice->parameters.of[i], value));
    }
}

// What a model that is not built would take nobody knows here: it is called as it was typed, and its cells say why they are not there.
static void call_as_typed(struct model_choice *choice, const char *text)
{
    snprintf(choice->label, sizeof choice->label, "%s", text);
    text_repair(choice->label);
}

int model_choice_parse(const char *text, const struct model_defaults *otherwise, struct model_choice *ret_choice)
{
    size_t length = strcspn(text, ":@");
    struct model_choice choice = {.entry = find(text, length)};
    struct parameter_values unsaid = {{0}};
    int status;

    if (choice.entry == NULL || (choice.entry->model != NULL && choice.entry->model->unlisted))
        return names_unknown("model", text, length, model_name);
    status = take_interpreter(text, &length, &choice);
    if (status != 0)
        return status;
    if (choice.entry->model == NULL) {
        call_as_typed(&choice, text);
        *ret_choice = choice;
        return 0;
    }
    choice.parameters = values_of(choice.entry->model, otherwise);
    unsaid = unsaid_values(choice.entry->model, otherwise);
    status = parse_arguments(text, length, &choice);
    if (status != 0)
        return status;
    write_label(&choice, &unsaid);
    *ret_choice = choice;
    return 0;
}
