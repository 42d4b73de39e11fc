// SPDX-License-Identifier: MIT
#include "cmd/hosts/lifeline.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "measure/base/descriptors.h"
#include "measure/supervisor.h"
#include "reports/document/fields.h"

// What the run is given to report, so that nothing is left 7 s after the other end has gone: as a silence, which has lasted a while, or
// an end. One that was stopped by a signal (SIGSTOP) is given that long to go on.
#define AFTER_SILENCE_NS (2 * NS_PER_S)
#define AFTER_END_NS (6 * NS_PER_S)
#define STOPPED_NS (10 * NS_PER_S)
#define BEAT_NS NS_PER_S

struct keeper {
    struct received received;
    unsigned signals; // that were handed on
    int input_fd;     // the lifeline; -1: it has ended
    int go_fd;        // the run's standard input; -1: told, or there is nothing to tell
    pid_t run;
    bool ended;
    int status;                 // of the run, once it has ended
    uint64_t heard_ns, beat_ns; // the last byte came; the last beat was sent
    uint64_t kill_ns;           // when the run is killed; 0: it may go on
};

static void stop(struct keeper *keeper, int number, uint64_t grace_ns)
{
    uint64_t kill_ns = clock_now_ns() + grace_ns;

    if (keeper->kill_ns == 0 || kill_ns < keeper->kill_ns)
        keeper->kill_ns = kill_ns;
    close_fd(&keeper->go_fd); // one that waits for it does not begin
    kill(keeper->run, number);
}

// That it may begin is one byte for the run, too.
static void hand_on(struct keeper *keeper, const char *bytes, size_t n)
{
    if (keeper->go_fd < 0 || memchr(bytes, 'g', n) == NULL)
        return;
    (void)!write(keeper->go_fd, "g", 1);
    close_fd(&keeper->go_fd);
}

static void listen_to_lifeline(struct keeper *keeper)
{
    char bytes[4096];
    ssize_t n = read(keeper->input_fd, bytes, sizeof bytes);

    if (n > 0) {
        keeper->heard_ns = clock_now_ns();
        hand_on(keeper, bytes, (size_t)n);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        keeper->input_fd = -1;
        stop(keeper, SIGINT, AFTER_END_NS);
    }
}

static void look_at_children(struct keeper *keeper)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        if (pid != keeper->run)
            continue;
        keeper->ended = WIFEXITED(status) || WIFSIGNALED(status);
        keeper->status = status;
        if (WIFSTOPPED(status) && keeper->kill_ns == 0)
            keeper->kill_ns = clock_now_ns() + STOPPED_NS;
        else if (WIFCONTINUED(status) && keeper->input_fd >= 0)
            keeper->kill_ns = 0;
    }
}

// What is for this process is for the run.
static void take_signals(struct keeper *keeper)
{
    unsigned signals = supervisor_interruptions();

    if (signals > keeper->signals)
        stop(keeper, supervisor_interrupted(), AFTER_END_NS);
    keeper->signals = signals;
    look_at_children(keeper);
}

// An empty line on standard error, by which a coordinator knows that somebody is there; not where it would have to wait.
static void beat(struct keeper *keeper, uint64_t now_ns)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (keeper->received.plan == NULL || now_ns < keeper->beat_ns + BEAT_NS)
        return;
    keeper->beat_ns = now_ns;
    if (poll(&out, 1, 0) == 1 && out.revents == POLLOUT)
        (void)!write(STDERR_FILENO, "\n", 1);
}

static void look_at_clock(struct keeper *keeper)
{
    uint64_t now_ns = clock_now_ns();

    beat(keeper, now_ns);
    if (keeper->input_fd >= 0 && now_ns >= keeper->heard_ns + LIFELINE_SILENCE_NS) {
        keeper->input_fd = -1;
        stop(keeper, SIGINT, AFTER_SILENCE_NS);
    }
    if (keeper->kill_ns != 0 && now_ns >= keeper->kill_ns)
        kill(keeper->run, SIGKILL);
}

static void keep(struct keeper *keeper)
{
    while (!keeper->ended) {
        struct pollfd fds[] = {{.fd = supervisor_signals(), .events = POLLIN},
                               {.fd = keeper->input_fd, .events = POLLIN}};

        if (poll(fds, 2, 250) < 0 && errno != EINTR)
            stop(keeper, SIGINT, AFTER_END_NS);
        if (fds[1].revents != 0)
            listen_to_lifeline(keeper);
        take_signals(keeper);
        look_at_clock(keeper);
    }
}

// Ends as the run did.
static _Noreturn void conclude(struct keeper *keeper)
{
    char how[SUPERVISOR_HOW];

    supervisor_clean();
    received_release(&keeper->received);
    if (WIFEXITED(keeper->status))
        exit(WEXITSTATUS(keeper->status));
    supervisor_how_ended(keeper->status, how);
    complain("the run %s", how);
    exit(EXIT_SIGNAL + WTERMSIG(keeper->status));
}

static char **copy_arguments(const cJSON *list, int *ret_argc)
{
    int n = cJSON_GetArraySize(list), i = 0;
    char **argv = calloc((size_t)n + 2, sizeof *argv);
    const cJSON *item;

    if (argv == NULL)
        return NULL;
    argv[i++] = strdup("run");
    cJSON_ArrayForEach(item, list)
        argv[i++] = strdup(item->valuestring);
    *ret_argc = n + 1;
    for (i = 0; i <= n; i++) {
        if (argv[i] == NULL)
            return NULL;
    }
    return argv;
}

// The child's own: its input is what the keeper hands on, its folder that of the files.
static int become_run(struct keeper *keeper, pid_t parent, const int go[2], struct lifeline *ret_lifeline)
{
    cJSON *plan = keeper->received.plan;
    int err;

    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent)
        raise(SIGINT);
    err = supervisor_open(); // no signal is the end of it before it has told what there is
    if (err != 0)
        return complain("--lifeline: cannot supervise trials: %s", strerror(-err));
    close(go[1]);
    if (dup2(go[0], STDIN_FILENO) < 0)
        return complain("--lifeline: %s", strerror(errno));
    *ret_lifeline = (struct lifeline){.received = keeper->received, .greets = plan != NULL};
    if (plan == NULL)
        return 0;
    if (keeper->received.folder[0] != '\0' && chdir(keeper->received.folder) != 0)
        return complain("--lifeline: cannot work in '%s': %s", keeper->received.folder, strerror(errno));
    ret_lifeline->argv = copy_arguments(field(plan, "arguments"), &ret_lifeline->argc);
    return ret_lifeline->argv != NULL ? 0 : complain("out of memory");
}

void lifeline_release(struct lifeline *lifeline)
{
    for (int i = 0; i < lifeline->argc; i++)
        free(lifeline->argv[i]);
    free(lifeline->argv);
    received_release(&lifeline->received); // which the keeper may not live to do
    *lifeline = (struct lifeline){.argc = 0};
}

int lifeline_hold(bool alone, struct lifeline *ret_lifeline)
{
    struct keeper keeper = {.input_fd = STDIN_FILENO, .go_fd = -1};
    int status = alone ? received_read(&keeper.received) : 0, go[2] = {-1, -1}, err;
    pid_t parent = getpid();

    if (status != 0)
        return status;
    err = supervisor_open();
    if (err == 0 && pipe2(go, O_CLOEXEC) != 0)
        err = -errno;
    keeper.run = err == 0 ? fork() : -1;
    if (keeper.run == 0)
        return become_run(&keeper, parent, go, ret_lifeline);
    if (keeper.run < 0) {
        received_release(&keeper.received);
        return complain("--lifeline: cannot start the run: %s", strerror(err != 0 ? -err : errno));
    }
    close_fd(&go[0]);
    keeper.go_fd = go[1];
    keeper.heard_ns = keeper.beat_ns = clock_now_ns();
    keep(&keeper);
    conclude(&keeper);
}
