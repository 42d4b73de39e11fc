// SPDX-License-Identifier: MIT
// A tree of files in a temporary directory that stands in for /proc and /sys. To be included behind <cmocka.h>.
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE_ROOT 256

// A new directory; its path goes into `root`.
static inline void tree_open(char root[TREE_ROOT])
{
    const char *parent = getenv("TMPDIR");

    snprintf(root, TREE_ROOT, "%s/ccbench-tree-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(root));
}

// Writes root/path, making the directories on the way.
static inline void tree_write(const char *root, const char *path, const char *text)
{
    char full[2 * TREE_ROOT];
    FILE *file;

    snprintf(full, sizeof(full), "%s/%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline int tree_remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void tree_close(const char *root)
{
    assert_int_equal(nftw(root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
