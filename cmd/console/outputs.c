// SPDX-License-Identifier: MIT
#include "cmd/console/outputs.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/console/terminal.h"
#include "reports/document/document.h"
#include "reports/findings/summary.h"

// A file of the same folder that does not exist yet, so that the rename stays within one file system. NULL: no memory.
static char *temporary_name(const char *path)
{
    char *name;

    return asprintf(&name, "%s.XXXXXX", path) < 0 ? NULL : name;
}

static int check_one(const char *path)
{
    char *name = temporary_name(path);
    struct stat stat_;
    int fd, err, status = 0;

    if (name == NULL)
        return complain("out of memory");
    // Not access(): it says yes to root also where nobody can make a file.
    fd = mkstemp(name);
    err = errno;
    if (stat(path, &stat_) == 0 && S_ISDIR(stat_.st_mode))
        status = complain("--output: '%s' is a directory, expected a file", path);
    else if (fd < 0)
        status = complain("--output: cannot write '%s': %s", path, strerror(err));
    if (fd >= 0) {
        close(fd);
        unlink(name);
    }
    free(name);
    return status;
}

int outputs_check(const struct options *options)
{
    for (unsigned i = 0; i < options->output_count; i++) {
        if (check_one(options->outputs[i]) != 0)
            return EXIT_USAGE;
    }
    return 0;
}

static int suits(const struct report_format *format, const char *option, const char *value, bool gate)
{
    char names[REPORT_FORMAT_WORDS];

    if (report_format_suits(format, gate))
        return 0;
    return complain("--%s: '%s' is not for %s, expected %s", option, value,
                    gate ? "a gate" : "a report (only for gate and compare)", report_format_names_for(gate, names));
}

int outputs_suit(const struct options *options, bool gate)
{
    int status = suits(report_format_by_name(options->format), "format", options->format, gate);

    for (unsigned i = 0; status == 0 && i < options->output_count; i++)
        status = suits(report_format_by_suffix(options->outputs[i]), "output", options->outputs[i], gate);
    return status;
}

static int write_file(FILE *file, const char *path, const struct options *options, const cJSON *document)
{
    const struct report_format *format = report_format_by_suffix(path);
    struct report_style style = {.utf8 = terminal_utf8(), .all_columns = options->verbose};
    int err = report_write(format, document, &style, file);

    // fsync: after a crash there is either the old file or the whole new one.
    if (err == 0 && (fflush(file) != 0 || ferror(file) || fsync(fileno(file)) != 0))
        err = -errno;
    return err;
}

// The permissions the file would have had if it had been opened directly.
static void set_usual_mode(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    (void)!fchmod(fd, 0666 & ~mask);
}

static int write_one(const struct options *options, const char *path, const cJSON *document)
{
    char *name = temporary_name(path);
    int fd = name != NULL ? mkstemp(name) : -1, err = fd < 0 ? -errno : 0;
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (file != NULL) {
        set_usual_mode(fd);
        err = write_file(file, path, options, document);
        if (fclose(file) != 0 && err == 0)
            err = -errno;
        if (err == 0 && rename(name, path) != 0)
            err = -errno;
        if (err != 0)
            unlink(name);
    }
    free(name);
    return err == 0 ? 0 : complain("cannot write '%s': %s", path, strerror(-err));
}

int outputs_read(const char *path, cJSON **ret_document)
{
    char error[DOCUMENT_ERROR] = "";
    cJSON *document = NULL;
    int err = document_read(path, &document, error);

    if (err == 0)
        err = summarise_missing(document);
    if (err == 0) {
        *ret_document = document;
        return 0;
    }
    cJSON_Delete(document);
    return complain("%s: %s", path, error[0] != '\0' ? error : strerror(-err));
}

int outputs_show(const struct options *options, const cJSON *document)
{
    struct report_style style = terminal_style(options);
    int err = report_write(report_format_by_name(options->format), document, &style, stdout);

    if (err != 0 && !ferror(stdout))
        return complain("%s", strerror(-err));
    return outputs_write(options, document);
}

int outputs_write(const struct options *options, const cJSON *document)
{
    int status = 0;

    for (unsigned i = 0; i < options->output_count; i++) {
        if (write_one(options, options->outputs[i], document) != 0)
            status = EXIT_USAGE;
    }
    return status;
}
