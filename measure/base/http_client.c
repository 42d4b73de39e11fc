// SPDX-License-Identifier: MIT
#include "measure/base/http_client.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/libcurl.h"
#include "measure/base/secrets.h"
#include "version.h"

// A kept-open connection is the lane's as long as it lasts; by itself libcurl gives it up after two idle minutes.
#define KEPT_FOR_S (365L * 24 * 60 * 60)

static const char *const *text_of(const struct http_client *client, unsigned i, const char **ret_name)
{
    const char *const names[] = {"cacert", "capath", "origin_certificate", "unix_socket"};
    const char *const *const texts[] = {&client->cacert, &client->capath, &client->certificate, &client->unix_socket};

    *ret_name = i < 4 ? names[i] : NULL;
    return i < 4 ? texts[i] : NULL;
}

static cJSON *headers_json(const struct http_client *client, bool masked)
{
    cJSON *headers = cJSON_CreateArray();

    for (unsigned i = 0; i < client->header_count; i++) {
        char *text = masked ? secrets_mask_header(client->headers[i]) : NULL;

        cJSON_AddItemToArray(headers, cJSON_CreateString(!masked ? client->headers[i] : text != NULL ? text : "***"));
        free(text);
    }
    return headers;
}

void http_client_to_plan(const struct http_client *client, bool masked, cJSON *plan)
{
    const char *name;

    if (client->header_count > 0)
        json_set(plan, "headers", headers_json(client, masked));
    for (unsigned i = 0; text_of(client, i, &name) != NULL; i++) {
        if (*text_of(client, i, &name) != NULL)
            json_set(plan, name, cJSON_CreateString(*text_of(client, i, &name)));
    }
    if (client->insecure)
        json_set(plan, "insecure", cJSON_CreateTrue());
}

int http_client_from_plan(const cJSON *plan, struct http_client *ret_client)
{
    const cJSON *header, *headers = cJSON_GetObjectItemCaseSensitive(plan, "headers");
    const char *name;

    cJSON_ArrayForEach(header, headers) {
        const char *text = cJSON_GetStringValue(header);

        if (text == NULL || ret_client->header_count == HTTP_CLIENT_HEADERS)
            continue;
        if ((ret_client->headers[ret_client->header_count] = strdup(text)) == NULL)
            return -ENOMEM;
        ret_client->header_count++;
    }
    for (unsigned i = 0; text_of(ret_client, i, &name) != NULL; i++) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plan, name));
        char *copy = text != NULL ? strdup(text) : NULL;

        if (text != NULL && copy == NULL)
            return -ENOMEM;
        *(const char **)text_of(ret_client, i, &name) = copy;
    }
    ret_client->insecure = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "insecure"));
    return 0;
}

void http_client_close(struct http_client *client)
{
    const char *name;

    http_client_forget(client);
    for (unsigned i = 0; i < client->header_count; i++)
        free((char *)client->headers[i]);
    for (unsigned i = 0; text_of(client, i, &name) != NULL; i++)
        free((char *)*text_of(client, i, &name));
    *client = (struct http_client){.header_count = 0};
}

#ifdef CCBENCH_HAVE_CURL

int http_client_prepare(struct http_client *client)
{
    struct curl_slist *list = NULL;

    for (unsigned i = 0; i < client->header_count; i++) {
        struct curl_slist *longer = libcurl.slist_append(list, client->headers[i]);

        if (longer == NULL) {
            libcurl.slist_free_all(list);
            return -ENOMEM;
        }
        list = longer;
    }
    client->list = list;
    return 0;
}

void http_client_forget(struct http_client *client)
{
    if (client->list != NULL)
        libcurl.slist_free_all(client->list);
    client->list = NULL;
}

// Nothing but it is trusted then. Sessions are never resumed: each connection pays for itself, under every model.
static int trust(const char *certificate, CURL *easy)
{
    struct curl_blob pem = {.data = (char *)certificate, .len = strlen(certificate), .flags = CURL_BLOB_NOCOPY};
    CURLcode code = libcurl.easy_setopt(easy, CURLOPT_CAINFO_BLOB, &pem);

    libcurl.easy_setopt(easy, CURLOPT_CAPATH, NULL);
    libcurl.easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    return code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -ENOSYS;
}

int http_client_apply(const struct http_client *client, void *easy)
{
    // NOSIGNAL: else a sigaction per transfer, and SIGALRM in threads. NOPROXY: nobody's http_proxy is measured.
    libcurl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    libcurl.easy_setopt(easy, CURLOPT_NOPROXY, "*");
    libcurl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    libcurl.easy_setopt(easy, CURLOPT_MAXAGE_CONN, KEPT_FOR_S);
    libcurl.easy_setopt(easy, CURLOPT_USERAGENT, "ccbench/" CCBENCH_VERSION);
    if (client->list != NULL)
        libcurl.easy_setopt(easy, CURLOPT_HTTPHEADER, client->list);
    if (client->cacert != NULL)
        libcurl.easy_setopt(easy, CURLOPT_CAINFO, client->cacert);
    if (client->capath != NULL)
        libcurl.easy_setopt(easy, CURLOPT_CAPATH, client->capath);
    if (client->unix_socket != NULL)
        libcurl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->unix_socket);
    if (client->insecure) {
        libcurl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        libcurl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return client->certificate != NULL ? trust(client->certificate, easy) : 0;
}

#else

int http_client_prepare(struct http_client *client)
{
    return 0;
}

void http_client_forget(struct http_client *client)
{
}

int http_client_apply(const struct http_client *client, void *easy)
{
    return 0;
}

#endif
