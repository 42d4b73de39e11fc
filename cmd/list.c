// SPDX-License-Identifier: MIT
// ccbench list: what there is, and a paragraph about any of it.
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/console/kin.h"
#include "cmd/console/names.h"
#include "cmd/console/terminal.h"
#include "cmd/list/list_file.h"
#include "measure/base/text.h"
#include "measure/base/utf8.h"
#include "runtimes/registry.h"
#include "workloads/custom.h"

#define INDENT 21 // of the text beside a name

static void print_item(const char *name, const char *kin, const char *text)
{
    char words[400];

    snprintf(words, sizeof words, "%s%s%s", kin, kin[0] != '\0' ? " - " : "", text);
    printf("  %-*s ", INDENT - 3, name);
    text_wrap(stdout, words, INDENT, INDENT, LIST_WIDTH);
}

// Why the program that carries it is not here; NULL: it is, or none is needed.
static const char *not_here(const struct model_entry *entry)
{
    struct runtime *runtime = entry->model != NULL ? entry->model->runtime : NULL;

    return runtime != NULL ? runtime_ready(runtime) : NULL;
}

static bool listed(const struct model_entry *entry)
{
    return entry->model != NULL && !entry->model->unlisted && not_here(entry) == NULL;
}

static void list_group_of_models(const char *group)
{
    const struct model_entry *entry;

    printf(" %s\n", group);
    for (unsigned i = 0; (entry = registry_at(i)) != NULL; i++) {
        if (listed(entry) && strcmp(entry->model->group, group) == 0)
            print_item(entry->name, entry->model->kin, entry->model->summary);
    }
}

// How many are not here for that reason; 0 where one before the index-th is.
static unsigned count_lacking(unsigned index, const char *missing)
{
    const struct model_entry *entry;
    unsigned count = 0;

    for (unsigned i = 0; (entry = registry_at(i)) != NULL; i++) {
        const char *other = not_here(entry);

        if (other == NULL || strcmp(other, missing) != 0)
            continue;
        if (i < index)
            return 0;
        count++;
    }
    return count;
}

// Those that lack something, each with what that is; where several lack the same, once.
static void list_not_here(void)
{
    const struct model_entry *entry;
    bool any = false;

    for (unsigned i = 0; (entry = registry_at(i)) != NULL; i++) {
        const char *missing = not_here(entry);
        unsigned count = missing != NULL ? count_lacking(i, missing) : 0;
        char words[RUNTIME_REASON + 40];

        if (count == 0)
            continue;
        if (!any)
            printf(" Not here\n");
        any = true;
        snprintf(words, sizeof words, "%u models: %s", count, missing);
        print_item(count > 1 ? entry->model->group : entry->name, "", count > 1 ? words : missing);
    }
}

static void list_missing_models(void)
{
    bool any = false;

    for (const struct model_entry *entry = model_entries; entry->name != NULL; entry++) {
        if (entry->model != NULL)
            continue;
        if (!any)
            printf(" Not built\n");
        any = true;
        print_item(entry->name, "", entry->missing);
    }
}

static void list_several(void)
{
    const struct model_entry *entry;
    bool described = false;

    printf(" Several at once\n");
    print_item("basic", "", names_basic_models);
    print_item("all", "", "all of those that ccbench itself carries, but null");
    for (unsigned i = 0; (entry = registry_at(i)) != NULL; i++) {
        const struct runtime *runtime = entry->model != NULL ? entry->model->runtime : NULL;
        bool first = runtime != NULL && registry_find(runtime->group) == NULL;

        for (unsigned j = 0; first && j < i; j++)
            first = !registry_in_group(registry_at(j), runtime->group);
        if (first)
            print_item(runtime->group, "", "all of that group, other runtimes' programs");
        described |= runtime != NULL;
    }
    if (described)
        print_item("runtimes", "", "all programs of other runtimes that are here");
}

// In groups, each where its first model stands in the registry.
static void list_models(void)
{
    const struct model_entry *entry;

    printf("Models (--model=LIST)\n");
    for (unsigned i = 0; (entry = registry_at(i)) != NULL; i++) {
        bool first = listed(entry);

        for (unsigned j = 0; first && j < i; j++)
            first = !listed(registry_at(j)) || strcmp(registry_at(j)->model->group, entry->model->group) != 0;
        if (first)
            list_group_of_models(entry->model->group);
    }
    list_missing_models();
    list_not_here();
    list_several();
}

static void list_group_of_workloads(const char *group)
{
    char name[64];

    printf(" %s\n", group);
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        const char *argument = (*kind)->default_argument;

        if (strcmp((*kind)->group, group) != 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s", (*kind)->name, argument != NULL ? ":" : "",
                 argument != NULL ? argument : "");
        print_item(name, "", (*kind)->summary);
    }
}

static void list_workloads(void)
{
    printf("Workloads (--workload=LIST)\n");
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        bool first = true;

        for (const struct workload_kind *const *before = workload_kinds; first && before != kind; before++)
            first = strcmp((*before)->group, (*kind)->group) != 0;
        if (first)
            list_group_of_workloads((*kind)->group);
    }
    printf(" %s\n", custom_kind.group);
    print_item(custom_kind.name, "", custom_kind.summary);
}

static void list_all(void)
{
    list_models();
    putchar('\n');
    list_workloads();
    printf("\nFormats (--format, --output)\n");
    for (const struct report_format *const *format = report_formats; *format != NULL; format++)
        print_item((*format)->name, "", (*format)->summary);
    printf("\n'ccbench list NAME' tells more about a model, a workload or a file.\n");
}

static const char *any_name(unsigned i)
{
    const struct model_entry *entry;
    unsigned n = 0;

    for (unsigned j = 0; (entry = registry_at(j)) != NULL; j++) {
        if (n++ == i)
            return entry->name;
    }
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        if (n++ == i)
            return (*kind)->name;
    }
    return NULL;
}

static void describe(const char *name, const char *kin, const char *about)
{
    unsigned width = terminal_width(STDOUT_FILENO);

    printf("%s%s%s%s\n\n", name, kin != NULL ? " (" : "", kin != NULL ? kin : "", kin != NULL ? ")" : "");
    text_wrap(stdout, about, 0, 0, width == 0 || width > LIST_WIDTH ? LIST_WIDTH : width);
}

// As it can be copied: a line too long for the page goes on, before an option, behind a backslash.
static int try(const char *example)
{
    size_t column = (size_t)printf("\nTry: %s", example[0] == '-' ? "ccbench " : "") - 1;

    while (*example != '\0') {
        size_t word = 1 + strcspn(example + 1, " ");

        if (strncmp(example, " -", 2) == 0 && column + word > LIST_WIDTH - 2)
            column = (size_t)printf(" \\\n   ") - 3;
        printf("%.*s", (int)word, example);
        column += word;
        example += word;
    }
    putchar('\n');
    return EXIT_DONE;
}

// The command that draws it.
static void tell_timeline(const char *option, const char *name)
{
    printf("\nWho ran when: ccbench timeline --%s=%s\n", option, name);
}

static int describe_model(const struct model *model)
{
    describe(model->name, model->kin, model->about);
    for (const struct parameter *parameter = model->parameters; parameter->key != NULL; parameter++) {
        char wanted[PARAMETER_WANTED], otherwise[UNITS_TEXT], words[400];

        snprintf(words, sizeof words, "%s:%s: %s [%s].", model->name, parameter_wanted(parameter, wanted),
                 parameter->help, parameter_write(parameter, parameter->otherwise, otherwise));
        putchar('\n');
        text_wrap(stdout, words, 0, 2, LIST_WIDTH);
    }
    if (model->runtime == NULL && !model->pretends && !model->unlisted)
        tell_timeline("model", model->name);
    return try(model->example);
}

static int describe_workload(const struct workload_kind *kind)
{
    describe(kind->name, NULL, kind->about);
    if (kind != &custom_kind)
        tell_timeline("workload", kind->name);
    return try(kind->example);
}

static int list_model(const struct model_entry *entry)
{
    if (entry->model == NULL) {
        printf("%s is not built: %s\n", entry->name, entry->missing);
        return EXIT_DONE;
    }
    describe_model(entry->model);
    if (not_here(entry) != NULL)
        printf("It is not here: %s.\n", not_here(entry));
    return EXIT_DONE;
}

// All that are known by a word, as kin_models() has written them.
static int list_kin(char *models)
{
    char *rest = NULL;

    for (char *name = strtok_r(models, ", ", &rest); name != NULL;) {
        list_model(registry_find(name));
        name = strtok_r(NULL, ", ", &rest);
        if (name != NULL)
            putchar('\n');
    }
    return EXIT_DONE;
}

static int list_one(const char *name);

// What is no name, as it was typed.
static int list_other(const char *name)
{
    char kin[KIN_MODELS];
    const char *meant = nearest(name, any_name);

    if (meant != NULL && strcasecmp(meant, name) == 0)
        return list_one(meant);
    if (kin_models(name, kin)[0] != '\0')
        return list_kin(kin);
    if (meant != NULL)
        return complain("no model or workload '%.*s', did you mean '%s'? (try 'ccbench list')", UTF8_CLIPPED(name, 60),
                        meant);
    return complain("no model or workload '%.*s' (try 'ccbench list')", UTF8_CLIPPED(name, 60));
}

static int list_one(const char *name)
{
    char bare[64]; // fib:30 is asked about as fib
    const struct model_entry *entry;
    const struct workload_kind *kind = workload_find(name, strcspn(name, ":"));

    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, ":@"), name);
    entry = registry_find(bare);
    if (strcmp(name, custom_kind.name) == 0)
        return describe_workload(&custom_kind);
    if (custom_named(name, strlen(name)))
        return list_file(name);
    if (entry != NULL)
        return list_model(entry);
    if (kind != NULL)
        return describe_workload(kind);
    return list_other(name);
}

static int command_main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&command_list, argc, argv, &options);

    if (status == 0 && options.example)
        list_example();
    else if (status == 0 && options.argument_count == 0)
        list_all();
    for (int i = 0; status == 0 && i < options.argument_count; i++) {
        if (i > 0)
            putchar('\n');
        status = list_one(options.arguments[i]);
    }
    names_tell_broken();
    return status;
}

const struct command command_list = {
    .name = "list",
    .bit = COMMAND_LIST,
    .arguments = " [NAME|FILE.json...]",
    .summary = "Lists models, workloads and formats, or explains one.",
    .main = command_main,
};
