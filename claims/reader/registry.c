// SPDX-License-Identifier: MIT
#include "claims/reader/registry.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/folders.h"

#define CLAIMS_MOST 200
#define ERRORS_MOST 20

static struct claim_file *all[CLAIMS_MOST];
static unsigned count;
static char *errors[ERRORS_MOST];
static unsigned error_count;
static bool loaded;

static void note_error(const char *error)
{
    if (error_count < ERRORS_MOST && (errors[error_count] = strdup(error)) != NULL)
        error_count++;
}

static unsigned index_of(const char *name)
{
    unsigned i = 0;

    while (i < count && strcmp(all[i]->name, name) != 0)
        i++;
    return i;
}

static int refuse_name(const struct claim_file *claim, char error[JSON_FILE_ERROR])
{
    snprintf(error, JSON_FILE_ERROR, "%.400s: '%s' is a name that is taken by %.400s, expected another one",
             claim->file.path, claim->name, all[index_of(claim->name)]->file.path);
    return -EINVAL;
}

static void load_file(const char *path)
{
    char error[JSON_FILE_ERROR] = "out of memory";
    struct claim_file *claim = NULL;

    if (count == CLAIMS_MOST)
        return;
    if (claim_read(path, &claim, error) != 0) {
        note_error(error);
        return;
    }
    if (index_of(claim->name) == count) {
        all[count++] = claim;
        return;
    }
    refuse_name(claim, error);
    note_error(error);
    claim_drop(claim);
}

static void load_folder(char *folder)
{
    char *pattern = NULL;
    glob_t found;

    if (folder != NULL && asprintf(&pattern, "%s/*.json", folder) >= 0 && glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            load_file(found.gl_pathv[i]);
        globfree(&found);
    }
    free(pattern);
    free(folder);
}

static int compare(const void *left, const void *right)
{
    const struct claim_file *a = *(struct claim_file *const *)left, *b = *(struct claim_file *const *)right;
    unsigned last = (unsigned)-1, a_number = a->number > 0 ? a->number : last;
    unsigned b_number = b->number > 0 ? b->number : last;

    return a_number != b_number ? (a_number > b_number) - (a_number < b_number) : strcmp(a->name, b->name);
}

static void load(void)
{
    if (loaded)
        return;
    loaded = true;
    load_folder(folders_data("claims"));
    load_folder(folders_own("claims"));
    qsort(all, count, sizeof *all, compare);
}

const struct claim_file *claims_at(unsigned i)
{
    load();
    return i < count ? all[i] : NULL;
}

const struct claim_file *claims_find(const char *name)
{
    load();
    return claims_at(index_of(name));
}

int claims_add(const char *path, const struct claim_file **ret_claim, char error[JSON_FILE_ERROR])
{
    struct claim_file *claim = NULL;
    unsigned index;
    int err;

    load();
    err = claim_read(path, &claim, error);
    if (err != 0)
        return err;
    index = index_of(claim->name);
    if (index == CLAIMS_MOST || (index < count && all[index]->named)) {
        snprintf(error, JSON_FILE_ERROR, "%.400s: no room for another claim", path);
        err = index < count ? refuse_name(claim, error) : -EINVAL;
        claim_drop(claim);
        return err;
    }
    if (index < count)
        claim_drop(all[index]);
    else
        count++;
    all[index] = claim;
    claim->named = true;
    qsort(all, count, sizeof *all, compare);
    *ret_claim = claim;
    return 0;
}

const char *claims_error(unsigned i)
{
    load();
    return i < error_count ? errors[i] : NULL;
}
