// SPDX-License-Identifier: MIT
// ccbench list: what there is, and a paragraph about any of it.
#include <string.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/terminal.h"
#include "models/model.h"
#include "workloads/workload.h"

#define INDENT 18

// Prints the text in lines of at most `width` columns.
static void print_wrapped(const char *text, unsigned width, FILE *out)
{
    unsigned column = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (column > 0 && column + 1 + length > width) {
            fputc('\n', out);
            column = 0;
        }
        column += (unsigned)fprintf(out, "%s%.*s", column > 0 ? " " : "", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void list_all(void)
{
    printf("Models (--model=LIST; basic: the first seven; all: all but null)\n");
    for (const struct model_entry *entry = model_entries; entry->name != NULL; entry++) {
        if (entry->model == NULL)
            printf("  %-*s not built: %s\n", INDENT, entry->name, entry->missing);
        else if (!entry->model->unlisted)
            printf("  %-*s %s\n", INDENT, entry->name, entry->model->summary);
    }
    printf("\nWorkloads (--workload=LIST)\n");
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        char name[64];

        snprintf(name, sizeof name, "%s%s%s", (*kind)->name, (*kind)->default_argument != NULL ? ":" : "",
                 (*kind)->default_argument != NULL ? (*kind)->default_argument : "");
        printf("  %-*s %s\n", INDENT, name, (*kind)->summary);
    }
    printf("\nFormats (--format, --output)\n");
    for (const struct report_format *const *format = report_formats; *format != NULL; format++)
        printf("  %-*s %s\n", INDENT, (*format)->name, (*format)->summary);
    printf("\n'ccbench list NAME' tells more about a model or a workload.\n");
}

static const char *any_name(unsigned i)
{
    unsigned n = 0;

    for (const struct model_entry *entry = model_entries; entry->name != NULL; entry++) {
        if (n++ == i)
            return entry->name;
    }
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        if (n++ == i)
            return (*kind)->name;
    }
    return NULL;
}

static int describe(const char *name, const char *kin, const char *about, const char *example)
{
    unsigned width = terminal_width(STDOUT_FILENO);

    printf("%s%s%s%s\n\n", name, kin != NULL ? " (" : "", kin != NULL ? kin : "", kin != NULL ? ")" : "");
    print_wrapped(about, width == 0 || width > 80 ? 80 : width, stdout);
    printf("\nTry: %s\n", example);
    return STATUS_DONE;
}

static int list_one(const char *name)
{
    size_t length = strcspn(name, ":"); // fib:30 is asked about as fib
    const struct model_entry *entry = NULL;
    const char *meant;

    for (unsigned i = 0; model_entries[i].name != NULL; i++) {
        if (strlen(model_entries[i].name) == length && strncmp(model_entries[i].name, name, length) == 0)
            entry = &model_entries[i];
    }

    if (entry != NULL && entry->model == NULL) {
        printf("%s is not built: %s\n", entry->name, entry->missing);
        return STATUS_DONE;
    }
    if (entry != NULL)
        return describe(entry->name, entry->model->kin, entry->model->about, entry->model->example);
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        if (strlen((*kind)->name) == length && strncmp((*kind)->name, name, length) == 0)
            return describe((*kind)->name, NULL, (*kind)->about, (*kind)->example);
    }
    meant = nearest(name, any_name);
    if (meant != NULL)
        return complain("no model or workload '%.60s', did you mean '%s'? (try 'ccbench list')", name, meant);
    return complain("no model or workload '%.60s' (try 'ccbench list')", name);
}

int command_list(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&commands[1], argc, argv, &options);

    if (status == 0 && options.argument_count == 0)
        list_all();
    for (int i = 0; status == 0 && i < options.argument_count; i++) {
        if (i > 0)
            putchar('\n');
        status = list_one(options.arguments[i]);
    }
    return status;
}
