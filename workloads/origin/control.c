// SPDX-License-Identifier: MIT
#include "workloads/origin/control.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "version.h"
#include "workloads/origin/connection_inner.h"

// Whoever has the lease is taken to have vanished when it has acknowledged nothing for so long.
#define UNHEARD_MS 10000u

// Longest value in a query, the final NUL included.
#define VALUE_MOST ORIGIN_RUN

static void answer(struct connection *c, unsigned status, cJSON *json, enum origin_persistence persistence)
{
    char *text = cJSON_PrintUnformatted(json);

    origin_answer_format_json(&c->answer, status, text, persistence);
    cJSON_free(text);
    cJSON_Delete(json);
}

static void refuse(struct connection *c, unsigned status, const char *why, enum origin_persistence persistence)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "error", why);
    answer(c, status, json, persistence);
}

// Copies the value of NAME=VALUE out of the query; "" where there is none, or it is too long.
static void query_value(const char *target, size_t length, const char *name, char ret_value[VALUE_MOST])
{
    const size_t n = strlen(name);
    const char *at = memchr(target, '?', length), *const end = target + length;

    ret_value[0] = '\0';
    while (at != NULL && at + 1 + n < end) {
        const char *next = memchr(at + 1, '&', (size_t)(end - at - 1));
        size_t value = (size_t)((next != NULL ? next : end) - at) - 1;

        if (value > n && value - n - 1 < VALUE_MOST && strncmp(at + 1, name, n) == 0 && at[1 + n] == '=') {
            memcpy(ret_value, at + n + 2, value - n - 1);
            ret_value[value - n - 1] = '\0';
            return;
        }
        at = next;
    }
}

// Of all workers together.
static void add_counters(cJSON *json, const struct origin_shared *shared)
{
    static const struct {
        const char *name;
        size_t at;
    } counters[] = {
        {"connections", offsetof(struct origin_counters, connections)},
        {"requests", offsetof(struct origin_counters, requests)},
        {"responses", offsetof(struct origin_counters, responses)},
        {"bytes", offsetof(struct origin_counters, bytes)},
        {"aborted", offsetof(struct origin_counters, aborted)},
        {"in_flight_peak", offsetof(struct origin_counters, in_flight_peak)},
        {"tls_connections", offsetof(struct origin_counters, tls_connections)},
        {"tls_handshakes", offsetof(struct origin_counters, tls_handshakes)},
        {"tls_resumed", offsetof(struct origin_counters, tls_resumed)},
        {"tls_failed", offsetof(struct origin_counters, tls_failed)},
    };

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        const uint64_t sum = origin_counters_sum(shared->all, shared->workers, counters[i].at, shared->trial);

        cJSON_AddNumberToObject(json, counters[i].name, (double)sum);
    }
}

// Of all workers that have heard of the lease.
static uint64_t strangers_sum(const struct origin_shared *shared, size_t at)
{
    const uint64_t number = atomic_load(&shared->guard->number);
    uint64_t sum = 0;

    for (unsigned i = 0; i < shared->workers; i++) {
        const struct origin_guard *guard = shared->guards[i];

        if (atomic_load(&guard->number) == number)
            sum += atomic_load((const _Atomic uint64_t *)((const char *)&guard->strangers + at));
    }
    return sum;
}

static void add_strangers(cJSON *json, const struct origin_shared *shared)
{
    static const struct {
        const char *name;
        size_t at;
    } counts[] = {
        {"connections", offsetof(struct origin_strangers, connections)},
        {"requests", offsetof(struct origin_strangers, requests)},
        {"refused", offsetof(struct origin_strangers, refused)},
        {"dropped", offsetof(struct origin_strangers, dropped)},
    };
    const struct origin_lease *lease = shared->guard->lease;
    cJSON *strangers = cJSON_AddObjectToObject(json, "strangers");

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cJSON_AddNumberToObject(strangers, counts[i].name, (double)strangers_sum(shared, counts[i].at));
    cJSON_AddNumberToObject(json, "connections_now", atomic_load(&lease->connections));
    cJSON_AddNumberToObject(json, "connections_most", lease->most);
}

// Of one worker that is the same as cpu_ns.
static void add_workers(cJSON *json, const struct origin_shared *shared)
{
    cJSON *list = shared->workers > 1 ? cJSON_AddArrayToObject(json, "worker_cpu_ns") : NULL;

    for (unsigned i = 0; list != NULL && i < shared->workers; i++) {
        const uint64_t cpu_ns = clock_cpu_of_thread_ns(getpid(), atomic_load(&shared->all[i].thread));

        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)cpu_ns));
    }
}

static void add_stats(cJSON *json, const struct origin_shared *shared)
{
    add_counters(json, shared);
    cJSON_AddNumberToObject(json, "cpu_ns", (double)clock_cpu_ns());
    add_workers(json, shared);
    if (origin_counts_at_once(shared))
        return;
    cJSON_AddNumberToObject(json, "trial", (double)shared->trial);
    add_strangers(json, shared);
}

void origin_control_stats(struct connection *c, enum origin_persistence persistence)
{
    cJSON *json = cJSON_CreateObject();

    origin_count(&c->shared->counters->told, 1);
    add_stats(json, c->shared);
    answer(c, HTTP_STATUS_OK, json, persistence);
}

static void refuse_second(struct connection *c, time_t since, enum origin_persistence persistence)
{
    cJSON *json = cJSON_CreateObject();
    char text[32] = "";
    struct tm utc;

    gmtime_r(&since, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cJSON_AddStringToObject(json, "error", "in use by another run");
    cJSON_AddStringToObject(json, "since", text);
    answer(c, HTTP_STATUS_CONFLICT, json, persistence);
}

static void answer_set_up(struct connection *c, enum origin_persistence persistence)
{
    const struct origin_shared *shared = c->shared;
    cJSON *json = cJSON_CreateObject();
    cJSON *machine = shared->config->machine != NULL ? cJSON_Parse(shared->config->machine) : NULL;

    cJSON_AddStringToObject(json, "origin", "ccbench");
    cJSON_AddNumberToObject(json, "protocol", ORIGIN_PROTOCOL);
    cJSON_AddStringToObject(json, "version", CCBENCH_VERSION);
    cJSON_AddStringToObject(json, "build_type", CCBENCH_BUILD_TYPE);
    json_add_text(json, "sanitizer", CCBENCH_SANITIZER);
    cJSON_AddNumberToObject(json, "tls_port", shared->ready->tls_port);
    cJSON_AddNumberToObject(json, "workers", shared->workers);
    json_add_text(json, "certificate", shared->ready->certificate);
    cJSON_AddItemToObject(json, "machine", machine != NULL ? machine : cJSON_CreateNull());
    answer(c, HTTP_STATUS_OK, json, persistence);
}

// As the listener's probes do where nothing is said (see workloads/origin/origin.c), where something is.
static void watch_holder(struct connection *c)
{
    const unsigned unheard_ms = UNHEARD_MS;
    int fd;

    if (uv_fileno((uv_handle_t *)&c->transport.tcp, &fd) == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unheard_ms, sizeof unheard_ms);
}

// Whoever has it keeps it until its connection closes; the same run may take it along to another connection.
static void answer_lease(struct connection *c, const char *target, size_t length, enum origin_persistence persistence)
{
    struct origin_shared *shared = c->shared;
    struct origin_guest *former;
    time_t since;
    char run[VALUE_MOST], seed[VALUE_MOST];

    query_value(target, length, "run", run);
    query_value(target, length, "seed", seed);
    if (run[0] == '\0' || !isdigit((unsigned char)seed[0])) {
        refuse(c, HTTP_STATUS_BAD_REQUEST, "expected /lease?run=ID&seed=N", persistence);
        return;
    }
    if (origin_guard_lease(shared->guard, &c->guest, run, strtoull(seed, NULL, 10), &former, &since) != 0) {
        refuse_second(c, since, persistence);
        return;
    }
    if (former != NULL)
        origin_connection_end(former);
    watch_holder(c);
    origin_follow(shared);
    answer_set_up(c, persistence);
}

static void answer_trial(struct connection *c, const char *target, size_t length, enum origin_persistence persistence)
{
    struct origin_shared *shared = c->shared;
    cJSON *json;
    int err = origin_guard_mark(shared->guard, &c->guest);

    if (err == -EBUSY) {
        refuse(c, HTTP_STATUS_CONFLICT, "no lease", persistence);
        return;
    }
    if (err != 0) {
        refuse(c, HTTP_STATUS_SERVICE_UNAVAILABLE, "no randomness", persistence);
        return;
    }
    origin_follow(shared);
    json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "marker", shared->guard->marker);
    add_stats(json, shared);
    answer(c, HTTP_STATUS_OK, json, persistence);
}

static void answer_stats(struct connection *c, const char *target, size_t length, enum origin_persistence persistence)
{
    origin_control_stats(c, persistence);
}

static const struct control {
    const char *path;
    void (*answer)(struct connection *c, const char *target, size_t length, enum origin_persistence persistence);
} controls[] = {{"/stats", answer_stats}, {"/lease", answer_lease}, {"/trial", answer_trial}};

static const struct control *find(const char *target, size_t length)
{
    const char *query = memchr(target, '?', length);
    const size_t path = query != NULL ? (size_t)(query - target) : length;

    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        if (strlen(controls[i].path) == path && memcmp(target, controls[i].path, path) == 0)
            return &controls[i];
    }
    return NULL;
}

bool origin_control_asked(const char *target, size_t length)
{
    return find(target, length) != NULL;
}

bool origin_control_answer(struct connection *c, const char *target, size_t length, enum origin_persistence persistence)
{
    const struct control *control = find(target, length);

    if (control != NULL)
        control->answer(c, target, length, persistence);
    return control != NULL;
}
