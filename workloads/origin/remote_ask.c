// SPDX-License-Identifier: MIT
#include "workloads/origin/remote_ask.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure/base/http_client.h"
#include "measure/base/libcurl.h"
#include "measure/supervisor.h"
#include "workloads/origin/keep_alive.h"

int remote_fail(char error[REMOTE_ERROR], int err, const char *format, const char *what)
{
    snprintf(error, REMOTE_ERROR, format, what);
    return err;
}

uint64_t remote_number(const cJSON *answer, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(answer, name);

    return cJSON_IsNumber(item) && item->valuedouble > 0 ? (uint64_t)item->valuedouble : 0;
}

#ifdef CCBENCH_HAVE_CURL

// The most that one question may take; and the longest answer that is one.
#define ASK_MS 5000L
#define PAGE_MOST (1 << 16)
// An origin that has vanished without a word is noticed after so many seconds of silence, and three probes.
#define PROBE_AFTER_S 2
#define PROBE_EVERY_S 1

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

    (void)keep_alive(fd, PROBE_AFTER_S, PROBE_EVERY_S);
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

int remote_ask_open(struct origin_remote *remote, const char *token, char error[REMOTE_ERROR])
{
    static const struct http_client plain = {.header_count = 0};
    char shown[ORIGIN_AUTHORIZATION + 32];
    const char *why = "";
    CURL *easy;

    if (libcurl_load(&why) != 0)
        return remote_fail(error, -ENOENT, "cannot be asked: cannot load libcurl: %s", why);
    easy = libcurl.easy_init();
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
        return remote_fail(error, -EPROTO, "is no origin of ccbench%s", "");
    if (code != CURLE_OK)
        return remote_fail(error, -EHOSTUNREACH, "cannot be reached: %s", libcurl.easy_strerror(code));
    libcurl.easy_getinfo(remote->easy, CURLINFO_RESPONSE_CODE, ret_status);
    return 0;
}

static int refused(const struct origin_remote *remote, long status, const cJSON *answer, char error[REMOTE_ERROR])
{
    const char *since = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "since"));

    if (status == 403)
        return remote_fail(error, -EACCES, "wants %s token (--token, --token-file)",
                           remote->token != NULL ? "another" : "a");
    if (status == 409 && since != NULL && since[strspn(since, "0123456789-:TZ")] == '\0')
        return remote_fail(error, -EBUSY, "is in use by another run since %s", since);
    return status == 409 ? -ENOLCK : remote_fail(error, -EPROTO, "is no origin of ccbench%s", "");
}

int remote_ask(struct origin_remote *remote, const char *path, cJSON **ret_answer, char error[REMOTE_ERROR])
{
    struct page *page = malloc(sizeof *page);
    cJSON *answer = NULL;
    long status = 0;
    int err = page != NULL ? get(remote, path, page, &status, error) : -ENOMEM;

    if (err == 0)
        answer = cJSON_Parse(page->text);
    free(page);
    if (err == 0 && (status != 200 || !cJSON_IsObject(answer)))
        err = refused(remote, status, answer, error);
    if (err == 0)
        *ret_answer = answer;
    else
        cJSON_Delete(answer);
    return err;
}

void remote_ask_close(struct origin_remote *remote)
{
    if (remote->easy != NULL)
        libcurl.easy_cleanup(remote->easy);
    if (remote->token != NULL)
        libcurl.slist_free_all(remote->token);
}

const char *remote_ask_address(const struct origin_remote *remote)
{
    const char *address = NULL;

    libcurl.easy_getinfo(remote->easy, CURLINFO_PRIMARY_IP, &address);
    return address != NULL ? address : "";
}

#else

int remote_ask_open(struct origin_remote *remote, const char *token, char error[REMOTE_ERROR])
{
    return remote_fail(error, -ENOSYS, "cannot be asked: fetching is not built: libcurl not found%s", "");
}

int remote_ask(struct origin_remote *remote, const char *path, cJSON **ret_answer, char error[REMOTE_ERROR])
{
    return -ENOSYS;
}

void remote_ask_close(struct origin_remote *remote)
{
}

const char *remote_ask_address(const struct origin_remote *remote)
{
    return "";
}

#endif
