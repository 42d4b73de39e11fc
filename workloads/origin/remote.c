// SPDX-License-Identifier: MIT
#include "workloads/origin/remote.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/http_client.h"
#include "measure/base/json.h"
#include "measure/base/libcurl.h"
#include "measure/base/utf8.h"
#include "measure/supervisor.h"
#include "version.h"
#include "workloads/origin/control.h"
#include "workloads/origin/round_trip.h"

#ifdef CCBENCH_HAVE_CURL

// The most that one question may take; and the longest answer that is one.
#define ASK_MS 5000L
#define PAGE_MOST (1 << 16)
// Before the round trip is measured, and how often it is.
#define WARM_UPS 5
#define ROUND_TRIPS 40
// How long answers that are under way are waited for.
#define SETTLE_TRIES 200
// An origin that has vanished without a word is noticed after so many seconds of silence, and three probes.
#define PROBE_AFTER_S 2
#define PROBE_EVERY_S 1
#define PROBES 3

struct page {
    char text[PAGE_MOST];
    size_t length;
};

static size_t on_page(char *data, size_t size, size_t count, void *user)
{
    struct page *page = user;
    const size_t length = size * count;

    if (length >= sizeof page->text - page->length)
        return 0; // not what an origin says
    memcpy(page->text + page->length, data, length);
    page->length += length;
    page->text[page->length] = '\0';
    return length;
}

static int on_progress(void *user, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
    return supervisor_interrupted() != 0;
}

static int on_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    struct origin_remote *remote = user;
    const struct {
        int level, name, value;
    } wanted[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S},
        {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        setsockopt(fd, wanted[i].level, wanted[i].name, &wanted[i].value, sizeof wanted[i].value);
    remote->socket = fd;
    return CURL_SOCKOPT_OK;
}

static int on_close(void *user, curl_socket_t fd)
{
    struct origin_remote *remote = user;

    if (remote->socket == fd)
        remote->socket = -1;
    return close(fd);
}

static int open_handle(struct origin_remote *remote, const char *token)
{
    static const struct http_client plain = {.header_count = 0};
    char shown[ORIGIN_AUTHORIZATION + 32];
    CURL *easy = libcurl.easy_init();

    if (easy == NULL)
        return -ENOMEM;
    remote->easy = easy;
    http_client_apply(&plain, easy);
    libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_page);
    libcurl.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    libcurl.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    libcurl.easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    libcurl.easy_setopt(easy, CURLOPT_SOCKOPTDATA, remote);
    libcurl.easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    libcurl.easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, remote);
    libcurl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, ASK_MS);
    if (token == NULL)
        return 0;
    snprintf(shown, sizeof shown, "Authorization: Bearer %s", token);
    remote->token = libcurl.slist_append(NULL, shown);
    libcurl.easy_setopt(easy, CURLOPT_HTTPHEADER, remote->token);
    return remote->token != NULL ? 0 : -ENOMEM;
}

static int fail(char error[REMOTE_ERROR], int err, const char *format, const char *what)
{
    snprintf(error, REMOTE_ERROR, format, what);
    return err;
}

// Gets `path`, and what was answered. 0; -EINTR; or -EHOSTUNREACH: no answer.
static int get(struct origin_remote *remote, const char *path, struct page *page, long *ret_status,
               char error[REMOTE_ERROR])
{
    char url[REMOTE_URL + 128];
    CURLcode code;

    snprintf(url, sizeof url, "%s%s", remote->base, path);
    page->length = 0;
    page->text[0] = '\0';
    libcurl.easy_setopt(remote->easy, CURLOPT_URL, url);
    libcurl.easy_setopt(remote->easy, CURLOPT_WRITEDATA, page);
    code = libcurl.easy_perform(remote->easy);
    if (supervisor_interrupted() != 0)
        return -EINTR;
    if (code == CURLE_WRITE_ERROR || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
        return fail(error, -EPROTO, "is no origin of ccbench%s", "");
    if (code != CURLE_OK)
        return fail(error, -EHOSTUNREACH, "cannot be reached: %s", libcurl.easy_strerror(code));
    libcurl.easy_getinfo(remote->easy, CURLINFO_RESPONSE_CODE, ret_status);
    return 0;
}

static int refused(long status, const cJSON *answer, char error[REMOTE_ERROR])
{
    const char *since = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "since"));

    if (status == 403)
        return fail(error, -EACCES, "wants another token%s (--token, --token-file)", "");
    if (status == 409 && since != NULL && since[strspn(since, "0123456789-:TZ")] == '\0')
        return fail(error, -EBUSY, "is in use by another run since %s", since);
    return status == 409 ? -ENOLCK : fail(error, -EPROTO, "is no origin of ccbench%s", "");
}

// Asks the origin itself. 0 with its answer, which is the caller's; -ENOLCK: the lease is lost; or what get() fails with, or another
// -errno with `error`.
static int ask(struct origin_remote *remote, const char *path, cJSON **ret_answer, char error[REMOTE_ERROR])
{
    struct page *page = malloc(sizeof *page);
    cJSON *answer = NULL;
    long status = 0;
    int err = page != NULL ? get(remote, path, page, &status, error) : -ENOMEM;

    if (err == 0)
        answer = cJSON_Parse(page->text);
    free(page);
    if (err == 0 && (status != 200 || !cJSON_IsObject(answer)))
        err = refused(status, answer, error);
    if (err == 0)
        *ret_answer = answer;
    else
        cJSON_Delete(answer);
    return err;
}

static uint64_t number(const cJSON *answer, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(answer, name);

    return cJSON_IsNumber(item) && item->valuedouble > 0 ? (uint64_t)item->valuedouble : 0;
}

static int check(const cJSON *answer, char error[REMOTE_ERROR])
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "origin"));
    char speaks[64];

    if (name == NULL || strcmp(name, "ccbench") != 0)
        return fail(error, -EPROTO, "is no origin of ccbench%s", "");
    snprintf(speaks, sizeof speaks, "%llu, expected %d", (unsigned long long)number(answer, "protocol"),
             ORIGIN_PROTOCOL);
    return number(answer, "protocol") == ORIGIN_PROTOCOL
               ? 0
               : fail(error, -EPROTO, "is an origin of another ccbench: it speaks protocol %s", speaks);
}

static int lease(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    char path[96];
    const char *certificate, *address = NULL;
    cJSON *answer = NULL;
    int err;

    snprintf(path, sizeof path, "/lease?run=%s&seed=%llu", remote->run, (unsigned long long)remote->seed);
    err = ask(remote, path, &answer, error);
    if (err == -ENOLCK)
        err = fail(error, -EPROTO, "is no origin of ccbench%s", "");
    if (err == 0)
        err = check(answer, error);
    if (err != 0) {
        cJSON_Delete(answer);
        return err;
    }
    cJSON_Delete(remote->set_up);
    remote->set_up = answer;
    remote->leased = true;
    certificate = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "certificate"));
    snprintf(remote->certificate, sizeof remote->certificate, "%s", certificate != NULL ? certificate : "");
    libcurl.easy_getinfo(remote->easy, CURLINFO_PRIMARY_IP, &address);
    snprintf(remote->address, sizeof remote->address, "%.*s", UTF8_CLIPPED(address != NULL ? address : "", 64));
    return 0;
}

static void read_counts(const cJSON *answer, struct origin_reading *ret_reading)
{
    *ret_reading = (struct origin_reading){
        .cpu_ns = number(answer, "cpu_ns"),
        .connections = number(answer, "connections"),
        .requests = number(answer, "requests"),
        .bytes = number(answer, "bytes"),
        .tls_connections = number(answer, "tls_connections"),
        .tls_handshakes = number(answer, "tls_handshakes"),
        .tls_resumed = number(answer, "tls_resumed"),
    };
}

static struct remote_strangers read_strangers(const cJSON *answer)
{
    const cJSON *strangers = cJSON_GetObjectItemCaseSensitive(answer, "strangers");

    return (struct remote_strangers){
        .connections = number(strangers, "connections"),
        .requests = number(strangers, "requests"),
    };
}

// What may stand in a URL.
static bool is_marker(const char *marker)
{
    return marker != NULL && marker[0] == '/' && strlen(marker) < ORIGIN_MARKER &&
           marker[strspn(marker, "/0123456789abcdefr")] == '\0';
}

// Where the trial's fetches go.
static void aim(struct origin_remote *remote, const char *of)
{
    const char *six = strchr(remote->url.host, ':') != NULL ? "[]" : "";
    char marker[ORIGIN_MARKER];

    snprintf(marker, sizeof marker, "%s", of);
    snprintf(remote->trial_url, sizeof remote->trial_url, "%s%s", remote->base, marker);
    snprintf(remote->trial_tls_url, sizeof remote->trial_tls_url, "https://%.1s%s%s:%u%s", six, remote->url.host,
             six[0] != '\0' ? six + 1 : "", (unsigned)(number(remote->set_up, "tls_port") & 65535), marker);
}

static int begin(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    const char *marker;
    cJSON *answer = NULL;
    int err = remote->leased ? 0 : lease(remote, error);

    if (err == 0)
        err = ask(remote, "/trial", &answer, error);
    if (err != 0)
        return err;
    marker = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "marker"));
    if (!is_marker(marker)) {
        cJSON_Delete(answer);
        return fail(error, -EPROTO, "does not answer as an origin of ccbench does%s", "");
    }
    aim(remote, marker);
    remote->trial = number(answer, "trial");
    read_counts(answer, &remote->before);
    remote->others = read_strangers(answer);
    cJSON_Delete(answer);
    return 0;
}

int origin_remote_begin(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    int err = begin(remote, error);

    // It had ended, or the line was cut, meanwhile.
    if (err == -ENOLCK) {
        remote->leased = false;
        err = begin(remote, error);
    }
    if (err == -ENOLCK)
        err = fail(error, -EBUSY, "has lost the lease again%s", "");
    remote->leased &= err == 0;
    return err;
}

// A connection may turn out later to be the run's.
static uint64_t grown(uint64_t before, uint64_t after)
{
    return after > before ? after - before : 0;
}

// Whether nothing is under way any more.
static bool is_settled(const cJSON *answer)
{
    return number(answer, "requests") <= number(answer, "responses") + number(answer, "aborted");
}

int origin_remote_read(struct origin_remote *remote, struct origin_reading *ret_used,
                       struct remote_strangers *ret_strangers, char error[REMOTE_ERROR])
{
    cJSON *answer = NULL;
    bool settled = false;
    int err = 0;

    for (int i = 0; err == 0 && !settled && i < SETTLE_TRIES; i++) {
        cJSON_Delete(answer);
        answer = NULL;
        if (i > 0)
            clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
        err = ask(remote, "/stats", &answer, error);
        settled = err == 0 && is_settled(answer);
    }
    if (err == -ENOLCK || (err == 0 && number(answer, "trial") != remote->trial))
        err = fail(error, -EPROTO, "had ended meanwhile%s", "");
    if (err == 0) {
        struct remote_strangers now = read_strangers(answer);

        read_counts(answer, ret_used);
        ret_used->cpu_ns -= remote->before.cpu_ns;
        *ret_strangers = (struct remote_strangers){
            .connections = grown(remote->others.connections, now.connections),
            .requests = grown(remote->others.requests, now.requests),
        };
    }
    cJSON_Delete(answer);
    remote->leased &= err == 0;
    return err;
}

bool origin_remote_gone(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    struct pollfd fd = {.fd = remote->socket, .events = POLLIN | POLLRDHUP};
    int why = 0;
    socklen_t size = sizeof why;

    // Nothing is asked meanwhile: whatever there is to read is its end.
    if (!remote->leased || (remote->socket >= 0 && poll(&fd, 1, 0) <= 0))
        return false;
    if (remote->socket >= 0)
        getsockopt(remote->socket, SOL_SOCKET, SO_ERROR, &why, &size);
    snprintf(error, REMOTE_ERROR, "is gone: %s", why != 0 ? strerror(why) : "it has closed the connection");
    remote->leased = false;
    return true;
}

static int measure_round_trip(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    double values[ROUND_TRIPS];
    char small[ORIGIN_MARKER + 16];
    int err;

    // One byte: what is measured is the way.
    snprintf(small, sizeof small, "%.*s/bytes/1",
             UTF8_CLIPPED(remote->trial_url + strlen(remote->base), ORIGIN_MARKER));
    err = round_trip_measure(&remote->url, small, WARM_UPS, ROUND_TRIPS, values);
    if (err == -EPROTO)
        return fail(error, err, "does not answer as an origin of ccbench does%s", "");
    if (err != 0)
        return fail(error, err, "cannot be reached: %s", strerror(-err));
    return stats_summarise(values, ROUND_TRIPS, &remote->round_trip);
}

static int connect_to(struct origin_remote *remote, const char *url, const char *token, char error[REMOTE_ERROR])
{
    const char *why = "";
    char reason[URL_ERROR];
    int err = libcurl_load(&why);

    if (err != 0)
        return fail(error, err, "cannot be asked: cannot load libcurl: %s", why);
    if (url_split(url, &remote->url, reason) != 0)
        return fail(error, -EINVAL, "cannot be asked: expected %s", reason);
    snprintf(remote->base, sizeof remote->base, "%.*s", UTF8_CLIPPED(url, URL_HOST + 32));
    if (strlen(remote->base) > remote->url.path)
        remote->base[remote->url.path] = '\0';
    err = origin_guard_random(remote->run, sizeof remote->run);
    return err == 0 ? open_handle(remote, token) : err;
}

int origin_remote_open(struct origin_remote *remote, const char *url, const char *token, uint64_t seed,
                       char error[REMOTE_ERROR])
{
    int err;

    *remote = (struct origin_remote){.socket = -1, .seed = seed};
    error[0] = '\0';
    err = connect_to(remote, url, token, error);
    if (err == 0)
        err = origin_remote_begin(remote, error);
    if (err == 0)
        err = measure_round_trip(remote, error);
    if (err != 0 && error[0] == '\0')
        snprintf(error, REMOTE_ERROR, "cannot be asked: %s", strerror(-err));
    return err;
}

void origin_remote_close(struct origin_remote *remote)
{
    if (remote->easy != NULL)
        libcurl.easy_cleanup(remote->easy);
    if (remote->token != NULL)
        libcurl.slist_free_all(remote->token);
    cJSON_Delete(remote->set_up);
    *remote = (struct origin_remote){.socket = -1};
}

#else

int origin_remote_open(struct origin_remote *remote, const char *url, const char *token, uint64_t seed,
                       char error[REMOTE_ERROR])
{
    *remote = (struct origin_remote){.socket = -1};
    snprintf(error, REMOTE_ERROR, "cannot be asked: fetching is not built: libcurl not found");
    return -ENOSYS;
}

void origin_remote_close(struct origin_remote *remote)
{
}

int origin_remote_begin(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    return -ENOSYS;
}

int origin_remote_read(struct origin_remote *remote, struct origin_reading *ret_used,
                       struct remote_strangers *ret_strangers, char error[REMOTE_ERROR])
{
    return -ENOSYS;
}

bool origin_remote_gone(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    return false;
}

#endif

static void copy_fact(cJSON *json, const char *name, const cJSON *from, const char *there)
{
    const cJSON *fact = cJSON_GetObjectItemCaseSensitive(from, there);

    cJSON_AddItemToObject(
        json, name, cJSON_IsString(fact) || cJSON_IsNumber(fact) ? cJSON_Duplicate(fact, false) : cJSON_CreateNull());
}

static void add_round_trip(cJSON *json, const struct stats_summary *summary)
{
    cJSON *trip = cJSON_AddObjectToObject(json, "round_trip_ns");

    cJSON_AddNumberToObject(trip, "n", (double)summary->n);
    cJSON_AddNumberToObject(trip, "median", summary->median);
    cJSON_AddNumberToObject(trip, "low", summary->low);
    cJSON_AddNumberToObject(trip, "high", summary->high);
    cJSON_AddNumberToObject(trip, "min", summary->min);
    cJSON_AddNumberToObject(trip, "max", summary->max);
}

cJSON *origin_remote_describe(const struct origin_remote *remote)
{
    static const char *const facts[] = {"host", "cpu", "cores", "kernel", "os", "virtualisation"};
    const cJSON *machine = cJSON_GetObjectItemCaseSensitive(remote->set_up, "machine");
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "url", remote->base);
    cJSON_AddStringToObject(json, "address", remote->address);
    copy_fact(json, "version", remote->set_up, "version");
    copy_fact(json, "build_type", remote->set_up, "build_type");
    copy_fact(json, "sanitizer", remote->set_up, "sanitizer");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        copy_fact(json, facts[i], machine, facts[i]);
    add_round_trip(json, &remote->round_trip);
    return json;
}
