// SPDX-License-Identifier: MIT
#include "models/carry/http_curl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "measure/base/libcurl.h"
#include "measure/base/task_status.h"
#include "measure/base/url.h"

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

static int load(struct trial *trial)
{
    const char *why = NULL;
    bool tls = false;

    if (libcurl_load(&why) != 0)
        return trial_fail(trial, strstr(why, "failed to map") != NULL ? -ENOMEM : -ENOENT, "cannot load libcurl: %s",
                          why);
    if (http_client_prepare(&trial->http) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for HTTP headers");
    for (size_t i = 0; i < trial->mix.count; i++)
        tls |= mix_needs_tls(&trial->mix.classes[i].program);
    if (libcurl_init(tls) != CURLE_OK)
        return trial_fail(trial, -ENOMEM, "cannot initialise libcurl");
    return 0;
}

static void unload(struct trial *trial)
{
    if (libcurl.global_cleanup != NULL) // it has been loaded
        libcurl.global_cleanup();
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http_curl *curl = user;

    http_get_add(&curl->get, data, size * count);
    return size * count;
}

// Called whenever a request is about to be sent: again where libcurl itself found its connection closed.
static int on_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct http_curl *curl = user;

    curl->attempts++;
    return CURL_PREREQFUNC_OK;
}

int http_curl_socket(struct http_curl *curl, const void *address)
{
    const struct curl_sockaddr *to = address;
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);

    curl->no_socket = fd >= 0 ? 0 : errno;
    return fd;
}

// libcurl itself would only say that it could not connect.
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    return http_curl_socket(user, address);
}

// 0: none. In whole ms, as libcurl has it, and never less than asked for.
static void set_timeout(struct http_curl *curl, uint64_t ns)
{
    libcurl.easy_setopt(curl->easy, CURLOPT_TIMEOUT_MS, (long)((ns + NS_PER_MS - 1) / NS_PER_MS));
}

static int set_options(CURL *easy, const struct trial *trial, struct http_curl *curl)
{
    int err = http_client_apply(&trial->http, easy);

    if (err != 0)
        return err;
    libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    libcurl.easy_setopt(easy, CURLOPT_WRITEDATA, curl);
    libcurl.easy_setopt(easy, CURLOPT_PRIVATE, curl);
    libcurl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
    libcurl.easy_setopt(easy, CURLOPT_PREREQDATA, curl);
    libcurl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    libcurl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, curl);
    curl->resumes = trial->http.certificate == NULL;
    set_timeout(curl, curl->get.timeout_ns);
    return 0;
}

static void destroy(struct http_get *get)
{
    libcurl.easy_cleanup(http_curl_of(get)->easy);
    free(get);
}

static int make(struct trial *trial, struct http_get **ret_get)
{
    struct http_curl *curl = calloc(1, sizeof *curl);
    int err;

    if (curl == NULL)
        return -ENOMEM;
    http_get_init(&curl->get, trial);
    curl->easy = libcurl.easy_init();
    err = curl->easy != NULL ? set_options(curl->easy, trial, curl) : -ENOMEM;
    if (err == 0)
        *ret_get = &curl->get;
    else
        destroy(&curl->get);
    if (err == -ENOSYS)
        return trial_fail(trial, err, "this libcurl (%s) takes no certificate from memory, expected one with OpenSSL",
                          libcurl.version_info(CURLVERSION_NOW)->ssl_version);
    return err;
}

// Nothing of an earlier connection, no TLS session either, and nothing for a later one.
static void set_fresh(struct http_curl *curl, bool fresh)
{
    long on = fresh;

    if (curl->fresh == fresh)
        return;
    curl->fresh = fresh;
    libcurl.easy_setopt(curl->easy, CURLOPT_FRESH_CONNECT, on);
    libcurl.easy_setopt(curl->easy, CURLOPT_FORBID_REUSE, on);
    if (curl->resumes)
        libcurl.easy_setopt(curl->easy, CURLOPT_SSL_SESSIONID_CACHE, !on);
}

void http_curl_prepare(struct http_curl *curl, const struct step *step)
{
    http_get_begin(&curl->get);
    curl->attempts = 0;
    curl->no_socket = 0;
    set_fresh(curl, step->fresh);
    if (curl->url == step->url)
        return;
    libcurl.easy_setopt(curl->easy, CURLOPT_URL, step->url);
    curl->url = step->url;
}

// Whether the connection broke without a byte of the answer, and was not made for this fetch: else the server itself
// refuses to answer.
static bool lost_kept_connection(const struct http_curl *curl, int curl_code)
{
    long connects = 1, header_bytes = 1;

    if (curl_code != CURLE_SEND_ERROR && curl_code != CURLE_RECV_ERROR && curl_code != CURLE_GOT_NOTHING)
        return false;
    libcurl.easy_getinfo(curl->easy, CURLINFO_NUM_CONNECTS, &connects);
    libcurl.easy_getinfo(curl->easy, CURLINFO_HEADER_SIZE, &header_bytes);
    return connects == 0 && header_bytes == 0 && curl->get.received == 0;
}

bool http_curl_again(struct http_curl *curl, int curl_code)
{
    curl_off_t spent_us = 0;

    // libcurl does the same, but not in every state of a transfer, nor for every error.
    if (curl->again || !lost_kept_connection(curl, curl_code))
        return false;
    libcurl.easy_getinfo(curl->easy, CURLINFO_TOTAL_TIME_T, &spent_us);
    if (curl->get.timeout_ns > 0 && (uint64_t)spent_us * NS_PER_US >= curl->get.timeout_ns)
        return false;
    if (curl->get.timeout_ns > 0)
        set_timeout(curl, curl->get.timeout_ns - (uint64_t)spent_us * NS_PER_US);
    libcurl.easy_setopt(curl->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl->again = true;
    return true;
}

static void count_attempts(struct http_curl *curl)
{
    http_get_count_retries(&curl->get, curl->attempts > 1 ? curl->attempts - 1 : 0);
    if (!curl->again)
        return;
    curl->again = false;
    libcurl.easy_setopt(curl->easy, CURLOPT_FRESH_CONNECT, 0L);
    set_timeout(curl, curl->get.timeout_ns);
}

void http_curl_give_up(struct http_curl *curl)
{
    count_attempts(curl);
}

// What a connection could not be made for want of: a descriptor, or a port; 0: nothing that is known.
static int lacked(const struct http_curl *curl)
{
    long error = 0;

    if (curl->no_socket != 0)
        return curl->no_socket;
    libcurl.easy_getinfo(curl->easy, CURLINFO_OS_ERRNO, &error);
    return error == EADDRNOTAVAIL ? (int)error : 0;
}

int http_curl_finish(struct http_curl *curl, int curl_code, uint32_t *check)
{
    long response = 0;
    int err;

    count_attempts(curl);
    if (curl_code == CURLE_COULDNT_CONNECT && (err = lacked(curl)) != 0)
        return task_status_from_errno(err);
    if (curl_code != CURLE_OK)
        return TASK_STATUS_CURL + curl_code;
    libcurl.easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &response);
    return http_get_answered(&curl->get, (unsigned)response, check);
}

static int perform(struct http_get *get, const struct step *step, uint32_t *check)
{
    struct http_curl *curl = http_curl_of(get);
    int curl_code;

    http_curl_prepare(curl, step);
    do
        curl_code = libcurl.easy_perform(curl->easy);
    while (http_curl_again(curl, curl_code));
    return http_curl_finish(curl, curl_code, check);
}

const struct http_engine http_engine_curl = {
    .load = load,
    .unload = unload,
    .make = make,
    .destroy = destroy,
    .perform = perform,
};
