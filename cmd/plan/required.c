// SPDX-License-Identifier: MIT
#include "cmd/plan/required.h"

#include <stdlib.h>
#include <string.h>

#include "measure/base/utf8.h"
#include "reports/findings/requirements.h"

static bool has_class(const struct plan *plan, const char *name)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        const struct task_mix *mix = &plan->blocks[i].workload.mix;

        // The one class of tasks that are all alike is told apart by nothing.
        for (size_t c = 0; mix->count > 1 && c < mix->count; c++) {
            if (strcmp(mix->classes[c].name, name) == 0)
                return true;
        }
    }
    return false;
}

static int check(const char *text, size_t length, void *data)
{
    char expected[REQUIREMENT_EXPECTED];
    struct requirement requirement;

    if (requirement_parse(text, length, &requirement, expected) != 0 || requirement.class_name[0] == '\0' ||
        has_class(data, requirement.class_name))
        return 0;
    return complain("--require: no workload has a class '%.*s', expected one of several that 'ccbench list' names",
                    UTF8_CLIPPED(requirement.class_name, 40));
}

int required_each(const struct typed_list *typed, int (*take)(const char *text, size_t length, void *data), void *data)
{
    int status = 0;

    for (unsigned i = 0; i < typed->count; i++) {
        for (const char *text = typed->texts[i]; status == 0 && *text != '\0'; text += *text == ',') {
            size_t length = strcspn(text, ",");

            status = take(text, length, data);
            text += length;
        }
    }
    return status;
}

int required_check(const struct plan *plan)
{
    return required_each(&plan->options->require, check, (void *)plan);
}

static int find_memory(const char *text, size_t length, void *data)
{
    char expected[REQUIREMENT_EXPECTED];
    struct requirement requirement;
    bool *found = data;

    if (requirement_parse(text, length, &requirement, expected) == 0)
        *found |= requirement.metric->from_memory;
    return 0;
}

bool required_of_memory(const struct options *options)
{
    bool found = false;

    required_each(&options->require, find_memory, &found);
    return found;
}

// Whether what stands there is a blank beside an end, or beside the sign: "p99 <= 40ms" is "p99<=40ms".
static bool is_idle(const char *text, size_t length, size_t at)
{
    size_t before = at, after = at;

    while (before > 0 && text[before - 1] == ' ')
        before--;
    while (after < length && text[after] == ' ')
        after++;
    return after > at &&
           (before == 0 || text[before - 1] == '=' || after == length || text[after] == '<' || text[after] == '>');
}

char *required_text(const char *typed, size_t length)
{
    char *text = calloc(length + 1, 1);
    size_t n = 0;

    for (size_t i = 0; text != NULL && i < length; i++) {
        if (!is_idle(typed, length, i))
            text[n++] = typed[i];
    }
    return text;
}
