// SPDX-License-Identifier: MIT
#include "models/carry/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/base/write_all.h"
#include "measure/protocol.h"

bool parameters_spawn(const struct parameter *declared, const struct parameter_values *values)
{
    int index = parameter_find(declared, START_KEY, strlen(START_KEY));

    return index >= 0 && values->of[index] == START_SPAWN;
}

void *shared_map(int fd, size_t bytes, bool all)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0) | (all ? MAP_POPULATE : 0), fd, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

void *shared_new(size_t bytes, int *ret_fd)
{
    void *memory;
    int fd = -1;

    if (ret_fd != NULL && ((fd = memfd_create("ccbench", MFD_CLOEXEC)) < 0 || ftruncate(fd, (off_t)bytes) != 0)) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    memory = shared_map(fd, bytes, true);
    if (memory == NULL && fd >= 0)
        close(fd);
    else if (ret_fd != NULL)
        *ret_fd = fd;
    return memory;
}

static int read_all(int fd, void *data, size_t bytes)
{
    ssize_t n = pread(fd, data, bytes, 0);

    return n < 0 ? -errno : (size_t)n == bytes ? 0 : -EINVAL;
}

// A file with what the worker is told; its descriptor, or -errno.
static int handover_write(const struct handover *given, const char *plan)
{
    int fd = memfd_create("handover", MFD_CLOEXEC), err;

    if (fd < 0)
        return -errno;
    err = write_all(fd, given, sizeof *given);
    if (err == 0)
        err = write_all(fd, plan, given->plan_bytes);
    if (err != 0)
        close(fd);
    return err == 0 ? fd : err;
}

int handover_read(int fd, struct handover *ret_given, char **ret_plan)
{
    struct handover given;
    int err = read_all(fd, &given, sizeof given);
    char *text;

    if (err != 0 || given.bytes != sizeof given || given.plan_bytes == 0 || given.plan_bytes > SIZE_MAX / 2)
        return err != 0 ? err : -EINVAL;
    text = malloc(given.plan_bytes + 1);
    if (text == NULL)
        return -ENOMEM;
    if (pread(fd, text, given.plan_bytes, sizeof given) != (ssize_t)given.plan_bytes) {
        free(text);
        return -EINVAL;
    }
    text[given.plan_bytes] = '\0';
    *ret_given = given;
    *ret_plan = text;
    return 0;
}

// Each stays open under its number: all are closed on exec but for this, so that a worker has none that is not its own.
static int keep_open(posix_spawn_file_actions_t *actions, const struct handover *given, int handover_fd)
{
    const int fds[] = {handover_fd,      PROTOCOL_RESULT_FD, given->shared_fd, given->memory_fd,   given->trace_fd,
                       given->slots_fd,  given->file_fd,     given->direct_fd, given->argument_fd, given->replies_fd,
                       given->number_fd, given->own[0],      given->own[1]};
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof fds / sizeof *fds; i++)
        err = fds[i] >= 0 ? posix_spawn_file_actions_adddup2(actions, fds[i], fds[i]) : 0;
    return -err;
}

static int start(const struct handover *given, int handover_fd, const sigset_t *mask, pid_t *ret_pid)
{
    char program[] = "ccbench", command[] = "trial", part[] = "worker", number[16];
    char *const arguments[] = {program, command, part, number, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int err = -posix_spawn_file_actions_init(&actions);

    if (err != 0)
        return err;
    snprintf(number, sizeof number, "%d", handover_fd);
    err = -posix_spawnattr_init(&attributes);
    if (err == 0) {
        posix_spawnattr_setsigmask(&attributes, mask);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        err = keep_open(&actions, given, handover_fd);
        if (err == 0)
            err = -posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

int spawn_worker(const struct trial *trial, struct handover *given, uint32_t index, const sigset_t *mask,
                 pid_t *ret_pid)
{
    int fd, err;

    given->bytes = sizeof *given;
    given->plan_bytes = strlen(trial->plan);
    given->parent = getpid();
    given->index = index;
    given->shared_fd = trial->shared_fd;
    given->memory_fd = trial->memory != NULL ? trial->memory_fd : -1;
    given->trace_fd = trial->trace != NULL ? trial->trace_fd : -1;
    if (trial->kinds & STEP_BIT(STEP_READ)) {
        given->file_fd = trial->file_fd;
        given->direct_fd = trial->direct_fd;
    }
    if (trial->kinds & STEP_SHARED_FILE)
        given->number_fd = trial->number_fd;
    fd = handover_write(given, trial->plan);
    if (fd < 0)
        return fd;
    err = start(given, fd, mask, ret_pid);
    close(fd);
    return err;
}
