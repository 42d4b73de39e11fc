// SPDX-License-Identifier: MIT
#include "models/carry/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/carry/buffer.h"
#include "models/carry/spawn.h"
#include "workloads/program/datafile.h"

// What copies are taken from, round and round: more than most caches hold, as the file is where reads go past the page cache.
#define SOURCE_BYTES (UINT64_C(64) << 20)

// In memory that processes forked later share.
static int open_shared(struct trial *trial)
{
    pthread_mutexattr_t attributes;

    trial->shared = shared_new(sizeof *trial->shared, trial->spawns ? &trial->shared_fd : NULL);
    if (trial->shared == NULL)
        return trial_fail(trial, -errno, "cannot share memory: %s", strerror(errno));
    if (pthread_mutexattr_init(&attributes) != 0)
        return trial_fail(trial, -ENOMEM, "cannot make a lock");
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&trial->shared->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return 0;
}

static int note_size(struct trial *trial)
{
    struct stat stat;

    if (fstat(trial->file_fd, &stat) != 0)
        return -errno;
    trial->file_bytes = (uint64_t)stat.st_size;
    return 0;
}

static int open_file(struct trial *trial, const char *file)
{
    int err = 0;

    if (file != NULL) {
        trial->file_fd = open(file, O_RDONLY | O_CLOEXEC);
        err = trial->file_fd < 0 ? -errno : 0;
    } else {
        err = datafile_make(datafile_bytes(trial->read_most, trial->direct), &trial->file_fd);
    }
    if (err == 0)
        err = note_size(trial);
    if (err != 0)
        return trial_fail(trial, err, "cannot open the file to read, %s%s: %s", file != NULL ? "" : "one in ",
                          file != NULL ? file : datafile_folder(), strerror(-err));
    if (trial->file_bytes < trial->read_most)
        return trial_fail(trial, -EINVAL, "the file to read is smaller than a read");
    if (trial->direct && (err = datafile_open_direct(trial->file_fd, &trial->direct_fd)) != 0)
        return trial_fail(trial, err, "this file system cannot read past the page cache: %s (TMPDIR names another)",
                          strerror(-err));
    return 0;
}

static int open_number(struct trial *trial)
{
    int err = datafile_make_number(&trial->number_fd);

    return err == 0 ? 0
                    : trial_fail(trial, err, "cannot make the file that tasks share in %s: %s", datafile_folder(),
                                 strerror(-err));
}

// Of processes each has its own, if they are programs of their own: what is copied is the same, and no page is shared.
static int open_source(struct trial *trial)
{
    trial->source_bytes = trial->read_most > SOURCE_BYTES ? trial->read_most : SOURCE_BYTES;
    trial->memory_source = buffer_new(trial->source_bytes);
    return trial->memory_source != NULL ? 0
                                        : trial_fail(trial, -ENOMEM, "out of memory for %llu bytes to copy",
                                                     (unsigned long long)trial->source_bytes);
}

int resources_open(struct trial *trial, const char *file)
{
    int err;

    trial->file_fd = trial->direct_fd = trial->shared_fd = trial->number_fd = -1;
    err = open_shared(trial);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_READ))
        err = open_file(trial, file);
    if (err == 0 && trial->kinds & STEP_SHARED_FILE)
        err = open_number(trial);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_COPY))
        err = open_source(trial);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_TAKE)) {
        trial->argument = buffer_new(trial->payload_most);
        if (trial->argument == NULL)
            err = trial_fail(trial, -ENOMEM, "out of memory for an argument of %llu bytes",
                             (unsigned long long)trial->payload_most);
    }
    return err;
}

int resources_open_worker(struct trial *trial, const struct handover *given)
{
    int err = 0;

    trial->file_fd = given->file_fd;
    trial->direct_fd = given->direct_fd;
    trial->number_fd = given->number_fd;
    trial->shared = shared_map(given->shared_fd, sizeof *trial->shared, true);
    if (trial->shared == NULL)
        return trial_fail(trial, -errno, "cannot share memory: %s", strerror(errno));
    if (trial->kinds & STEP_BIT(STEP_READ))
        err = note_size(trial);
    if (err != 0)
        return trial_fail(trial, err, "cannot read the trial's file: %s", strerror(-err));
    return trial->kinds & STEP_BIT(STEP_COPY) ? open_source(trial) : 0;
}

void resources_close(struct trial *trial)
{
    if (trial->file_fd > 0)
        close(trial->file_fd);
    if (trial->direct_fd > 0)
        close(trial->direct_fd);
    if (trial->number_fd > 0)
        close(trial->number_fd);
    buffer_free(trial->argument, trial->payload_most);
    trial->argument = NULL;
    buffer_free(trial->memory_source, trial->source_bytes);
    trial->memory_source = NULL;
}

int resources_counted(const struct trial *trial, uint64_t *ret_counted)
{
    uint64_t counted = atomic_load(&trial->shared->counter), number = 0;
    ssize_t n = sizeof number;

    if (trial->kinds & STEP_SHARED_FILE)
        n = pread(trial->number_fd, &number, sizeof number, 0);
    if (n != sizeof number)
        return n < 0 ? -errno : -EIO;
    *ret_counted = counted + number;
    return 0;
}
