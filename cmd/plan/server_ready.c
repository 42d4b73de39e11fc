// SPDX-License-Identifier: MIT
#include "cmd/plan/server_ready.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/libcurl.h"
#include "measure/base/url.h"
#include "measure/base/utf8.h"
#include "measure/supervisor.h"

#ifdef CCBENCH_HAVE_CURL

// Between two tries; and the most one of them takes.
#define TRY_EVERY_NS (20 * NS_PER_MS)
#define TRY_MS 2000

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    return size * count;
}

static int on_progress(void *user, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
    return supervisor_interrupted() != 0;
}

static CURL *open_handle(const struct http_client *client, const char *url)
{
    CURL *easy = libcurl.easy_init();

    if (easy == NULL)
        return NULL;
    http_client_apply(client, easy);
    libcurl.easy_setopt(easy, CURLOPT_URL, url);
    libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    libcurl.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    libcurl.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    // What answers one connection at a time must not be kept busy.
    libcurl.easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    return easy;
}

// The status of the answer, unchanged where there is none, and what libcurl says.
static void ask(CURL *easy, uint64_t left_ns, long *status, const char **ret_why)
{
    long left_ms = (long)(left_ns / NS_PER_MS) + 1;
    CURLcode code;

    libcurl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms < TRY_MS ? left_ms : TRY_MS);
    code = libcurl.easy_perform(easy);
    *ret_why = libcurl.easy_strerror(code);
    if (code == CURLE_OK)
        libcurl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
}

static int give_up(const char *path, long status, const char *why, char error[SERVER_ERROR])
{
    static const char longer[] = "(--timeout=TIME gives it longer)";

    if (status != 0)
        snprintf(error, SERVER_ERROR, "was not ready in time: %.*s was last answered by %ld, expected 2xx %s",
                 UTF8_CLIPPED(path, 100), status, longer);
    else
        snprintf(error, SERVER_ERROR, "was not ready in time: %.*s: %.*s %s", UTF8_CLIPPED(path, 100),
                 UTF8_CLIPPED(why, 100), longer);
    return -ETIMEDOUT;
}

static int ask_until(CURL *easy, const char *path, struct server_process *server, uint64_t deadline_ns,
                     char error[SERVER_ERROR])
{
    long status = 0;

    for (;;) {
        uint64_t now_ns = clock_now_ns();
        const char *why;

        ask(easy, deadline_ns > now_ns ? deadline_ns - now_ns : 0, &status, &why);
        if (status >= 200 && status <= 299)
            return 0;
        if (supervisor_interrupted() != 0)
            return -EINTR;
        if (server != NULL && server_process_ended(server, error))
            return -ECHILD;
        if (clock_now_ns() >= deadline_ns)
            return give_up(path, status, why, error);
        clock_sleep_until_ns(clock_now_ns() + TRY_EVERY_NS);
    }
}

static int wait_at(const char *url, const struct options *options, struct server_process *server, uint64_t deadline_ns,
                   char error[SERVER_ERROR])
{
    struct http_client client = options->client;
    CURL *easy;
    int err;

    if (server != NULL && server->unix_socket != NULL)
        client.unix_socket = server->unix_socket;
    err = http_client_prepare(&client);
    easy = err == 0 ? open_handle(&client, url) : NULL;
    err = easy != NULL ? ask_until(easy, options->server_ready, server, deadline_ns, error) : -ENOMEM;
    if (easy != NULL)
        libcurl.easy_cleanup(easy);
    http_client_forget(&client);
    return err;
}

int server_ready_wait(const struct options *options, struct server_process *server, uint64_t deadline_ns,
                      char error[SERVER_ERROR])
{
    const char *at = server != NULL ? server->url : options->url, *why = "out of memory";
    char reason[URL_ERROR];
    struct url url;
    char *whole;
    int err;

    error[0] = '\0';
    err = libcurl_load(&why);
    if (err == 0)
        err = url_split(at, &url, reason);
    whole = err == 0 ? url_with_path(at, &url, options->server_ready) : NULL;
    err = whole != NULL ? wait_at(whole, options, server, deadline_ns, error) : err != 0 ? err : -ENOMEM;
    free(whole);
    if (err != 0 && err != -EINTR && error[0] == '\0')
        snprintf(error, SERVER_ERROR, "could not be asked: %s", why);
    return err;
}

#else

int server_ready_wait(const struct options *options, struct server_process *server, uint64_t deadline_ns,
                      char error[SERVER_ERROR])
{
    snprintf(error, SERVER_ERROR, "could not be asked: libcurl was not found when built");
    return -ENOSYS;
}

#endif
