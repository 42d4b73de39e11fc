// SPDX-License-Identifier: MIT
#include "cmd/hosts/host_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/option.h"
#include "measure/base/utf8.h"

static int add(struct host_names *names, const char *text, size_t length)
{
    if (!option_host_valid(text, length))
        return complain("--hosts: invalid host '%.*s', expected a name without blanks in each line",
                        length < 60 ? (int)length : 60, text);
    for (unsigned i = 0; i < names->count; i++) {
        if (strlen(names->names[i]) == length && strncmp(names->names[i], text, length) == 0)
            return complain("--hosts: '%s' is given twice, expected each host once", names->names[i]);
    }
    if (names->count == HOST_NAMES_MOST)
        return complain("--hosts: more than %d hosts", HOST_NAMES_MOST);
    names->names[names->count] = strndup(text, length);
    return names->names[names->count++] != NULL ? 0 : complain("out of memory");
}

// One in each line, without blanks around it; nothing behind a #.
static int add_line(struct host_names *names, char *line)
{
    size_t length;

    line += strspn(line, " \t\r");
    length = strcspn(line, "#\n");
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        length--;
    return length > 0 ? add(names, line, length) : 0;
}

static int add_file(struct host_names *names, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    int status = 0;

    if (file == NULL)
        return complain("--hosts: cannot read '%s': %s", path, strerror(errno));
    while (status == 0 && getline(&line, &size, file) > 0)
        status = add_line(names, line);
    if (status == 0 && ferror(file))
        status = complain("--hosts: cannot read '%s': %s", path, strerror(errno));
    free(line);
    if (file != stdin)
        fclose(file);
    return status;
}

static int add_list(struct host_names *names, const char *list)
{
    int status = 0;

    if (list[0] == '@')
        return add_file(names, list + 1);
    for (;; list++) {
        size_t length = strcspn(list, ",");

        status = add(names, list, length);
        list += length;
        if (status != 0 || *list == '\0')
            return status;
    }
}

int host_names_read(const struct typed_list *typed, struct host_names *ret_names)
{
    int status = 0;

    *ret_names = (struct host_names){.names = calloc(HOST_NAMES_MOST, sizeof *ret_names->names)};
    if (ret_names->names == NULL)
        return complain("out of memory");
    for (unsigned i = 0; status == 0 && i < typed->count; i++)
        status = add_list(ret_names, typed->texts[i]);
    if (status == 0 && ret_names->count == 0)
        status = complain("--hosts: no host in '%.*s', expected one at least", UTF8_CLIPPED(typed->texts[0], 60));
    return status;
}

void host_names_release(struct host_names *names)
{
    for (unsigned i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct host_names){.names = NULL};
}
