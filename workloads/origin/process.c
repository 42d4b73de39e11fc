// SPDX-License-Identifier: MIT
#include "workloads/origin/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/cpus.h"
#include "measure/supervisor.h"
#include "workloads/origin/origin.h"

#ifdef CCBENCH_HAVE_ORIGIN

// What it may take to be ready, on however slow a machine; how often a signal is looked for meanwhile.
#define READY_NS (60 * NS_PER_S)
#define TICK_MS 100
// One that has closed its end of the pipe is gone within this.
#define ENDING_NS NS_PER_S

static _Noreturn void child_main(const struct origin_process *origin, const struct cpus *cpus, uint64_t seed,
                                 int ready_fd, pid_t parent)
{
    struct origin_config config = {
        .tls = origin->tls,
        .seed = seed,
        .ready_fd = ready_fd,
        .workers = origin->workers,
        .counters = origin->counters,
    };
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int err;

    supervisor_child_setup(parent);
    prctl(PR_SET_NAME, "ccbench-origin");
    // Whoever reads ccbench's output must not wait for this process to close it.
    dup2(null_fd, STDIN_FILENO);
    dup2(null_fd, STDOUT_FILENO);
    err = cpus_use(cpus);
    if (err == 0)
        err = origin_serve(&config, NULL, NULL);
    if (err != 0)
        dprintf(ready_fd, "%d\n", err); // where the port would be
    _exit(err == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

// 0 once there is something to read, or its end has come.
static int wait_for_news(int fd)
{
    struct pollfd news = {.fd = fd, .events = POLLIN};
    uint64_t deadline_ns = clock_now_ns() + READY_NS;

    while (poll(&news, 1, TICK_MS) <= 0) {
        if (supervisor_interrupted() != 0)
            return -EINTR;
        if (clock_now_ns() >= deadline_ns)
            return -ETIMEDOUT;
    }
    return 0;
}

// Reads where the origin serves, which it writes once it does, or what has kept it from that; -ECHILD: it has ended
// without a word.
static int read_ready(int fd, struct origin_process *origin)
{
    char text[32 + ORIGIN_CERTIFICATE] = "";
    int err = wait_for_news(fd), port = 0, tls_port = 0, length = 0;

    // So little is written at once.
    if (err == 0 && read(fd, text, sizeof text - 1) < 0)
        err = -errno;
    if (err == 0 && sscanf(text, "%d%n %d%n", &port, &length, &tls_port, &length) < 1)
        err = -ECHILD;
    if (err == 0 && port < 0)
        err = port;
    if (err != 0)
        return err;
    snprintf(origin->url, sizeof origin->url, "http://127.0.0.1:%d", port);
    snprintf(origin->tls_url, sizeof origin->tls_url, "https://127.0.0.1:%d", tls_port);
    snprintf(origin->certificate, sizeof origin->certificate, "%s", text + length + strspn(text + length, "\n"));
    return 0;
}

static int map_counters(struct origin_process *origin)
{
    void *counters;

    if (origin->counters != NULL)
        return 0;
    counters = mmap(NULL, ORIGIN_WORKERS_MOST * sizeof *origin->counters, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counters == MAP_FAILED)
        return -errno;
    origin->counters = counters;
    return 0;
}

// 0 or -errno; the caller then reads the port from *ret_ready_fd, which is its own.
static int spawn(struct origin_process *origin, const struct cpus *cpus, uint64_t seed, int *ret_ready_fd)
{
    int ready[2], err = 0;
    pid_t parent = getpid();

    if (pipe2(ready, O_CLOEXEC) != 0)
        return -errno;
    origin->pid = fork();
    if (origin->pid == 0)
        child_main(origin, cpus, seed, ready[1], parent);
    if (origin->pid < 0) {
        err = -errno;
        origin->pid = 0;
        close(ready[0]);
    } else {
        supervisor_spare(origin->pid);
        *ret_ready_fd = ready[0];
    }
    close(ready[1]);
    return err;
}

static void describe_failure(struct origin_process *origin, int err, char how[ORIGIN_HOW])
{
    char end[SUPERVISOR_HOW];

    if (err == -ELIBACC)
        snprintf(how, ORIGIN_HOW,
                 "could not be started: OpenSSL cannot be loaded (libssl.so.3: apt-get install libssl3)");
    else if (err == -ETIMEDOUT)
        snprintf(how, ORIGIN_HOW, "was not ready within %d s", (int)(READY_NS / NS_PER_S));
    else if (err == -ECHILD && origin_process_ended(origin, ENDING_NS, end))
        snprintf(how, ORIGIN_HOW, "%s before it was ready", end);
    else if (err != -EINTR)
        snprintf(how, ORIGIN_HOW, "could not be started: %s", strerror(-err));
}

int origin_process_start(struct origin_process *origin, const struct cpus *cpus, unsigned workers, bool tls,
                         uint64_t seed, char how[ORIGIN_HOW])
{
    int ready_fd = -1, err = map_counters(origin);

    how[0] = '\0';
    origin->tls = tls;
    origin->workers = workers;
    if (err == 0) {
        // What an origin that died had begun will never be answered.
        memset(origin->counters, 0, ORIGIN_WORKERS_MOST * sizeof *origin->counters);
        err = spawn(origin, cpus, seed, &ready_fd);
    }
    if (err == 0) {
        err = read_ready(ready_fd, origin);
        close(ready_fd);
    }
    if (err == 0)
        return 0;
    describe_failure(origin, err, how);
    origin_process_stop(origin);
    return err;
}

#else

int origin_process_start(struct origin_process *origin, const struct cpus *cpus, unsigned workers, bool tls,
                         uint64_t seed, char how[ORIGIN_HOW])
{
    snprintf(how, ORIGIN_HOW, "was not built");
    return -ENOSYS;
}

#endif

bool origin_process_ended(struct origin_process *origin, uint64_t patience_ns, char how[SUPERVISOR_HOW])
{
    uint64_t until_ns = clock_now_ns() + patience_ns;
    int status;

    if (origin->pid == 0)
        return false;
    while (waitpid(origin->pid, &status, WNOHANG) != origin->pid) {
        if (clock_now_ns() >= until_ns)
            return false;
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    supervisor_how_ended(status, how);
    origin->pid = 0;
    supervisor_spare(0); // its number may be another's now
    return true;
}

bool origin_process_alive(struct origin_process *origin)
{
    char how[SUPERVISOR_HOW];

    return !origin_process_ended(origin, 0, how) && origin->pid > 0;
}

void origin_process_stop(struct origin_process *origin)
{
    if (origin->pid > 0) {
        kill(origin->pid, SIGKILL);
        while (waitpid(origin->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    origin->pid = 0;
    supervisor_spare(0);
}
