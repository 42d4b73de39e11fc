// SPDX-License-Identifier: MIT
#include "workloads/program/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "measure/base/page.h"
#include "measure/base/units.h"
#include "measure/base/write_all.h"

#define BLOCK_BYTES (64 * 1024)
#define LEAST_BYTES (UINT64_C(1) << 20)
#define LEAST_DIRECT_BYTES (UINT64_C(64) << 20)

uint64_t datafile_bytes(uint64_t read_most, bool direct)
{
    uint64_t least = direct ? LEAST_DIRECT_BYTES : LEAST_BYTES;
    uint64_t pages = (read_most + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

    return pages > least ? pages : least;
}

// A file that never had a name, or, where the file system cannot do that, one that has lost it.
static int open_unnamed(const char *folder)
{
    char path[4096];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    if (snprintf(path, sizeof path, "%s/ccbench-XXXXXX", folder) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

// What is in it does not matter, but it must not be holes, which no device would be asked for.
static int fill(int fd, uint64_t bytes)
{
    static char block[BLOCK_BYTES];

    memset(block, 1, sizeof block);
    for (uint64_t written = 0; written < bytes;) {
        size_t length = bytes - written < sizeof block ? (size_t)(bytes - written) : sizeof block;
        ssize_t n = write(fd, block, length);

        if (n < 0 && errno != EINTR)
            return -errno;
        written += n > 0 ? (uint64_t)n : 0;
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

const char *datafile_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder != NULL && folder[0] != '\0' ? folder : "/var/tmp";
}

// What keeps its files in memory; NULL: nothing that is known to.
static const char *without_device(const struct statfs *system)
{
    switch ((unsigned long)system->f_type) {
    case TMPFS_MAGIC:
        return "tmpfs";
    case RAMFS_MAGIC:
        return "ramfs";
    case HUGETLBFS_MAGIC:
        return "hugetlbfs";
    default:
        return NULL;
    }
}

// Of a file in the folder, still empty.
static int check_system(int fd, uint64_t bytes, bool direct, char error[DATAFILE_ERROR])
{
    char needed[UNITS_TEXT], left[UNITS_TEXT];
    struct statfs system;
    double room;

    if (fstatfs(fd, &system) != 0)
        return 0; // making it will tell
    if (direct && without_device(&system) != NULL) {
        snprintf(error, DATAFILE_ERROR, "is on %s, and %s has no device to read from", without_device(&system),
                 without_device(&system));
        return -ENOTBLK;
    }
    room = (double)system.f_bavail * (double)system.f_bsize;
    if (room >= (double)bytes)
        return 0;
    snprintf(error, DATAFILE_ERROR, "has %s left, expected %s", units_format_bytes(left, room),
             units_format_bytes(needed, (double)bytes));
    return -ENOSPC;
}

int datafile_check(uint64_t bytes, bool direct, char error[DATAFILE_ERROR])
{
    int fd = open_unnamed(datafile_folder()), other, err;

    if (fd < 0) {
        err = -errno;
        snprintf(error, DATAFILE_ERROR, "takes no file: %s", strerror(-err));
        return err;
    }
    err = check_system(fd, bytes, direct, error);
    if (err == 0 && direct) {
        err = datafile_open_direct(fd, &other);
        if (err == 0)
            close(other);
        else
            snprintf(error, DATAFILE_ERROR, "cannot be read past the page cache: %s", strerror(-err));
    }
    close(fd);
    return err;
}

// The same file by another descriptor, for reading unless the flags say otherwise.
static int open_again(int fd, int flags, int *ret_fd)
{
    char path[64];
    int again;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, O_CLOEXEC | flags);
    if (again < 0)
        return -errno;
    *ret_fd = again;
    return 0;
}

int datafile_make(uint64_t bytes, int *ret_fd)
{
    int fd = open_unnamed(datafile_folder());
    int err;

    if (fd < 0)
        return -errno;
    err = fill(fd, bytes);
    // By the time it is opened again nothing else is meant to write to it.
    if (err == 0 && fchmod(fd, S_IRUSR) != 0)
        err = -errno;
    if (err == 0)
        err = open_again(fd, O_RDONLY, ret_fd);
    close(fd);
    return err;
}

struct timespec datafile_changed_at(int fd)
{
    struct stat stat = {.st_size = 0};

    fstat(fd, &stat);
    return stat.st_ctim;
}

int datafile_open_direct(int fd, int *ret_fd)
{
    return open_again(fd, O_RDONLY | O_DIRECT, ret_fd);
}

int datafile_make_number(int *ret_fd)
{
    static const char zero[DATAFILE_NUMBER_BYTES];
    int fd = open_unnamed(datafile_folder()), err;

    if (fd < 0)
        return -errno;
    err = write_all(fd, zero, sizeof zero);
    if (err == 0)
        *ret_fd = fd;
    else
        close(fd);
    return err;
}

int datafile_open_number(int fd, int *ret_fd)
{
    return open_again(fd, O_RDWR, ret_fd);
}
