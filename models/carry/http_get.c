// SPDX-License-Identifier: MIT
#include "models/carry/http_get.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "measure/base/task_status.h"

#define FNV_OFFSET UINT32_C(2166136261)
#define FNV_PRIME UINT32_C(16777619)

unsigned parameters_client(const struct parameter *declared, const struct parameter_values *values)
{
    int index = parameter_find(declared, CLIENT_KEY, strlen(CLIENT_KEY));

    return index >= 0 ? (unsigned)values->of[index] : HTTP_LIBCURL;
}

// By what the parameter chooses; those that are not built are refused before.
static const struct http_engine *const engines[HTTP_CLIENTS] = {
#ifdef CCBENCH_HAVE_CURL
    [HTTP_LIBCURL] = &http_engine_curl,
#else
    [HTTP_LIBCURL] = NULL,
#endif
#ifdef CCBENCH_HAVE_HTTP_MESSAGE
    [HTTP_BARE] = &http_engine_bare,
#endif
};

const char *http_client_missing(unsigned client)
{
    if (engines[client] != NULL)
        return NULL;
    return client == HTTP_BARE ? "llhttp not found" : "libcurl not found";
}

int http_open(struct trial *trial)
{
    const char *missing = http_client_missing(trial->client);

    if (missing != NULL)
        return trial_fail(trial, -ENOSYS, "not built: %s", missing);
    trial->http_engine = engines[trial->client];
    return trial->http_engine->load(trial);
}

void http_close(struct trial *trial)
{
    if (trial->http_engine != NULL)
        trial->http_engine->unload(trial);
}

struct http_get *http_get_new(struct trial *trial)
{
    struct http_get *get = NULL;

    return trial->http_engine->make(trial, &get) == 0 ? get : NULL;
}

int http_get_open(struct trial *trial, struct http_get **ret_get)
{
    int err = trial->http_engine->make(trial, ret_get);

    return err == -ENOMEM ? trial_fail(trial, err, "out of memory for an HTTP client") : err;
}

void http_get_close(struct http_get *get)
{
    if (get != NULL)
        get->engine->destroy(get);
}

int http_get_perform(struct http_get *get, const struct step *step, uint32_t *check)
{
    return get->engine->perform(get, step, check);
}

void http_get_init(struct http_get *get, const struct trial *trial)
{
    *get = (struct http_get){
        .engine = trial->http_engine,
        .hashes = trial->foreign,
        .timeout_ns = trial->task_timeout_ns,
        .retries = &trial->shared->retries,
    };
}

void http_get_begin(struct http_get *get)
{
    get->received = 0;
    get->hash = FNV_OFFSET;
}

void http_get_add(struct http_get *get, const char *data, size_t length)
{
    get->received += length;
    if (!get->hashes)
        return;
    for (size_t i = 0; i < length; i++)
        get->hash = (get->hash ^ (unsigned char)data[i]) * FNV_PRIME;
}

int http_get_answered(const struct http_get *get, unsigned status, uint32_t *check)
{
    if (status == 0) // whatever ended it, no answer came
        return TASK_STATUS_CURL + TASK_CURL_GOT_NOTHING;
    if (status < 200 || status > 299)
        return (int)status;
    *check += get->hashes ? get->hash ^ (uint32_t)get->received : (uint32_t)get->received;
    return 0;
}

void http_get_count_retries(struct http_get *get, unsigned more)
{
    if (more > 0)
        atomic_fetch_add_explicit(get->retries, more, memory_order_relaxed);
}
