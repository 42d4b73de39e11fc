// SPDX-License-Identifier: MIT
#include "runtimes/registry.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "measure/base/words.h"
#include "runtimes/description.h"
#include "runtimes/folders.h"

#define DESCRIBED_MOST 200
#define ERRORS_MOST 20

static struct runtime *described[DESCRIBED_MOST];
static struct variant {
    struct runtime runtime; // of a described one
    const struct runtime *of;
    struct variant *next;
} * variants;
static unsigned described_count;
static char *errors[ERRORS_MOST];
static unsigned error_count;
static bool loaded;

static void note_error(const char *error)
{
    if (error_count < ERRORS_MOST && (errors[error_count] = strdup(error)) != NULL)
        error_count++;
}

static const struct runtime *find_described(const char *name)
{
    for (unsigned i = 0; i < described_count; i++) {
        if (strcmp(described[i]->model.name, name) == 0)
            return described[i];
    }
    return NULL;
}

// What --model has for several models, or trials for a bare loop.
static bool is_reserved(const char *name)
{
    static const char *const names[] = {"all", "basic", "runtimes", "raw"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

// One whose group is called so: a model of that name may only be of the same folder. NULL: none.
static const struct runtime *find_in_group(const char *name, const char *here)
{
    for (unsigned i = 0; i < described_count; i++) {
        if (strcmp(described[i]->group, name) == 0 && (here == NULL || strcmp(described[i]->here, here) != 0))
            return described[i];
    }
    return NULL;
}

static bool refuse_name(const char *path, const char *name, const struct runtime *other, char *error)
{
    snprintf(error, JSON_FILE_ERROR, "%.400s: '%s' is a name that is taken%s%.400s, expected another one", path, name,
             other == NULL ? "" : " by ",
             other == NULL         ? ""
             : other->file != NULL ? other->file
                                   : "another --model");
    return true;
}

// Names stay unique, those of groups too: the first one has it. `here` is the description's folder, NULL of a typed one.
static bool is_taken(const char *name, const char *group, const char *here, char *error, const char *path)
{
    const struct runtime *other = find_described(name);

    if (other == NULL)
        other = find_in_group(name, here);
    if (other != NULL || model_find(name) != NULL || is_reserved(name))
        return refuse_name(path, name, other, error);
    other = find_described(group);
    if (other != NULL && strcmp(other->group, group) == 0)
        other = NULL;
    if (other != NULL || model_find(group) != NULL || is_reserved(group))
        return refuse_name(path, group, other, error);
    return false;
}

// Not a pipe, which would have everything wait for it.
static bool is_file(const char *path, char *error)
{
    struct stat found;

    if (stat(path, &found) != 0 || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))
        return true; // or reading says what is wrong
    snprintf(error, JSON_FILE_ERROR, "%.400s: no file, expected a description of a model", path);
    return false;
}

static void load_file(const char *path)
{
    char error[JSON_FILE_ERROR] = "out of memory";
    struct runtime *runtime = NULL;

    if (described_count == DESCRIBED_MOST)
        return;
    if (is_file(path, error) && description_read(path, &runtime, error) == 0 &&
        !is_taken(runtime->model.name, runtime->group, runtime->here, error, path)) {
        described[described_count++] = runtime;
        return;
    }
    note_error(error);
    if (runtime != NULL)
        description_drop(runtime);
}

static void load_folder(char *folder, const char *pattern)
{
    char *all = NULL;
    glob_t found;

    if (folder != NULL && asprintf(&all, "%s/%s", folder, pattern) >= 0 && glob(all, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            load_file(found.gl_pathv[i]);
        globfree(&found);
    }
    free(all);
    free(folder);
}

static void load(void)
{
    if (loaded)
        return;
    loaded = true;
    load_folder(folders_data("runtimes"), "*/*.json");
    load_folder(folders_own("models"), "*.json");
}

const char *registry_error(unsigned i)
{
    return i < error_count ? errors[i] : NULL;
}

const struct model_entry *registry_at(unsigned i)
{
    unsigned built = 0;

    while (model_entries[built].name != NULL)
        built++;
    if (i < built)
        return &model_entries[i];
    load();
    return i - built < described_count ? &described[i - built]->entry : NULL;
}

const struct model_entry *registry_find(const char *name)
{
    const struct model_entry *entry = model_find(name);
    const struct runtime *runtime;

    if (entry != NULL)
        return entry;
    load();
    runtime = find_described(name);
    return runtime != NULL ? &runtime->entry : NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

// The model under an interpreter as it was typed, and by that name: made once, and kept as all models are. NULL: no memory.
static const struct model_entry *variant_of(const struct runtime *of, const char *interpreter, const char *name)
{
    struct variant *variant;
    struct runtime *copy;

    for (variant = variants; variant != NULL; variant = variant->next) {
        copy = &variant->runtime;
        if (variant->of == of && same_text(copy->typed, interpreter) && strcmp(copy->entry.name, name) == 0)
            return &copy->entry;
    }
    variant = calloc(1, sizeof *variant);
    if (variant == NULL)
        return NULL;
    *variant = (struct variant){.runtime = *of, .of = of, .next = variants};
    copy = &variant->runtime;
    copy->typed = interpreter != NULL ? strdup(interpreter) : NULL;
    copy->asked = false;
    copy->command = NULL;
    copy->interpreter = NULL;
    copy->model.runtime = copy;
    copy->entry = (struct model_entry){.name = name, .model = &copy->model};
    variants = variant;
    return interpreter == NULL || copy->typed != NULL ? &copy->entry : NULL;
}

const struct model_entry *registry_variant(const struct model_entry *entry, const char *interpreter)
{
    return variant_of(entry->model->runtime, interpreter, entry->name);
}

const struct model_entry *registry_raw(const struct runtime *runtime)
{
    const struct runtime *loop = runtime->loop != NULL ? find_described(runtime->loop) : NULL;

    return loop != NULL ? variant_of(loop, runtime->typed, "raw") : NULL;
}

// As a description would be, of a program that is only named.
static void describe_typed(struct runtime *runtime, char **words)
{
    cJSON *command = cJSON_AddArrayToObject(runtime->json, "command");

    for (char **word = words; *word != NULL; word++)
        cJSON_AddItemToArray(command, cJSON_CreateString(*word));
    runtime->family = runtime->group = runtime->model.group = runtime->model.name;
    runtime->model.kin = "a program of your own";
    runtime->model.summary = runtime->model.about = "A program that was named on the command line.";
    runtime->model.example = "ccbench list";
    runtime->model.can = STEP_ALL | STEP_BIT(STEP_FUNCTION);
    runtime->model.runtime = runtime;
    runtime->compute_times = 1;
    runtime->start_ns = 2e8;
    runtime->entry = (struct model_entry){.name = runtime->model.name, .model = &runtime->model};
}

// 0, or -EINVAL with `error` filled, or -ENOMEM.
static int make_typed(const char *name, const char *command, struct runtime *runtime, char *error)
{
    char why[WORDS_ERROR] = "out of memory";
    char **words = NULL;

    if (words_split(command, &words, why) != 0) {
        snprintf(error, JSON_FILE_ERROR, "--model: %.40s='%.300s': %s", name, command, why);
        return -EINVAL;
    }
    runtime->model.name = strdup(name);
    runtime->json = cJSON_CreateObject();
    describe_typed(runtime, words);
    free(words);
    return runtime->model.name != NULL ? 0 : -ENOMEM;
}

const struct model_entry *registry_add(const char *name, const char *command, char *error)
{
    struct runtime *runtime;

    load();
    if (is_taken(name, name, NULL, error, "--model"))
        return NULL;
    snprintf(error, JSON_FILE_ERROR, "--model: %.40s: no room for another model", name);
    runtime = described_count < DESCRIBED_MOST ? calloc(1, sizeof *runtime) : NULL;
    if (runtime == NULL || make_typed(name, command, runtime, error) != 0) {
        free(runtime);
        return NULL;
    }
    described[described_count++] = runtime;
    return &runtime->entry;
}

bool registry_is_group(const char *name)
{
    if (strcmp(name, "runtimes") == 0)
        return true;
    load();
    for (unsigned i = 0; i < described_count; i++) {
        if (strcmp(described[i]->group, name) == 0)
            return true;
    }
    return false;
}

bool registry_in_group(const struct model_entry *entry, const char *group)
{
    struct runtime *runtime = entry->model != NULL ? entry->model->runtime : NULL;

    if (runtime == NULL)
        return false;
    if (strcmp(group, "runtimes") == 0)
        return runtime_ready(runtime) == NULL;
    return strcmp(runtime->group, group) == 0;
}
