// SPDX-License-Identifier: MIT
#include "cmd/hosts/watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cmd/console/command.h"
#include "measure/base/clock.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/supervisor.h"

#define BEAT_NS NS_PER_S
#define STOP_NS (7 * NS_PER_S)
// A host at work says once a second that it is there.
#define SILENCE_NS (15 * NS_PER_S)
// Lines of one host that are passed on.
#define TOLD_MOST 20
#define FDS 3

static void tell(const struct host *host, const char *line, void *data)
{
    struct watch *watch = data;
    char *clean;

    if (watch->quiet || host->told > TOLD_MOST)
        return;
    progress_clear(&watch->progress);
    clean = text_clean(line, watch->progress.utf8);
    if (clean != NULL)
        complain("%s: %s", host->name, clean);
    free(clean);
}

static void reap(struct watch *watch)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (unsigned i = 0; i < watch->count; i++) {
            if (watch->hosts[i].launched.pid == pid)
                host_ended(&watch->hosts[i], status);
        }
    }
}

static unsigned in_state(const struct watch *watch, enum host_state state)
{
    unsigned n = 0;

    for (unsigned i = 0; i < watch->count; i++)
        n += watch->hosts[i].state == state;
    return n;
}

// The one that will take longest, which is what all wait for.
static const struct host *slowest(const struct watch *watch)
{
    const struct host *found = NULL;

    for (unsigned i = 0; i < watch->count; i++) {
        const struct host *host = &watch->hosts[i];

        if (host->state != HOST_OVER && (found == NULL || host->left_ns > found->left_ns))
            found = host;
    }
    return found;
}

static void show(struct watch *watch)
{
    const struct host *host = slowest(watch);
    unsigned lost = 0;
    char line[HOST_LINE * 2];

    if (host == NULL)
        return;
    for (unsigned i = 0; i < watch->count; i++)
        lost += watch->hosts[i].state == HOST_OVER && watch->hosts[i].report == NULL;
    snprintf(watch->progress.stage, sizeof watch->progress.stage, "%u done, %u running, %u failed",
             in_state(watch, HOST_OVER) - lost, watch->count - in_state(watch, HOST_OVER), lost);
    snprintf(line, sizeof line, "%.200s: %s", host->name,
             host->state == HOST_STARTED ? "no answer yet"
             : host->doing[0] != '\0'    ? host->doing
                                         : "begins");
    progress_tell(&watch->progress, watch->going_on, line, host->left_ns);
}

// What has become of each by now.
static void settle(struct watch *watch)
{
    uint64_t now_ns = clock_now_ns();

    for (unsigned i = 0; i < watch->count; i++) {
        struct host *host = &watch->hosts[i];

        host_hear(host, tell, watch);
        if (host_settle(host, now_ns))
            continue;
        if (host->state == HOST_RUNNING && !host->ended && now_ns > host->heard_ns + SILENCE_NS)
            host_lose(host, "it hangs: no sign of life for 15 s");
    }
}

static void wait_for_news(struct watch *watch, struct pollfd *fds)
{
    uint64_t now_ns;
    nfds_t n = 0;
    bool beat;

    fds[n++] = (struct pollfd){.fd = supervisor_signals(), .events = POLLIN};
    for (unsigned i = 0; i < watch->count; i++) {
        const struct launched *launched = &watch->hosts[i].launched;
        bool sends = watch->hosts[i].sent < watch->sent->length;

        fds[n++] = (struct pollfd){.fd = launched->out_fd, .events = POLLIN};
        fds[n++] = (struct pollfd){.fd = launched->err_fd, .events = POLLIN};
        fds[n++] = (struct pollfd){.fd = sends ? launched->in_fd : -1, .events = POLLOUT};
    }
    poll(fds, n, 500);
    now_ns = clock_now_ns();
    beat = now_ns >= watch->beat_ns + BEAT_NS;
    if (beat)
        watch->beat_ns = now_ns;
    for (unsigned i = 0; i < watch->count; i++)
        host_send(&watch->hosts[i], watch->sent, beat);
}

static void stop_all(struct watch *watch)
{
    uint64_t over_ns = clock_now_ns() + STOP_NS;

    for (unsigned i = 0; i < watch->count; i++) {
        if (watch->hosts[i].state == HOST_STARTED || watch->hosts[i].state == HOST_READY)
            host_lose(&watch->hosts[i], "interrupted before it began");
        host_stop(&watch->hosts[i], over_ns);
    }
    watch->stopping = true;
}

static void lose_running(struct watch *watch)
{
    for (unsigned i = 0; i < watch->count; i++) {
        if (watch->hosts[i].state == HOST_RUNNING)
            host_lose(&watch->hosts[i], "interrupted twice: its report was not waited for");
    }
}

// Until no host is in a state before that, or `until_ns`, 0: never.
static void watch_until(struct watch *watch, enum host_state state, uint64_t until_ns)
{
    struct pollfd *fds = calloc(1 + (size_t)FDS * watch->count, sizeof *fds);
    bool waits = fds != NULL;

    while (waits) {
        unsigned before = 0;

        wait_for_news(watch, fds);
        reap(watch);
        settle(watch);
        show(watch);
        if (supervisor_interruptions() > 0 && !watch->stopping)
            stop_all(watch);
        else if (supervisor_interruptions() > 1)
            lose_running(watch);
        for (enum host_state earlier = HOST_STARTED; earlier < state; earlier++)
            before += in_state(watch, earlier);
        waits = before > 0 && (until_ns == 0 || clock_now_ns() < until_ns);
    }
    free(fds);
    progress_clear(&watch->progress);
}

// With what it said last on standard error, which may be a question that nobody is there to answer.
static void lose_silent(struct watch *watch)
{
    char text[UNITS_TEXT];

    units_format_duration(text, (double)watch->answer_ns);
    for (unsigned i = 0; i < watch->count; i++) {
        struct host *host = &watch->hosts[i];
        bool asks = host->line_length > 0, said = asks || host->last[0] != '\0';

        host->line[host->line_length] = '\0';
        if (host->state == HOST_STARTED)
            host_lose(host, "no answer within %s (--host-timeout)%s%.180s%s", text,
                      said ? "; what it said last: '" : "", asks ? host->line : host->last, said ? "'" : "");
    }
}

void watch_greetings(struct watch *watch)
{
    snprintf(watch->going_on, sizeof watch->going_on, "%u host%s", watch->count, text_plural(watch->count));
    progress_open(&watch->progress, watch->quiet);
    watch_until(watch, HOST_READY, clock_now_ns() + watch->answer_ns);
    lose_silent(watch);
}

static bool any_lingers(const struct watch *watch)
{
    for (unsigned i = 0; i < watch->count; i++) {
        if (host_lingers(&watch->hosts[i]))
            return true;
    }
    return false;
}

// Until what has been lost is gone, or killed; or whoever waits for it has had enough.
static void await_lost(struct watch *watch)
{
    while (any_lingers(watch) && supervisor_interruptions() < 3) {
        poll(NULL, 0, 10);
        reap(watch);
        settle(watch);
    }
}

void watch_runs(struct watch *watch)
{
    for (unsigned i = 0; i < watch->count; i++) {
        if (watch->hosts[i].state == HOST_READY)
            host_go(&watch->hosts[i]);
    }
    watch_until(watch, HOST_OVER, 0);
    await_lost(watch);
}
