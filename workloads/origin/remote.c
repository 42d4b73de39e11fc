// SPDX-License-Identifier: MIT
#include "workloads/origin/remote.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "measure/base/clock.h"
#include "measure/base/utf8.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/remote_ask.h"
#include "workloads/origin/round_trip.h"

// Before the round trip is measured, and how often it is.
#define WARM_UPS 5
#define ROUND_TRIPS 40
// How long answers that are under way are waited for.
#define SETTLE_TRIES 200
static int check(const cJSON *answer, char error[REMOTE_ERROR])
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "origin"));
    char speaks[64];

    if (name == NULL || strcmp(name, "ccbench") != 0)
        return remote_fail(error, -EPROTO, "is no origin of ccbench%s", "");
    snprintf(speaks, sizeof speaks, "%llu, expected %d", (unsigned long long)remote_number(answer, "protocol"),
             ORIGIN_PROTOCOL);
    return remote_number(answer, "protocol") == ORIGIN_PROTOCOL
               ? 0
               : remote_fail(error, -EPROTO, "is an origin of another ccbench: it speaks protocol %s", speaks);
}

static int lease(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    char path[96];
    const char *certificate;
    cJSON *answer = NULL;
    int err;

    snprintf(path, sizeof path, "/lease?run=%s&seed=%llu", remote->run, (unsigned long long)remote->seed);
    err = remote_ask(remote, path, &answer, error);
    if (err == -ENOLCK)
        err = remote_fail(error, -EPROTO, "is no origin of ccbench%s", "");
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
    snprintf(remote->address, sizeof remote->address, "%.*s", UTF8_CLIPPED(remote_ask_address(remote), 64));
    return 0;
}

// Of one of a single worker, and of one from before there could be several, nothing is there to read.
static void read_workers(const cJSON *answer, struct origin_reading *reading)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(answer, "worker_cpu_ns"), *worker;

    reading->workers = 1;
    if (!cJSON_IsArray(list))
        return;
    reading->workers = 0;
    cJSON_ArrayForEach(worker, list) {
        if (reading->workers == ORIGIN_WORKERS_MOST)
            break;
        if (cJSON_IsNumber(worker) && worker->valuedouble >= 0 && worker->valuedouble < 1e18)
            reading->worker_cpu_ns[reading->workers] = (uint64_t)worker->valuedouble;
        reading->workers++;
    }
}

static void read_counts(const cJSON *answer, struct origin_reading *ret_reading)
{
    *ret_reading = (struct origin_reading){
        .cpu_ns = remote_number(answer, "cpu_ns"),
        .connections = remote_number(answer, "connections"),
        .requests = remote_number(answer, "requests"),
        .bytes = remote_number(answer, "bytes"),
        .tls_connections = remote_number(answer, "tls_connections"),
        .tls_handshakes = remote_number(answer, "tls_handshakes"),
        .tls_resumed = remote_number(answer, "tls_resumed"),
    };
    read_workers(answer, ret_reading);
}

static struct remote_strangers read_strangers(const cJSON *answer)
{
    const cJSON *strangers = cJSON_GetObjectItemCaseSensitive(answer, "strangers");

    return (struct remote_strangers){
        .connections = remote_number(strangers, "connections"),
        .requests = remote_number(strangers, "requests"),
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
             six[0] != '\0' ? six + 1 : "", (unsigned)(remote_number(remote->set_up, "tls_port") & 65535), marker);
}

static int begin(struct origin_remote *remote, char error[REMOTE_ERROR])
{
    const char *marker;
    cJSON *answer = NULL;
    int err = remote->leased ? 0 : lease(remote, error);

    if (err == 0)
        err = remote_ask(remote, "/trial", &answer, error);
    if (err != 0)
        return err;
    marker = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "marker"));
    if (!is_marker(marker)) {
        cJSON_Delete(answer);
        return remote_fail(error, -EPROTO, "does not answer as an origin of ccbench does%s", "");
    }
    aim(remote, marker);
    remote->trial = remote_number(answer, "trial");
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
        err = remote_fail(error, -EBUSY, "has lost the lease again%s", "");
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
    return remote_number(answer, "requests") <= remote_number(answer, "responses") + remote_number(answer, "aborted");
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
        err = remote_ask(remote, "/stats", &answer, error);
        settled = err == 0 && is_settled(answer);
    }
    if (err == -ENOLCK || (err == 0 && remote_number(answer, "trial") != remote->trial))
        err = remote_fail(error, -EPROTO, "had ended meanwhile%s", "");
    if (err == 0) {
        struct remote_strangers now = read_strangers(answer);

        read_counts(answer, ret_used);
        ret_used->busiest_cpu_ns = origin_reading_busiest_ns(&remote->before, ret_used);
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
        return remote_fail(error, err, "does not answer as an origin of ccbench does%s", "");
    if (err != 0)
        return remote_fail(error, err, "cannot be reached: %s", strerror(-err));
    return stats_summarise(values, ROUND_TRIPS, &remote->round_trip);
}

static int connect_to(struct origin_remote *remote, const char *url, const char *token, char error[REMOTE_ERROR])
{
    char reason[URL_ERROR];
    int err;

    if (url_split(url, &remote->url, reason) != 0)
        return remote_fail(error, -EINVAL, "cannot be asked: expected %s", reason);
    snprintf(remote->base, sizeof remote->base, "%.*s", UTF8_CLIPPED(url, URL_HOST + 32));
    if (strlen(remote->base) > remote->url.path)
        remote->base[remote->url.path] = '\0';
    err = origin_guard_random(remote->run, sizeof remote->run);
    return err == 0 ? remote_ask_open(remote, token, error) : err;
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
    remote_ask_close(remote);
    cJSON_Delete(remote->set_up);
    *remote = (struct origin_remote){.socket = -1};
}

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
    copy_fact(json, "workers", remote->set_up, "workers");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        copy_fact(json, facts[i], machine, facts[i]);
    add_round_trip(json, &remote->round_trip);
    return json;
}
