// SPDX-License-Identifier: MIT
// The file that tasks share, with a number in it: read, written back plus 1, and locked.
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "measure/base/task_status.h"
#include "measure/machine/limits.h"
#include "models/carry/lane.h"
#include "workloads/program/datafile.h"

_Static_assert(sizeof(uint64_t) == DATAFILE_NUMBER_BYTES, "the number fills the file");

int lane_open_file(struct lane *lane, struct trial *trial)
{
    char limit[LIMIT_TEXT];
    int err = datafile_open_number(trial->number_fd, &lane->extra->number_fd);

    return err == 0 ? 0
                    : trial_fail(trial, err, "cannot open the shared file for task in flight %u of %u: %s (%s)",
                                 lane->index + 1, trial->lanes, strerror(-err), limit_of_descriptors(-err, limit));
}

void lane_close_file(struct lane *lane)
{
    if (lane->extra->number_fd > 0)
        close(lane->extra->number_fd);
    lane->extra->number_fd = 0;
}

// Of what was read or written.
static int status_of(ssize_t n)
{
    return n == DATAFILE_NUMBER_BYTES ? 0 : task_status_from_errno(n < 0 ? errno : EIO);
}

int lane_load_file(struct lane *lane, const struct step *step)
{
    ssize_t n;

    do {
        n = pread(lane->extra->number_fd, &lane->extra->number, sizeof lane->extra->number, 0);
    } while (n < 0 && errno == EINTR);
    return status_of(n);
}

int lane_store_file(struct lane *lane, const struct step *step)
{
    uint64_t number = lane->extra->number + 1;
    ssize_t n;

    do {
        n = pwrite(lane->extra->number_fd, &number, sizeof number, 0);
    } while (n < 0 && errno == EINTR);
    return status_of(n);
}

static int lock_file(struct lane *lane, int operation)
{
    int err;

    do {
        err = flock(lane->extra->number_fd, operation) == 0 ? 0 : errno;
    } while (err == EINTR);
    return err == 0 ? 0 : task_status_from_errno(err);
}

int lane_lock_file(struct lane *lane, const struct step *step)
{
    int status = lock_file(lane, LOCK_EX);

    lane->file_locked = status == 0;
    return status;
}

// What cannot be unlocked is unlocked by closing it, and opened anew: else all others would wait for ever.
int lane_unlock_file(struct lane *lane, const struct step *step)
{
    int status = lock_file(lane, LOCK_UN);

    lane->file_locked = false;
    if (status == 0)
        return 0;
    close(lane->extra->number_fd);
    if (datafile_open_number(lane->trial->number_fd, &lane->extra->number_fd) != 0)
        lane->extra->number_fd = -1;
    return status;
}

static bool is_of_file(enum step_kind kind)
{
    return kind == STEP_LOCK_FILE || kind == STEP_UNLOCK_FILE;
}

struct shared_lock *lane_lock_of(const struct lane *lane, enum step_kind kind)
{
    struct trial_shared *shared = lane->trial->shared;

    return is_of_file(kind) ? &shared->file_lock : &shared->task_lock;
}

int lane_take_lock(struct lane *lane, enum step_kind kind)
{
    if (!is_of_file(kind)) {
        lane->locked = true;
        return 0;
    }
    lane->file_locked = true;
    return lock_file(lane, LOCK_EX | LOCK_NB);
}
