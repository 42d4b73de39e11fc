// SPDX-License-Identifier: MIT
#include "measure/supervisor.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/text.h"
#include "measure/machine/limits.h"
#include "measure/memory_kills.h"
#include "measure/trace/trace_capture.h"
#include "measure/trial_messages.h"
#include "measure/trial_process.h"

#define TICK_MS 100
// Of a trial whose switches are read: before what keeps them is full.
#define TRACED_TICK_MS 10
// Of what a trial printed, in the reason.
#define LAST_LINE 150

// The state of one running trial.
struct watch {
    const struct trial_request *request;
    struct trial_report *report;
    struct trial_process process;
    struct trial_messages messages;
    size_t plan_sent, plan_length; // the newline included
    size_t diagnostics;            // how much of the report's is filled
    bool exited;
    struct memory_kills kills; // before it began
};

static void send_plan(struct watch *watch)
{
    const char *plan = watch->request->plan;
    size_t length = watch->plan_length - 1;

    while (watch->plan_sent < watch->plan_length) {
        bool text = watch->plan_sent < length;
        ssize_t n = text ? write(watch->process.plan_fd, plan + watch->plan_sent, length - watch->plan_sent)
                         : write(watch->process.plan_fd, "\n", 1);

        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                watch->plan_sent = watch->plan_length; // it reads no more (EPIPE); its end will tell why
            return;
        }
        watch->plan_sent += (size_t)n;
    }
}

// Reads what is there; 0: nothing for now, or for good: then it is closed.
static size_t read_some(int *fd, void *buf, size_t size)
{
    ssize_t n;

    if (*fd < 0)
        return 0;
    do
        n = read(*fd, buf, size);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return (size_t)n;
    if (n == 0 || errno != EAGAIN) {
        close(*fd);
        *fd = -1;
    }
    return 0;
}

static void read_result(struct watch *watch)
{
    struct trial_messages *messages = &watch->messages;
    size_t n;

    while (watch->process.result_fd >= 0) {
        if (!trial_messages_room(messages)) {
            close(watch->process.result_fd);
            watch->process.result_fd = -1;
            return;
        }
        n = read_some(&watch->process.result_fd, messages->text + messages->length,
                      messages->capacity - messages->length);
        if (n == 0)
            return;
        trial_messages_take(messages, n);
    }
}

// Keeps the end of what the trial prints.
static void read_output(struct watch *watch)
{
    char chunk[SUPERVISOR_DIAGNOSTICS / 2], *kept = watch->report->diagnostics;
    size_t n;

    while ((n = read_some(&watch->process.output_fd, chunk, sizeof chunk)) > 0) {
        size_t room = SUPERVISOR_DIAGNOSTICS - 1 - n, keep = watch->diagnostics < room ? watch->diagnostics : room;

        memmove(kept, kept + watch->diagnostics - keep, keep);
        memcpy(kept + keep, chunk, n);
        watch->diagnostics = keep + n;
        kept[watch->diagnostics] = '\0';
    }
}

void supervisor_last_line(const struct trial_report *report, char line[SUPERVISOR_DIAGNOSTICS])
{
    const char *text = report->diagnostics;
    size_t end = strlen(text), begin;

    while (end > 0 && text[end - 1] == '\n')
        end--;
    for (begin = end; begin > 0 && text[begin - 1] != '\n'; begin--)
        ;
    memcpy(line, text + begin, end - begin);
    line[end - begin] = '\0';
}

static void clean(char *text)
{
    text_repair(text);
    for (; *text != '\0'; text++)
        *text = (char)((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
}

// Libraries abort, and programs fall, where memory is refused.
static void suspect_memory(struct trial_report *report, int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    size_t length = strlen(report->reason);
    char limit[LIMIT_TEXT];

    report->killed = number == SIGKILL;
    if ((number == SIGABRT || number == SIGSEGV || number == SIGBUS) && limit_of_memory(limit)[0] != '\0')
        snprintf(report->reason + length, SUPERVISOR_REASON - length, ", perhaps for want of memory (%s)", limit);
}

static void describe_end(struct trial_report *report, int status)
{
    char how[SUPERVISOR_HOW], line[SUPERVISOR_DIAGNOSTICS];

    if (report->outcome != TRIAL_CRASHED || report->reason[0] != '\0')
        return;
    supervisor_how_ended(status, how);
    supervisor_last_line(report, line);
    clean(line);
    snprintf(report->reason, SUPERVISOR_REASON, "the trial %s%s%s%.*s%s", how,
             WIFSIGNALED(status) ? "" : " and no result", line[0] != '\0' ? " (" : "", LAST_LINE, line,
             line[0] != '\0' ? ")" : "");
    suspect_memory(report, status);
}

// Kills while the number is still the trial's: it may be another's once that has been waited for.
static void end_group(pid_t pid, int *ret_status, struct trial_report *report)
{
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL); // in case it was stopped before it had a group of its own
    while (wait4(pid, ret_status, 0, &report->usage) < 0 && errno == EINTR)
        ;
}

static void check_exit(struct watch *watch)
{
    siginfo_t info = {.si_pid = 0};
    int status = 0;

    if (waitid(P_PID, (id_t)watch->process.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    watch->exited = true;
    watch->report->end_ns = clock_now_ns();
    end_group(watch->process.pid, &status, watch->report);
    read_result(watch); // what it wrote before it ended
    trial_messages_end(&watch->messages);
    read_output(watch);
    describe_end(watch->report, status);
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

static void ask_for_hope(struct watch *watch)
{
    const char *why = watch->request->hopeless != NULL ? watch->request->hopeless(watch->request->of) : NULL;

    if (why == NULL)
        return;
    watch->report->outcome = TRIAL_TIMED_OUT;
    snprintf(watch->report->reason, SUPERVISOR_REASON, "%s", why);
}

static void wait_for_news(struct watch *watch, int wait_ms)
{
    const struct trace_capture *capture = watch->request->capture;
    bool sending = watch->plan_sent < watch->plan_length;
    struct pollfd fds[] = {
        {.fd = supervisor_signals(), .events = POLLIN},
        {.fd = watch->process.result_fd, .events = POLLIN},
        {.fd = watch->process.output_fd, .events = POLLIN},
        {.fd = sending ? watch->process.plan_fd : -1, .events = POLLOUT},
    };

    if (capture != NULL && wait_ms > TRACED_TICK_MS)
        wait_ms = TRACED_TICK_MS;
    if (poll(fds, sizeof fds / sizeof *fds, wait_ms) != 0)
        return;
    if (watch->request->on_tick != NULL)
        watch->request->on_tick(watch->request->data);
    ask_for_hope(watch);
}

static void watch_trial(struct watch *watch)
{
    while (undecided(watch)) {
        int wait_ms = time_left(watch);

        if (watch->report->outcome == TRIAL_TIMED_OUT)
            return;
        wait_for_news(watch, wait_ms);
        if (watch->request->capture != NULL)
            switches_take(&watch->request->capture->switches);
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
    int status;

    if (!watch->exited) {
        end_group(watch->process.pid, &status, report);
        report->end_ns = clock_now_ns();
    }
    supervisor_clean();
    if (report->outcome == TRIAL_TIMED_OUT && report->reason[0] == '\0')
        snprintf(report->reason, SUPERVISOR_REASON, "timed out after %.3g s",
                 (double)watch->request->timeout_ns / (double)NS_PER_S);
    if (report->outcome == TRIAL_INTERRUPTED)
        snprintf(report->reason, SUPERVISOR_REASON, "interrupted");
    memory_kills_tell(&watch->kills, report);
    if (report->outcome != TRIAL_DONE) {
        cJSON_Delete(report->result);
        report->result = NULL;
    }
}

void supervisor_run(const struct trial_request *request, struct trial_report *ret_report)
{
    struct watch watch = {.request = request, .report = ret_report, .plan_length = strlen(request->plan) + 1};
    int err;

    *ret_report = (struct trial_report){.outcome = TRIAL_CRASHED, .start_ns = clock_now_ns()};
    ret_report->end_ns = ret_report->start_ns;
    memory_kills_read(&watch.kills);
    err = trial_process_start(request, &watch.process);
    watch.messages = (struct trial_messages){
        .request = request, .report = ret_report, .pid = watch.process.pid, .answer_fd = watch.process.plan_fd};
    if (err == 0) {
        if (request->capture != NULL) // which waits for its plan
            switches_open(&request->capture->switches, watch.process.pid, request->cpus);
        send_plan(&watch);
        watch_trial(&watch);
        finish(&watch);
    } else {
        ret_report->outcome = TRIAL_NOT_STARTED;
        snprintf(ret_report->reason, SUPERVISOR_REASON, "cannot start a trial: %s", strerror(-err));
    }
    if (request->capture != NULL)
        trace_capture_note(request->capture, ret_report->result, ret_report->start_ns, ret_report->end_ns);
    trial_process_close(&watch.process);
    trial_messages_release(&watch.messages);
}
