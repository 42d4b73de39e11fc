// SPDX-License-Identifier: MIT
#include "cmd/hosts/host.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/hosts/received.h"
#include "cmd/hosts/sift.h"
#include "measure/base/clock.h"
#include "measure/base/descriptors.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/supervisor.h"
#include "reports/document/document.h"
#include "reports/document/fields.h"
#include "reports/findings/summary.h"

// Before the greeting a login may print what it likes, so much of it.
#define NOISE_BYTES ((size_t)65536)
// In a row, so that one that writes faster than it is read keeps nobody from the others.
#define READS_MOST 64
// What came last may still be on its way when the launcher has ended, and the launcher may still have to end when all has come.
#define AFTER_END_NS (7 * NS_PER_S)
// What a lost one has to go by itself, since its lifeline has ended: killed at once, one of this machine would leave its files behind.
#define LOST_NS (5 * NS_PER_S)

void host_lose(struct host *host, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(host->reason, sizeof host->reason, format, arguments);
    va_end(arguments);
    text_repair(host->reason);
    launcher_close(&host->launched);
    host->kill_ns = clock_now_ns() + LOST_NS;
    host->state = HOST_OVER;
}

bool host_lingers(const struct host *host)
{
    return host->state == HOST_OVER && host->kill_ns != 0 && host->launched.pid > 0 && !host->ended;
}

void host_start(struct host *host, const struct launcher *launcher)
{
    char **words = launcher_words(launcher, host->name);
    int err = words != NULL ? launcher_start(words, &host->launched) : -ENOMEM;

    host->state = HOST_STARTED;
    host->heard_ns = clock_now_ns();
    if (err != 0) {
        host->launched = (struct launched){.pid = 0, .in_fd = -1, .out_fd = -1, .err_fd = -1};
        host_lose(host, "its launcher could not be started: %s", strerror(-err));
    }
    free(words);
}

void host_send(struct host *host, const struct sent *sent, bool beat)
{
    while (host->launched.in_fd >= 0 && host->sent < sent->length) {
        ssize_t n = write(host->launched.in_fd, sent->bytes + host->sent, sent->length - host->sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            close_fd(&host->launched.in_fd); // its end will say why
        if (n <= 0)
            return;
        host->sent += (size_t)n;
    }
    if (beat && host->launched.in_fd >= 0)
        (void)!write(host->launched.in_fd, ".", 1);
}

void host_go(struct host *host)
{
    (void)!write(host->launched.in_fd, "g", 1);
    host->state = HOST_RUNNING;
    host->heard_ns = clock_now_ns();
}

static bool make_room(struct host *host)
{
    size_t room = host->room > 0 ? host->room * 2 : NOISE_BYTES;
    char *more;

    if (host->room - host->length > 1)
        return true;
    more = room <= HOST_ANSWER_BYTES ? realloc(host->answer, room) : NULL;
    if (more == NULL)
        return false;
    host->answer = more;
    host->room = room;
    return true;
}

static void drop(struct host *host, size_t bytes)
{
    memmove(host->answer, host->answer + bytes, host->length - bytes);
    host->length -= bytes;
}

static double clock_ahead(const cJSON *greeting)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return field_number(greeting, "unix_ns") - ((double)now.tv_sec * (double)NS_PER_S + (double)now.tv_nsec);
}

static void greeted(struct host *host, cJSON *greeting)
{
    const char *version = field_text(greeting, "version");
    double protocol = field_number(greeting, "lifeline");

    host->greeting = greeting;
    host->clock_ns = clock_ahead(greeting);
    if (protocol != HOSTS_PROTOCOL)
        host_lose(host, "its ccbench%s%.40s speaks protocol %g of lifelines, expected %d", version != NULL ? " " : "",
                  version != NULL ? version : "", protocol, HOSTS_PROTOCOL);
    else if (!cJSON_IsObject(field(greeting, "fingerprint")))
        host_lose(host, "its greeting has no fingerprint");
    else
        host->state = HOST_READY;
}

// The first line that is one; those before it are somebody else's.
static void look_for_greeting(struct host *host)
{
    char *end;

    while (host->state == HOST_STARTED && (end = memchr(host->answer, '\n', host->length)) != NULL) {
        size_t bytes = (size_t)(end + 1 - host->answer);
        cJSON *greeting = sift_greeting(host->answer, bytes);

        drop(host, bytes);
        host->noise += greeting == NULL ? bytes : 0;
        if (greeting != NULL)
            greeted(host, greeting);
    }
    if (host->state == HOST_STARTED && host->noise + host->length > NOISE_BYTES)
        host_lose(host, "what it writes is no answer of ccbench");
}

static void hear_answer(struct host *host)
{
    for (int reads = 0; reads < READS_MOST && host->launched.out_fd >= 0; reads++) {
        ssize_t n;

        if (!make_room(host)) {
            host_lose(host, "its answer is longer than %zu MiB, or there is no memory for it",
                      HOST_ANSWER_BYTES / 1024 / 1024);
            return;
        }
        n = read(host->launched.out_fd, host->answer + host->length, host->room - host->length - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_fd(&host->launched.out_fd);
            return;
        }
        host->heard_ns = clock_now_ns();
        host->length += (size_t)n;
        host->answer[host->length] = '\0';
        look_for_greeting(host);
    }
}

// "…, 12 s left" is what progress says.
static bool is_progress(struct host *host, const char *line)
{
    const char *comma = strrchr(line, ',');
    unsigned long long seconds;
    int end = 0;

    if (comma == NULL || sscanf(comma, ", %llu s left%n", &seconds, &end) != 1 || end == 0 || comma[end] != '\0')
        return false;
    snprintf(host->doing, sizeof host->doing, "%.*s", (int)(comma - line), line);
    host->left_ns = seconds < 1000000 ? seconds * NS_PER_S : 0;
    return true;
}

static void end_line(struct host *host, void (*tell)(const struct host *host, const char *line, void *data), void *data)
{
    static const char ours[] = "ccbench: ";
    const char *line = host->line;

    host->line[host->line_length] = '\0';
    host->line_length = 0;
    if (strncmp(line, ours, strlen(ours)) == 0)
        line += strlen(ours);
    if (line[0] == '\0' || is_progress(host, line))
        return;
    memmove(host->last, line, strlen(line) + 1);
    host->told++;
    tell(host, host->last, data);
}

static void hear_line(struct host *host, void (*tell)(const struct host *host, const char *line, void *data),
                      void *data)
{
    char bytes[4096];
    ssize_t n;

    for (int reads = 0; reads < READS_MOST && host->launched.err_fd >= 0; reads++) {
        n = read(host->launched.err_fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            close_fd(&host->launched.err_fd);
        host->heard_ns = n > 0 ? clock_now_ns() : host->heard_ns;
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] == '\n')
                end_line(host, tell, data);
            else if (bytes[i] != '\r' && host->line_length < HOST_LINE - 1) // ssh ends its lines with both
                host->line[host->line_length++] = bytes[i];
        }
    }
    if (host->launched.err_fd < 0 && host->line_length > 0)
        end_line(host, tell, data);
}

void host_hear(struct host *host, void (*tell)(const struct host *host, const char *line, void *data), void *data)
{
    if (host->state == HOST_OVER)
        return;
    hear_line(host, tell, data);
    hear_answer(host);
}

void host_stop(struct host *host, uint64_t over_ns)
{
    close_fd(&host->launched.in_fd);
    if (host->state == HOST_OVER)
        return;
    host->over_ns = over_ns;
}

void host_ended(struct host *host, int status)
{
    host->ended = true;
    host->status = status;
    close_fd(&host->launched.in_fd);
    if (host->over_ns == 0)
        host->over_ns = clock_now_ns() + AFTER_END_NS;
}

static void lose_by_end(struct host *host)
{
    char how[SUPERVISOR_HOW];
    bool said = host->last[0] != '\0';
    const char *answered = host->state == HOST_STARTED && host->noise > 0
                               ? ", and what it wrote was no answer of ccbench"
                               : "";

    supervisor_how_ended(host->status, how);
    host_lose(host, "its launcher %s%s%.180s%s%s", how, said ? " (" : "", host->last, said ? ")" : "", answered);
}

// One that was killed in the middle of it says so last.
static void lose_report(struct host *host, const char *error)
{
    char how[SUPERVISOR_HOW];
    bool said = host->last[0] != '\0';

    if (!host->ended || host->status == 0) {
        host_lose(host, "its report cannot be read: %.240s", error);
        return;
    }
    supervisor_how_ended(host->status, how);
    host_lose(host, "its report cannot be read: %.140s; its launcher %s%s%.100s%s", error, how, said ? " (" : "",
              host->last, said ? ")" : "");
}

// What came is a report, or is not.
static void read_report(struct host *host)
{
    char error[DOCUMENT_ERROR] = "out of memory";
    const char *text = host->answer;
    size_t length = host->length;
    cJSON *report = NULL;
    int err;

    if (host->state != HOST_RUNNING || host->length == 0 || strspn(host->answer, " \n") == host->length) {
        lose_by_end(host);
        return;
    }
    sift_report(&text, &length);
    err = document_parse(text, length, &report, error);
    if (err == 0 && document_kind(report) != DOCUMENT_REPORT) {
        snprintf(error, sizeof error, "it is no report of a run");
        err = -EINVAL;
    }
    if (err == 0)
        err = summarise_missing(report);
    if (err == 0) {
        host->report = report;
        host->state = HOST_OVER;
        launcher_close(&host->launched);
        return;
    }
    cJSON_Delete(report);
    lose_report(host, error);
}

bool host_settle(struct host *host, uint64_t now_ns)
{
    bool all_came = host->launched.out_fd < 0 && host->launched.err_fd < 0,
         late = host->over_ns != 0 && now_ns >= host->over_ns;

    if (host_lingers(host) && now_ns >= host->kill_ns) {
        kill(-host->launched.pid, SIGKILL);
        host->kill_ns = 0;
    }
    if (host->state == HOST_OVER)
        return true;
    if (all_came && host->over_ns == 0)
        host->over_ns = now_ns + AFTER_END_NS;
    if ((host->ended && (all_came || late)) || (late && host->state == HOST_RUNNING && host->length > 0))
        read_report(host); // perhaps of one whose launcher stays
    else if (late)
        host_lose(host, "it did not end within 7 s of being told to");
    if (host->state == HOST_OVER && !host->ended && host->launched.pid > 0)
        kill(-host->launched.pid, SIGKILL);
    return host->state == HOST_OVER;
}

void host_release(struct host *host)
{
    launcher_close(&host->launched);
    cJSON_Delete(host->greeting);
    cJSON_Delete(host->report);
    free(host->answer);
}
