// SPDX-License-Identifier: MIT
#include "models/carry/http_get.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "measure/base/libcurl.h"
#include "measure/base/task_status.h"
#include "measure/base/url.h"

#ifdef CCBENCH_HAVE_CURL
#define FNV_OFFSET UINT32_C(2166136261)
#define FNV_PRIME UINT32_C(16777619)

static bool mix_needs_tls(const struct program *program)
{
    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        bool tls = false;

        if (step->kind == STEP_FETCH && step->url != NULL && url_scheme(step->url, &tls) > 0 && tls)
            return true;
        for (uint64_t j = 0; j < step_callees(step); j++) {
            if (mix_needs_tls(&step->callee[j]))
                return true;
        }
    }
    return false;
}

int http_load(struct trial *trial)
{
    const char *why = NULL;

    if (libcurl_load(&why) != 0)
        return trial_fail(trial, strstr(why, "failed to map") != NULL ? -ENOMEM : -ENOENT, "cannot load libcurl: %s",
                          why);
    return http_client_prepare(&trial->http) == 0 ? 0 : trial_fail(trial, -ENOMEM, "out of memory for HTTP headers");
}

int http_global_open(const struct trial *trial)
{
    long flags = CURL_GLOBAL_NOTHING;

    for (size_t i = 0; i < trial->mix.count; i++) {
        if (mix_needs_tls(&trial->mix.classes[i].program))
            flags = CURL_GLOBAL_ALL;
    }
    return libcurl.global_init(flags) == CURLE_OK ? 0 : -ENOMEM;
}

void http_global_close(void)
{
    if (libcurl.global_cleanup != NULL) // it has been loaded
        libcurl.global_cleanup();
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http_get *get = user;
    size_t length = size * count;

    get->received += length;
    if (get->hashes) {
        for (size_t i = 0; i < length; i++)
            get->hash = (get->hash ^ (unsigned char)data[i]) * FNV_PRIME;
    }
    return length;
}

// Called whenever a request is about to be sent: again where libcurl itself found its connection closed.
static int on_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct http_get *get = user;

    get->attempts++;
    return CURL_PREREQFUNC_OK;
}

int http_get_socket(struct http_get *get, const void *address)
{
    const struct curl_sockaddr *to = address;
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);

    get->no_socket = fd >= 0 ? 0 : errno;
    return fd;
}

// libcurl itself would only say that it could not connect.
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    return http_get_socket(user, address);
}

// 0: none. In whole ms, as libcurl has it, and never less than asked for.
static void set_timeout(struct http_get *get, uint64_t ns)
{
    libcurl.easy_setopt(get->easy, CURLOPT_TIMEOUT_MS, (long)((ns + NS_PER_MS - 1) / NS_PER_MS));
}

static int set_options(CURL *easy, const struct trial *trial, struct http_get *get)
{
    int err = http_client_apply(&trial->http, easy);

    if (err != 0)
        return err;
    libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    libcurl.easy_setopt(easy, CURLOPT_WRITEDATA, get);
    libcurl.easy_setopt(easy, CURLOPT_PRIVATE, get);
    libcurl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
    libcurl.easy_setopt(easy, CURLOPT_PREREQDATA, get);
    libcurl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    libcurl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, get);
    get->hashes = trial->foreign;
    get->resumes = trial->http.certificate == NULL;
    get->retries = &trial->shared->retries;
    get->timeout_ns = trial->task_timeout_ns;
    set_timeout(get, get->timeout_ns);
    return 0;
}

static int make(const struct trial *trial, struct http_get **ret_get)
{
    struct http_get *get = calloc(1, sizeof *get);
    CURL *easy = get != NULL ? libcurl.easy_init() : NULL;
    int err;

    if (easy == NULL) {
        free(get);
        return -ENOMEM;
    }
    get->easy = easy;
    err = set_options(easy, trial, get);
    if (err != 0)
        http_get_close(get);
    else
        *ret_get = get;
    return err;
}

struct http_get *http_get_new(struct trial *trial)
{
    struct http_get *get = NULL;

    return make(trial, &get) == 0 ? get : NULL;
}

int http_get_open(struct trial *trial, struct http_get **ret_get)
{
    int err = make(trial, ret_get);

    if (err == -ENOSYS)
        return trial_fail(trial, err, "this libcurl (%s) takes no certificate from memory, expected one with OpenSSL",
                          libcurl.version_info(CURLVERSION_NOW)->ssl_version);
    return err == 0 ? 0 : trial_fail(trial, err, "out of memory for an HTTP client");
}

void http_get_close(struct http_get *get)
{
    if (get == NULL)
        return;
    libcurl.easy_cleanup(get->easy);
    free(get);
}

// Nothing of an earlier connection, no TLS session either, and nothing for a later one.
static void set_fresh(struct http_get *get, bool fresh)
{
    long on = fresh;

    if (get->fresh == fresh)
        return;
    get->fresh = fresh;
    libcurl.easy_setopt(get->easy, CURLOPT_FRESH_CONNECT, on);
    libcurl.easy_setopt(get->easy, CURLOPT_FORBID_REUSE, on);
    if (get->resumes)
        libcurl.easy_setopt(get->easy, CURLOPT_SSL_SESSIONID_CACHE, !on);
}

void http_get_prepare(struct http_get *get, const struct step *step)
{
    get->received = 0;
    get->hash = FNV_OFFSET;
    get->attempts = 0;
    get->no_socket = 0;
    set_fresh(get, step->fresh);
    if (get->url == step->url)
        return;
    libcurl.easy_setopt(get->easy, CURLOPT_URL, step->url);
    get->url = step->url;
}

// Whether the connection broke without a byte of the answer, and was not made for this fetch: else the server itself
// refuses to answer.
static bool lost_kept_connection(const struct http_get *get, int curl_code)
{
    long connects = 1, header_bytes = 1;

    if (curl_code != CURLE_SEND_ERROR && curl_code != CURLE_RECV_ERROR && curl_code != CURLE_GOT_NOTHING)
        return false;
    libcurl.easy_getinfo(get->easy, CURLINFO_NUM_CONNECTS, &connects);
    libcurl.easy_getinfo(get->easy, CURLINFO_HEADER_SIZE, &header_bytes);
    return connects == 0 && header_bytes == 0 && get->received == 0;
}

bool http_get_again(struct http_get *get, int curl_code)
{
    curl_off_t spent_us = 0;

    // libcurl does the same, but not in every state of a transfer, nor for every error.
    if (get->again || !lost_kept_connection(get, curl_code))
        return false;
    libcurl.easy_getinfo(get->easy, CURLINFO_TOTAL_TIME_T, &spent_us);
    if (get->timeout_ns > 0 && (uint64_t)spent_us * NS_PER_US >= get->timeout_ns)
        return false;
    if (get->timeout_ns > 0)
        set_timeout(get, get->timeout_ns - (uint64_t)spent_us * NS_PER_US);
    libcurl.easy_setopt(get->easy, CURLOPT_FRESH_CONNECT, 1L);
    get->again = true;
    return true;
}

static void count_attempts(struct http_get *get)
{
    if (get->attempts > 1)
        atomic_fetch_add_explicit(get->retries, get->attempts - 1, memory_order_relaxed);
    if (!get->again)
        return;
    get->again = false;
    libcurl.easy_setopt(get->easy, CURLOPT_FRESH_CONNECT, 0L);
    set_timeout(get, get->timeout_ns);
}

void http_get_give_up(struct http_get *get)
{
    count_attempts(get);
}

// What a connection could not be made for want of: a descriptor, or a port; 0: nothing that is known.
static int lacked(const struct http_get *get)
{
    long error = 0;

    if (get->no_socket != 0)
        return get->no_socket;
    libcurl.easy_getinfo(get->easy, CURLINFO_OS_ERRNO, &error);
    return error == EADDRNOTAVAIL ? (int)error : 0;
}

int http_get_finish(struct http_get *get, int curl_code, uint32_t *check)
{
    long response = 0;
    int err;

    count_attempts(get);
    if (curl_code == CURLE_COULDNT_CONNECT && (err = lacked(get)) != 0)
        return task_status_from_errno(err);
    if (curl_code != CURLE_OK)
        return TASK_STATUS_CURL + curl_code;
    libcurl.easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &response);
    if (response == 0) // whatever ended it, no answer came
        return TASK_STATUS_CURL + CURLE_GOT_NOTHING;
    if (response < 200 || response > 299)
        return (int)response;
    *check += get->hashes ? get->hash ^ (uint32_t)get->received : (uint32_t)get->received;
    return 0;
}

int http_get_perform(struct http_get *get, const struct step *step, uint32_t *check)
{
    int curl_code;

    http_get_prepare(get, step);
    do
        curl_code = libcurl.easy_perform(get->easy);
    while (http_get_again(get, curl_code));
    return http_get_finish(get, curl_code, check);
}

#else // without libcurl: the models are there, fetching is not

int http_load(struct trial *trial)
{
    return 0;
}

int http_global_open(const struct trial *trial)
{
    return 0;
}

void http_global_close(void)
{
}

struct http_get *http_get_new(struct trial *trial)
{
    return NULL;
}

int http_get_open(struct trial *trial, struct http_get **ret_get)
{
    return trial_fail(trial, -ENOSYS, "not built: libcurl not found");
}

void http_get_close(struct http_get *get)
{
}

void http_get_give_up(struct http_get *get)
{
}

int http_get_perform(struct http_get *get, const struct step *step, uint32_t *check)
{
    return task_status_from_errno(ENOSYS);
}

#endif
