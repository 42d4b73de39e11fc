// SPDX-License-Identifier: MIT
#include "workloads/program/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/program/json_steps.h"

// What is said of a class besides its steps.
static int read_traits(struct json_fault *fault, const cJSON *object, struct task_class *class)
{
    const cJSON *expect = json_member(object, "expect"), *every = json_member(object, "every");
    const cJSON *weight = json_member(object, "weight");
    uint64_t number = 1;
    int err = 0;

    class->fails = cJSON_IsString(expect) && strcmp(expect->valuestring, "failure") == 0;
    if (expect != NULL && !class->fails)
        return json_refuse_member(fault, object, expect, "what one can expect", "\"failure\", or nothing at all");
    if (weight != NULL)
        err = json_read_whole(fault, object, weight, 1, 1e6, &number);
    class->weight = (uint32_t)number;
    if (err == 0 && every != NULL)
        err = json_read_duration(fault, object, every, STEP_TIME_MAX_NS, &class->every_ns);
    if (err == 0 && every != NULL && class->every_ns == 0)
        return json_refuse_member(fault, object, every, "a distance in time", "one above 0 such as \"1s\"");
    return err;
}

static int check_class_keys(struct json_fault *fault, const cJSON *object)
{
    static const char *const names[] = {"name", "weight", "expect", "every", "steps"};

    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        bool known = false;

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            known |= strcmp(item->string, names[i]) == 0;
        if (known && !json_is_repeated(object, item))
            continue;
        json_path_enter(&fault->path, object, item);
        return json_refuse(fault, known ? "a second such key" : "unknown key in a class",
                           "name, weight, steps, expect or every, each once");
    }
    return 0;
}

// What only a person's file is held to: keys, and a name that can be told from the others'.
static int check_class(struct json_fault *fault, const cJSON *object, const cJSON *name)
{
    int err = check_class_keys(fault, object);

    if (err == 0)
        err = json_check_name(fault, object, name, CLASS_NAME_BYTES);
    for (const cJSON *before = object->prev; err == 0 && before != NULL && before->next != NULL;
         before = before->prev) {
        if (strcmp(json_member(before, "name")->valuestring, name->valuestring) == 0)
            return json_refuse_member(fault, object, name, "the name of this class alone", "one that no other has");
    }
    return err;
}

static int read_class(struct json_fault *fault, const cJSON *object, bool strict, struct task_class *class)
{
    const cJSON *name = json_member(object, "name");
    int err = 0;

    if (!cJSON_IsObject(object))
        return json_refuse_value(fault, object, "a class", "an object with a name and steps");
    if (name == NULL)
        return json_refuse(fault, "no name", "\"name\":\"page\"");
    if (!cJSON_IsString(name) || name->valuestring[0] == '\0')
        return json_refuse_member(fault, object, name, "a name", "\"name\":\"page\"");
    if (strict)
        err = check_class(fault, object, name);
    if (err == 0)
        err = read_traits(fault, object, class);
    if (err != 0)
        return err;
    class->name = strdup(name->valuestring);
    return class->name != NULL ? json_read_steps(fault, object, &class->program) : -ENOMEM;
}

static int read_classes(struct json_fault *fault, const cJSON *classes, bool strict, struct task_mix *mix)
{
    const cJSON *item;

    mix->classes = calloc((size_t)cJSON_GetArraySize(classes), sizeof *mix->classes);
    if (mix->classes == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(item, classes) {
        int err;

        json_path_enter(&fault->path, classes, item);
        err = read_class(fault, item, strict, &mix->classes[mix->count++]);
        if (err != 0)
            return err;
        json_path_leave(&fault->path);
    }
    return 0;
}

int task_mix_read(const cJSON *object, bool strict, struct task_mix *ret_mix, struct json_fault *fault)
{
    const cJSON *classes = json_member(object, "classes");
    int count = cJSON_IsArray(classes) ? cJSON_GetArraySize(classes) : 0;
    struct task_mix mix = {0};
    int err;

    *fault = (struct json_fault){.what = ""};
    if (classes == NULL)
        return json_refuse(fault, "no list of classes", "\"classes\":[...]");
    if (count < 1 || count > 1000)
        return json_refuse_member(fault, object, classes, "a list of classes", "1 to 1000 of them");
    json_path_enter(&fault->path, object, classes);
    err = read_classes(fault, classes, strict, &mix);
    if (err != 0)
        task_mix_release(&mix);
    else
        *ret_mix = mix;
    return err;
}

int task_mix_read_single(const cJSON *object, const char *name, struct task_mix *ret_mix, struct json_fault *fault)
{
    struct task_mix mix = {0};
    struct task_class *class = task_mix_add(&mix, name, 1);
    int err;

    *fault = (struct json_fault){.what = ""};
    err = class != NULL ? json_read_steps(fault, object, &class->program) : -ENOMEM;
    if (err != 0)
        task_mix_release(&mix);
    else
        *ret_mix = mix;
    return err;
}
