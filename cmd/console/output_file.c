// SPDX-License-Identifier: MIT
#include "cmd/console/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/signals.h"
#include "measure/base/write_all.h"
#include "measure/supervisor.h"

// Names that are tried for a draft before one is given up for lack of one.
#define NAMES 100

// A file that is under way to its path, in the same folder.
struct draft {
    char *name; // NULL: it has none yet, and is gone with ccbench; owned
    int fd;
};

static int open_unnamed(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    int fd = folder != NULL ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) : -1;
    int err = folder != NULL ? -errno : -ENOMEM;

    free(folder);
    return fd >= 0 ? fd : err;
}

// 0 or -errno. Not access(): it says yes to root also where nobody can make a file.
static int draft_open(struct draft *draft, const char *path)
{
    struct stat stat_;
    int err;

    // Too long a name, say, which is not needed yet.
    if (lstat(path, &stat_) != 0 && errno != ENOENT)
        return -errno;
    *draft = (struct draft){.fd = open_unnamed(path)};
    if (draft->fd != -EOPNOTSUPP && draft->fd != -EISDIR && draft->fd != -EINVAL)
        return draft->fd >= 0 ? 0 : draft->fd;
    if (asprintf(&draft->name, "%s.XXXXXX", path) < 0)
        return -ENOMEM;
    draft->fd = mkostemp(draft->name, O_CLOEXEC);
    if (draft->fd >= 0)
        return 0;
    err = -errno;
    free(draft->name);
    return err;
}

static void draft_drop(struct draft *draft)
{
    close(draft->fd);
    if (draft->name != NULL)
        unlink(draft->name);
    free(draft->name);
}

// Gives a draft that has no name one of its own.
static int draft_link(struct draft *draft, const char *path)
{
    char link[64];
    int err = -EEXIST;

    snprintf(link, sizeof link, "/proc/self/fd/%d", draft->fd);
    for (unsigned i = 0; err == -EEXIST && i < NAMES; i++) {
        char *name;

        if (asprintf(&name, "%s.%06x", path, (unsigned)(clock_now_ns() + i) & 0xffffff) < 0)
            return -ENOMEM;
        err = linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
        if (err == 0)
            draft->name = name;
        else
            free(name);
    }
    return err;
}

// Puts it where it belongs, in the place of what stands there.
static int draft_place(struct draft *draft, const char *path)
{
    char link[64];
    int err = 0;

    snprintf(link, sizeof link, "/proc/self/fd/%d", draft->fd);
    // Where nothing stands there is no moment at which ccbench could be killed and leave it under another name.
    if (draft->name == NULL && linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (draft->name == NULL)
        err = draft_link(draft, path);
    if (err == 0 && rename(draft->name, path) != 0)
        err = -errno;
    return err;
}

// Whether what stands there may be exchanged for another file: nothing yet, or a plain file that is ours and has no other
// name. `ret_stat` is that of the file, its st_nlink 0 where there is none.
static bool is_replaceable(const char *path, struct stat *ret_stat)
{
    *ret_stat = (struct stat){.st_nlink = 0};
    if (lstat(path, ret_stat) != 0)
        return true;
    return S_ISREG(ret_stat->st_mode) && ret_stat->st_nlink == 1 && ret_stat->st_uid == geteuid();
}

// A link to nothing yet: what can be made there is made, and taken away again.
static int check_new_target(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    char link[64], *target;

    if (fd < 0)
        return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    target = realpath(link, NULL);
    if (target != NULL)
        unlink(target);
    free(target);
    close(fd);
    return 0;
}

// Whether > would open it. A pipe is not opened: its reader would take the end of that for the end of the report.
static int check_in_place(const char *path)
{
    struct stat stat_;
    int fd;

    if (stat(path, &stat_) != 0)
        return errno == ENOENT ? check_new_target(path) : -errno;
    if (S_ISFIFO(stat_.st_mode))
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? 0 : -errno;
    fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

// No signal that can wait leaves a draft behind that has a name.
static void block_endings(sigset_t *ret_before)
{
    sigset_t endings;

    sigemptyset(&endings);
    signals_add_endings(&endings);
    sigprocmask(SIG_BLOCK, &endings, ret_before);
}

int output_file_check(const char *path)
{
    struct stat old;
    struct draft draft;
    sigset_t before;
    bool replaceable = is_replaceable(path, &old);
    int err;

    if (!replaceable || old.st_nlink > 0)
        return check_in_place(path);
    block_endings(&before);
    err = draft_open(&draft, path);
    if (err == 0)
        draft_drop(&draft);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}

// The permissions that the old file had, or that it would have if it were made by >.
static void set_mode(int fd, const struct stat *old)
{
    mode_t mask = umask(0);

    umask(mask);
    if (old->st_nlink > 0)
        (void)!fchown(fd, (uid_t)-1, old->st_gid);
    (void)!fchmod(fd, old->st_nlink > 0 ? old->st_mode & 07777 : 0666 & ~mask);
}

// fsync: after a crash there is either the old file or the whole new one.
static int replace(struct draft *draft, const char *path, const struct stat *old, const char *text, size_t length)
{
    int err = write_all(draft->fd, text, length);

    set_mode(draft->fd, old);
    if (err == 0 && fsync(draft->fd) != 0)
        err = -errno;
    if (err == 0)
        err = draft_place(draft, path);
    if (err != 0) {
        draft_drop(draft);
        return err;
    }
    close(draft->fd);
    free(draft->name);
    return 0;
}

// A pipe waits for its reader. Whoever ends that wait has ended the run as well, or it is over.
static void let_signals_end(sigset_t *ret_before)
{
    sigset_t endings;

    supervisor_interrupted();
    sigemptyset(&endings);
    signals_add_endings(&endings);
    sigprocmask(SIG_UNBLOCK, &endings, ret_before);
}

static int write_in_place(const char *path, const char *text, size_t length)
{
    sigset_t before;
    int fd, err;

    let_signals_end(&before);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
    err = fd < 0 ? -errno : write_all(fd, text, length);
    // What is no file of a disk cannot be synced.
    if (err == 0 && fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        err = -errno;
    if (fd >= 0 && close(fd) != 0 && err == 0)
        err = -errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}

static int write_draft(const char *path, const struct stat *old, const char *text, size_t length)
{
    struct draft draft;
    sigset_t before;
    int err;

    block_endings(&before);
    err = draft_open(&draft, path);
    if (err == 0)
        err = replace(&draft, path, old, text, length);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}

int output_file_write(const char *path, const char *text, size_t length)
{
    struct stat old;
    bool replaceable = is_replaceable(path, &old);
    int err = replaceable ? write_draft(path, &old, text, length) : -EBUSY;

    // A mount point cannot be renamed onto (EBUSY), nor can a file be made in every folder that has a writable one.
    if ((!replaceable || old.st_nlink > 0) && (err == -EBUSY || err == -EACCES || err == -EPERM || err == -EROFS))
        err = write_in_place(path, text, length);
    return err;
}
