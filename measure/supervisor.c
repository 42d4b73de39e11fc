// SPDX-License-Identifier: MIT
#include "measure/supervisor.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/protocol.h"

#define TICK_MS 100
// A result is a few hundred bytes: more than this is rubbish.
#define RESULT_MAX (1 << 20)

static struct {
    int signal_fd;
    sigset_t old_mask;
    int interrupted;
    pid_t spared;
} supervisor = {.signal_fd = -1};

int supervisor_open(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    // A shell starts background jobs with SIGINT ignored. Trials must not inherit that, nor depend on whether an ignored
    // signal is queued while it is blocked.
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    if (sigprocmask(SIG_BLOCK, &signals, &supervisor.old_mask) != 0)
        return -errno;
    supervisor.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return -errno;
    return 0;
}

int supervisor_interrupted(void)
{
    struct signalfd_siginfo info;

    while (supervisor.signal_fd >= 0 && read(supervisor.signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD && supervisor.interrupted == 0)
            supervisor.interrupted = (int)info.ssi_signo;
    }
    return supervisor.interrupted;
}

void supervisor_child_setup(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    sigprocmask(SIG_SETMASK, &supervisor.old_mask, NULL);
    setpgid(0, 0); // a Ctrl-C in the terminal is for ccbench, which then ends its trial
}

void supervisor_spare(pid_t pid)
{
    supervisor.spared = pid;
}

// The first child that is not spared, 0 if there is none.
static pid_t some_child(void)
{
    char path[64];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fscanf(file, "%d", &pid) == 1 && pid == supervisor.spared)
        pid = 0;
    fclose(file);
    return pid;
}

void supervisor_clean(void)
{
    pid_t pid;

    // Killing a child makes its children ours, until no more turn up.
    while ((pid = some_child()) > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
}

// The state of one running trial.
struct watch {
    const struct trial_request *request;
    struct trial_report *report;
    pid_t pid;
    int plan_fd, result_fd, output_fd; // this side's ends; -1: closed
    size_t plan_sent, plan_length;     // the newline included
    char *text;                        // what came over fd 3, whole lines taken out
    size_t length, capacity;
    size_t diagnostics;
    bool exited;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// Moves the descriptors out of the way of 0 … 4 first, since any of them may be one of those.
static bool place_descriptors(const int from[5])
{
    int high[5];

    for (int i = 0; i < 5; i++) {
        high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 10);
        if (high[i] < 0)
            return false;
    }
    for (int i = 0; i < 5; i++) {
        if (dup2(high[i], i) < 0)
            return false;
    }
    return true;
}

static _Noreturn void child_main(const struct trial_request *request, pid_t parent, int plan_fd, int result_fd, int output_fd)
{
    int fds[5] = {plan_fd, output_fd, output_fd, result_fd, request->slots_fd};

    supervisor_child_setup(parent);
    if (request->cpus != NULL)
        sched_setaffinity(0, sizeof *request->cpus, request->cpus);
    if (place_descriptors(fds))
        execv(request->program, request->arguments);
    dprintf(PROTOCOL_RESULT_FD, "{\"error\":\"cannot start the trial's program: %s\",\"started\":false}\n", strerror(errno));
    _exit(127);
}

static int start(struct watch *watch)
{
    int plan[2] = {-1, -1}, result[2] = {-1, -1}, output[2] = {-1, -1};
    pid_t parent = getpid();

    if (pipe2(plan, O_CLOEXEC) == 0 && pipe2(result, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0)
        watch->pid = fork();
    else
        watch->pid = -1;
    if (watch->pid == 0)
        child_main(watch->request, parent, plan[0], result[1], output[1]);
    if (watch->pid < 0)
        snprintf(watch->report->reason, SUPERVISOR_REASON, "cannot start a trial: %s", strerror(errno));
    close_fd(&plan[0]);
    close_fd(&result[1]);
    close_fd(&output[1]);
    watch->plan_fd = plan[1];
    watch->result_fd = result[0];
    watch->output_fd = output[0];
    if (watch->pid < 0)
        return -EAGAIN;
    fcntl(watch->plan_fd, F_SETFL, O_NONBLOCK);
    fcntl(watch->result_fd, F_SETFL, O_NONBLOCK);
    fcntl(watch->output_fd, F_SETFL, O_NONBLOCK);
    return 0;
}

static void send_plan(struct watch *watch)
{
    const char *plan = watch->request->plan;
    size_t length = watch->plan_length - 1;

    while (watch->plan_sent < watch->plan_length) {
        bool text = watch->plan_sent < length;
        ssize_t n = text ? write(watch->plan_fd, plan + watch->plan_sent, length - watch->plan_sent)
                         : write(watch->plan_fd, "\n", 1);

        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                watch->plan_sent = watch->plan_length; // it reads no more (EPIPE); its end will tell why
            return;
        }
        watch->plan_sent += (size_t)n;
    }
}

static void rubbish(struct watch *watch, const char *line)
{
    watch->report->outcome = TRIAL_RUBBISH;
    snprintf(watch->report->reason, SUPERVISOR_REASON, "the trial wrote something that is not a result: '%.60s'", line);
}

static void take_refusal(struct trial_report *report, const cJSON *message, const char *text)
{
    const cJSON *speaks = cJSON_GetObjectItemCaseSensitive(message, "speaks");

    report->outcome = TRIAL_NOT_STARTED;
    report->refused = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(message, "started"));
    report->lacks = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "lacks"));
    report->speaks = cJSON_IsNumber(speaks) ? speaks->valueint : 0;
    snprintf(report->reason, SUPERVISOR_REASON, "%s", text);
}

static void take_line(struct watch *watch, const char *line)
{
    struct trial_report *report = watch->report;
    cJSON *message = report->outcome != TRIAL_RUBBISH ? cJSON_Parse(line) : NULL;
    cJSON *mark = cJSON_GetObjectItemCaseSensitive(message, "mark");
    cJSON *error = cJSON_GetObjectItemCaseSensitive(message, "error");

    if (report->outcome == TRIAL_RUBBISH)
        return; // one such line spoils what comes after it, whether they are read together or not
    if (cJSON_IsString(mark)) {
        if (watch->request->on_mark != NULL)
            watch->request->on_mark(mark->valuestring, watch->pid, watch->request->data);
        (void)!write(watch->plan_fd, "\n", 1);
    } else if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(message, "result")) && report->result == NULL) {
        report->result = cJSON_DetachItemFromObjectCaseSensitive(message, "result");
        report->outcome = TRIAL_DONE;
    } else if (cJSON_IsString(error) && report->result == NULL) {
        take_refusal(report, message, error->valuestring);
    } else {
        rubbish(watch, line);
    }
    cJSON_Delete(message);
}

static void take_lines(struct watch *watch)
{
    char *begin = watch->text, *end;

    while ((end = memchr(begin, '\n', watch->length - (size_t)(begin - watch->text))) != NULL) {
        *end = '\0';
        if (watch->report->outcome != TRIAL_RUBBISH) // a result after rubbish is none
            take_line(watch, begin);
        begin = end + 1;
    }
    watch->length -= (size_t)(begin - watch->text);
    memmove(watch->text, begin, watch->length);
}

// Room for another read; false when there is none, or when nobody writes that much but rubbish.
static bool make_room(struct watch *watch)
{
    char *text;

    if (watch->capacity - watch->length >= 4096)
        return true;
    if (watch->length > RESULT_MAX) {
        watch->text[60] = '\0';
        rubbish(watch, watch->text);
        return false;
    }
    text = realloc(watch->text, watch->capacity + 16384);
    if (text == NULL)
        return false;
    watch->text = text;
    watch->capacity += 16384;
    return true;
}

static void read_result(struct watch *watch)
{
    while (watch->result_fd >= 0) {
        ssize_t n;

        if (!make_room(watch)) {
            close_fd(&watch->result_fd);
            return;
        }
        n = read(watch->result_fd, watch->text + watch->length, watch->capacity - watch->length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_fd(&watch->result_fd);
            return;
        }
        watch->length += (size_t)n;
        take_lines(watch);
    }
}

// Keeps the end of what the trial prints.
static void read_output(struct watch *watch)
{
    char chunk[1024];
    ssize_t n;

    while (watch->output_fd >= 0 && (n = read(watch->output_fd, chunk, sizeof chunk)) != 0) {
        size_t size = (size_t)n, keep;
        char *kept = watch->report->diagnostics;

        if (n < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN)
                return;
            break;
        }
        keep = watch->diagnostics + size < SUPERVISOR_DIAGNOSTICS ? watch->diagnostics : SUPERVISOR_DIAGNOSTICS - 1 - size;
        if (keep > watch->diagnostics)
            keep = watch->diagnostics;
        memmove(kept, kept + watch->diagnostics - keep, keep);
        memcpy(kept + keep, chunk, size);
        watch->diagnostics = keep + size;
        kept[watch->diagnostics] = '\0';
    }
    close_fd(&watch->output_fd);
}

static void describe_end(struct watch *watch, int status)
{
    struct trial_report *report = watch->report;

    if (report->outcome != TRIAL_CRASHED || report->reason[0] != '\0')
        return;
    if (WIFSIGNALED(status))
        snprintf(report->reason, SUPERVISOR_REASON, "the trial was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(report->reason, SUPERVISOR_REASON, "the trial ended with status %d and no result", WEXITSTATUS(status));
}

static void check_exit(struct watch *watch)
{
    int status;

    if (wait4(watch->pid, &status, WNOHANG, &watch->report->usage) != watch->pid)
        return;
    watch->exited = true;
    watch->report->end_ns = clock_now_ns();
    read_result(watch); // what it wrote before it ended
    read_output(watch);
    describe_end(watch, status);
}

// Milliseconds to wait for something to happen; sets the outcome when the time is up.
static int time_left(struct watch *watch)
{
    uint64_t timeout_ns = watch->request->timeout_ns, spent_ns = clock_now_ns() - watch->report->start_ns, left_ms;

    if (timeout_ns == 0)
        return TICK_MS;
    if (spent_ns >= timeout_ns) {
        watch->report->outcome = TRIAL_TIMED_OUT;
        return 0;
    }
    left_ms = (timeout_ns - spent_ns) / NS_PER_MS + 1;
    return left_ms < TICK_MS ? (int)left_ms : TICK_MS;
}

static bool undecided(const struct watch *watch)
{
    enum trial_outcome outcome = watch->report->outcome;

    return !watch->exited && (outcome == TRIAL_CRASHED || outcome == TRIAL_DONE || outcome == TRIAL_NOT_STARTED);
}

static void watch_trial(struct watch *watch)
{
    while (undecided(watch)) {
        bool sending = watch->plan_sent < watch->plan_length;
        struct pollfd fds[] = {
            {.fd = supervisor.signal_fd, .events = POLLIN},
            {.fd = watch->result_fd, .events = POLLIN},
            {.fd = watch->output_fd, .events = POLLIN},
            {.fd = sending ? watch->plan_fd : -1, .events = POLLOUT},
        };
        int wait_ms = time_left(watch);

        if (watch->report->outcome == TRIAL_TIMED_OUT)
            return;
        if (poll(fds, 4, wait_ms) == 0 && watch->request->on_tick != NULL)
            watch->request->on_tick(watch->request->data);
        if (sending)
            send_plan(watch);
        read_result(watch);
        read_output(watch);
        if (supervisor_interrupted() != 0) {
            watch->report->outcome = TRIAL_INTERRUPTED;
            return;
        }
        check_exit(watch);
    }
}

static void finish(struct watch *watch)
{
    struct trial_report *report = watch->report;

    kill(-watch->pid, SIGKILL);
    kill(watch->pid, SIGKILL); // in case it was stopped before it had a group of its own
    while (!watch->exited && wait4(watch->pid, NULL, 0, &report->usage) < 0 && errno == EINTR)
        ;
    if (!watch->exited)
        report->end_ns = clock_now_ns();
    supervisor_clean();
    if (report->outcome == TRIAL_TIMED_OUT)
        snprintf(report->reason, SUPERVISOR_REASON, "timed out after %.3g s",
                 (double)watch->request->timeout_ns / (double)NS_PER_S);
    if (report->outcome == TRIAL_INTERRUPTED)
        snprintf(report->reason, SUPERVISOR_REASON, "interrupted");
    if (report->outcome != TRIAL_DONE) {
        cJSON_Delete(report->result);
        report->result = NULL;
    }
}

int supervisor_run(const struct trial_request *request, struct trial_report *ret_report)
{
    struct watch watch = {
        .request = request, .report = ret_report, .plan_fd = -1, .result_fd = -1, .output_fd = -1};

    *ret_report = (struct trial_report){.outcome = TRIAL_CRASHED, .start_ns = clock_now_ns()};
    ret_report->end_ns = ret_report->start_ns;
    watch.plan_length = strlen(request->plan) + 1;
    if (start(&watch) == 0) {
        send_plan(&watch);
        watch_trial(&watch);
        finish(&watch);
    } else {
        ret_report->outcome = TRIAL_NOT_STARTED;
    }
    close_fd(&watch.plan_fd);
    close_fd(&watch.result_fd);
    close_fd(&watch.output_fd);
    free(watch.text);
    return 0;
}
