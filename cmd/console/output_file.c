// SPDX-License-Identifier: MIT
#include "cmd/console/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/signals.h"
#include "measure/supervisor.h"

// A file that is under way to its path.
struct draft {
    char *name; // of the same folder, so that the rename stays within one file system; owned
    int fd;
};

// 0 or -errno.
static int draft_open(struct draft *draft, const char *path)
{
    int err;

    if (asprintf(&draft->name, "%s.XXXXXX", path) < 0)
        return -ENOMEM;
    // Not access(): it says yes to root also where nobody can make a file.
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
    unlink(draft->name);
    free(draft->name);
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

int output_file_check(const char *path)
{
    struct stat old;
    struct draft draft;
    bool replaceable = is_replaceable(path, &old);
    int err;

    if (!replaceable || old.st_nlink > 0)
        return check_in_place(path);
    err = draft_open(&draft, path);
    if (err == 0)
        draft_drop(&draft);
    return err;
}

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno != EINTR)
            return -errno;
        text += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
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
    if (err == 0 && (fsync(draft->fd) != 0 || rename(draft->name, path) != 0))
        err = -errno;
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

// No signal that can wait leaves the draft behind.
static int write_draft(const char *path, const struct stat *old, const char *text, size_t length)
{
    struct draft draft;
    sigset_t endings, before;
    int err;

    sigemptyset(&endings);
    signals_add_endings(&endings);
    sigprocmask(SIG_BLOCK, &endings, &before);
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
