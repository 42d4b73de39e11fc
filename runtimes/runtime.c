// SPDX-License-Identifier: MIT
#include "runtimes/runtime.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/program_find.h"
#include "measure/base/words.h"
#include "runtimes/folders.h"
#include "runtimes/interpreter.h"
#include "workloads/program/json_read.h"

// The interpreter that Debian's packages are for.
#define DEBIANS "/usr/bin/"

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(json_member(object, name));
}

__attribute__((format(printf, 2, 3))) static bool lack(char *reason, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, RUNTIME_REASON, format, arguments);
    va_end(arguments);
    return false;
}

static bool has_module(const struct interpreter *interpreter, const cJSON *need, char *reason)
{
    const char *module = text_of(need, "module"), *pypi = text_of(need, "pypi"), *debian = text_of(need, "debian");
    const char *distribution = pypi != NULL ? pypi : module;

    if (interpreter == NULL || cJSON_IsString(json_member(interpreter->modules, distribution)))
        return true;
    if (debian != NULL && strncmp(interpreter->path, DEBIANS, strlen(DEBIANS)) == 0)
        return lack(reason, "%s is not installed for %.80s (apt-get install %s)", module, interpreter->path, debian);
    return lack(reason, "%s is not installed (%.160s -m pip install %s)", module, interpreter->path, distribution);
}

static bool is_new_enough(const struct interpreter *interpreter, const char *least, char *reason)
{
    unsigned has[2] = {0, 0}, wanted[2] = {0, 0};

    if (interpreter == NULL || interpreter->version == NULL)
        return true;
    (void)sscanf(interpreter->version, "%u.%u", &has[0], &has[1]);
    (void)sscanf(least, "%u.%u", &wanted[0], &wanted[1]);
    if (has[0] != wanted[0] ? has[0] > wanted[0] : has[1] >= wanted[1])
        return true;
    return lack(reason, "%.160s is %s %.40s, expected %.40s or later", interpreter->path, interpreter->language,
                interpreter->version, least);
}

// The words with what stands for something in them replaced, in one block. NULL: no memory.
static char **replaced(const struct runtime *runtime, char *const *words)
{
    char **with_here = words_replace(words, "{here}", runtime->here != NULL ? runtime->here : "."), **result;
    char *bin = folders_programs();
    char **with_bin = with_here != NULL && bin != NULL ? words_replace(with_here, "{bin}", bin) : NULL;
    char name[32];

    free(with_here);
    free(bin);
    if (with_bin == NULL || runtime->interpreter == NULL)
        return with_bin;
    snprintf(name, sizeof name, "{%s}", runtime->interpreter->language);
    result = words_replace(with_bin, name, runtime->interpreter->path);
    free(with_bin);
    return result;
}

static bool has_program(const struct runtime *runtime, const cJSON *need, char *reason)
{
    const char *debian = text_of(need, "debian");
    char *words[] = {(char *)text_of(need, "program"), NULL};
    char **program = replaced(runtime, words), *path = program != NULL ? program_find(program[0]) : NULL;
    bool found = path != NULL;

    if (!found && strncmp(words[0], "{bin}", 5) == 0)
        lack(reason, "%s was not there when this program was built", debian != NULL ? debian : words[0]);
    else if (!found)
        lack(reason, "no %s in PATH%s%s%s", words[0], debian != NULL ? " (apt-get install " : "",
             debian != NULL ? debian : "", debian != NULL ? ")" : "");
    free(path);
    free(program);
    return found;
}

static bool has(const struct runtime *runtime, const cJSON *need, char *reason)
{
    const char *least = text_of(need, "interpreter");

    if (least != NULL)
        return is_new_enough(runtime->interpreter, least, reason);
    return text_of(need, "module") != NULL ? has_module(runtime->interpreter, need, reason)
                                           : has_program(runtime, need, reason);
}

static bool has_all(const struct runtime *runtime, const cJSON *needs, char *reason)
{
    const cJSON *need;

    cJSON_ArrayForEach(need, needs) {
        if (!has(runtime, need, reason))
            return false;
    }
    return true;
}

// The command's words, not copied, in an array for free().
static char **command_words(const struct runtime *runtime)
{
    const cJSON *command = json_member(runtime->json, "command"), *word;
    char **words = calloc((size_t)cJSON_GetArraySize(command) + 1, sizeof *words);
    size_t count = 0;

    cJSON_ArrayForEach(word, command) {
        if (words != NULL)
            words[count++] = word->valuestring;
    }
    return words;
}

static bool find_interpreter(struct runtime *runtime)
{
    const char *language = NULL;
    const cJSON *word;

    cJSON_ArrayForEach(word, json_member(runtime->json, "command")) {
        if (language == NULL)
            language = interpreter_language(word->valuestring);
    }
    if (language == NULL)
        return runtime->typed == NULL || lack(runtime->missing, "%s has no interpreter", runtime->model.name);
    runtime->interpreter = interpreter_ask(language, runtime->typed);
    return runtime->interpreter->path != NULL || lack(runtime->missing, "%s", runtime->interpreter->missing);
}

// One program that is looked for as it would be started, so that what is missing is said beforehand.
static bool find_command(struct runtime *runtime)
{
    char **words = command_words(runtime), **command = words != NULL ? replaced(runtime, words) : NULL;

    free(words);
    if (command == NULL)
        return lack(runtime->missing, "out of memory");
    runtime->program = program_find(command[0]);
    if (runtime->program == NULL) {
        lack(runtime->missing, "no program '%.200s'", command[0]);
        free(command);
        return false;
    }
    runtime->command = command;
    return true;
}

const char *runtime_ready(struct runtime *runtime)
{
    if (!runtime->asked) {
        runtime->asked = true;
        (void)(find_interpreter(runtime) && has_all(runtime, json_member(runtime->json, "needs"), runtime->missing) &&
               find_command(runtime));
    }
    return runtime->command != NULL ? NULL : runtime->missing;
}

const char *runtime_value_missing(struct runtime *runtime, const struct parameter_values *values, char *buf)
{
    const cJSON *parameters = json_member(runtime->json, "parameters"), *item;
    int i = 0;

    cJSON_ArrayForEach(item, parameters) {
        const struct parameter *parameter = &runtime->model.parameters[i];
        uint64_t value = values->of[i++];

        if (parameter->kind == PARAMETER_CHOICE &&
            !has_all(runtime, json_member(json_member(item, "needs"), parameter->choices[value]), buf))
            return buf;
    }
    return NULL;
}

const char *runtime_cannot(const struct runtime *runtime, uint32_t kinds, char *buf)
{
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++) {
        if ((kinds & STEP_BIT(kind)) != 0 && runtime->cannot[kind] != NULL) {
            snprintf(buf, RUNTIME_REASON, "cannot %s: %.240s", step_rows[kind].name, runtime->cannot[kind]);
            return buf;
        }
    }
    return NULL;
}
