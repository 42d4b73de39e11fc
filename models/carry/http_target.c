// SPDX-License-Identifier: MIT
#include "models/carry/http_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "measure/base/url.h"
#include "version.h"

// Longer ones no server takes.
#define CREDENTIALS_MOST 8192

// What one request needs of its URL.
struct parts {
    struct url url;
    const char *user, *authority, *path; // of which the path may begin with a question mark; no user: NULL
    size_t user_length, authority_length, path_length;
};

static int split(const char *text, struct parts *ret_parts, char error[URL_ERROR])
{
    struct parts parts;
    const char *at;
    int err = url_split(text, &parts.url, error);

    if (err != 0)
        return err;
    parts.authority = text + parts.url.authority;
    parts.path = text + parts.url.path;
    parts.path_length = strcspn(parts.path, "#");
    at = memrchr(parts.authority, '@', (size_t)(parts.path - parts.authority));
    parts.user = at != NULL ? parts.authority : NULL;
    parts.user_length = at != NULL ? (size_t)(at - parts.authority) : 0;
    if (at != NULL)
        parts.authority = at + 1;
    parts.authority_length = (size_t)(parts.path - parts.authority);
    *ret_parts = parts;
    return 0;
}

// Whether a header that was typed stands in the place of that one of ours, or takes it away.
static bool is_given(const struct http_client *client, const char *name)
{
    size_t length = strlen(name);

    for (unsigned i = 0; i < client->header_count; i++) {
        const char *given = client->headers[i];

        if (strncasecmp(given, name, length) == 0 && (given[length] == ':' || given[length] == ';'))
            return true;
    }
    return false;
}

// "Name: value" is sent, "Name;" without a value, "Name:" not at all, as curl has them.
static void write_given(const struct http_client *client, FILE *out)
{
    for (unsigned i = 0; i < client->header_count; i++) {
        const char *given = client->headers[i], *colon = strchr(given, ':');

        if (colon == NULL)
            fprintf(out, "%.*s:\r\n", (int)strcspn(given, ";"), given);
        else if (colon[1 + strspn(colon + 1, " \t")] != '\0')
            fprintf(out, "%s\r\n", given);
    }
}

static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit != '\0' ? strchr(digits, digit | 0x20) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

// The next byte of what a URL has as %41 where it has to.
static unsigned char take_byte(const char **text, const char *end)
{
    const char *at = *text;

    if (*at == '%' && end - at >= 3 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
        *text = at + 3;
        return (unsigned char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
    }
    *text = at + 1;
    return (unsigned char)*at;
}

// RFC 4648, section 4.
static void write_base64(const unsigned char *bytes, size_t length, FILE *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < length; at += 3) {
        unsigned bits = 0;

        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (at + i < length ? bytes[at + i] : 0U);
        for (size_t i = 0; i < 4; i++)
            fputc(at + i <= length ? letters[bits >> (18 - 6 * i) & 63] : '=', out);
    }
}

// RFC 7617: a user without a password has an empty one.
static void write_credentials(const struct parts *parts, FILE *out)
{
    const char *text = parts->user, *end = text + parts->user_length;
    unsigned char bytes[CREDENTIALS_MOST];
    size_t length = 0;

    while (text < end && length < sizeof bytes - 1)
        bytes[length++] = take_byte(&text, end);
    if (memchr(parts->user, ':', parts->user_length) == NULL)
        bytes[length++] = ':';
    fputs("Authorization: Basic ", out);
    write_base64(bytes, length, out);
    fputs("\r\n", out);
}

// What follows % in an IPv6 address is a network of this machine, of which the server knows nothing.
static void write_host(const struct parts *parts, FILE *out)
{
    const char *text = parts->authority, *end = text + parts->authority_length, *zone = end, *behind = end;

    if (text < end && *text == '[' && (behind = memchr(text, ']', parts->authority_length)) != NULL)
        zone = memchr(text, '%', (size_t)(behind - text));
    if (zone == NULL || behind == NULL)
        zone = behind = end;
    fprintf(out, "Host: %.*s%.*s\r\n", (int)(zone - text), text, (int)(end - behind), behind);
}

// What is not ASCII has no place in a request (RFC 3986, section 2.5): it is sent as libcurl sends it.
static void write_path(const struct parts *parts, FILE *out)
{
    if (parts->path_length == 0 || parts->path[0] != '/')
        fputc('/', out);
    for (size_t i = 0; i < parts->path_length; i++) {
        unsigned char byte = (unsigned char)parts->path[i];

        fprintf(out, byte < 0x80 ? "%c" : "%%%02x", byte);
    }
}

static void write_request(const struct parts *parts, const struct http_client *client, FILE *out)
{
    fputs("GET ", out);
    write_path(parts, out);
    fputs(" HTTP/1.1\r\n", out);
    if (!is_given(client, "Host"))
        write_host(parts, out);
    if (!is_given(client, "User-Agent"))
        fputs("User-Agent: ccbench/" CCBENCH_VERSION "\r\n", out);
    if (!is_given(client, "Accept"))
        fputs("Accept: */*\r\n", out);
    if (parts->user != NULL && !is_given(client, "Authorization"))
        write_credentials(parts, out);
    write_given(client, out);
    fputs("\r\n", out);
}

static int make_request(const struct parts *parts, const struct http_client *client, struct http_target *target)
{
    FILE *out = open_memstream(&target->request, &target->length);
    bool failed;

    if (out == NULL)
        return -ENOMEM;
    write_request(parts, client, out);
    failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    // No request: there was no memory for its last step, of which fclose() says nothing.
    return failed || target->request == NULL ? -ENOMEM : 0;
}

static int add_server(struct http_targets *targets, const struct parts *parts, const struct http_client *client)
{
    struct http_server *server, *more = realloc(targets->servers, (targets->server_count + 1) * sizeof *more);

    if (more == NULL)
        return -ENOMEM;
    targets->servers = more;
    server = &more[targets->server_count];
    *server = (struct http_server){.authority = strndup(parts->authority, parts->authority_length)};
    if (server->authority == NULL)
        return -ENOMEM;
    targets->server_count++;
    // A host that is not known, or a path that is no address: each fetch then fails, as libcurl's does.
    if (client->unix_socket != NULL)
        (void)server_address_of_path(client->unix_socket, &server->address);
    else
        (void)server_address_of_host(parts->url.host, parts->url.port, &server->address);
    return 0;
}

static int find_server(struct http_targets *targets, const struct parts *parts, const struct http_client *client,
                       unsigned *ret_server)
{
    for (unsigned i = 0; i < targets->server_count; i++) {
        const char *authority = targets->servers[i].authority;

        if (strlen(authority) == parts->authority_length &&
            strncasecmp(authority, parts->authority, parts->authority_length) == 0) {
            *ret_server = i;
            return 0;
        }
    }
    *ret_server = targets->server_count;
    return add_server(targets, parts, client);
}

static int add_target(struct trial *trial, struct http_targets *targets, const char *url)
{
    struct http_target *more;
    char error[URL_ERROR];
    struct parts parts;
    int err;

    // A path without a server, as where no task of the trial is of the class that fetches it: its fetches fail, if there are any.
    if (split(url, &parts, error) != 0)
        return 0;
    if (parts.url.tls)
        return trial_fail(trial, -EPROTONOSUPPORT, "client=bare speaks no TLS");
    more = realloc(targets->of, (targets->count + 1) * sizeof *more);
    if (more == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for requests");
    targets->of = more;
    more[targets->count] = (struct http_target){.url = url};
    targets->count++;
    err = make_request(&parts, &trial->http, &more[targets->count - 1]);
    if (err == 0)
        err = find_server(targets, &parts, &trial->http, &more[targets->count - 1].server);
    return err == 0 ? 0 : trial_fail(trial, err, "out of memory for requests");
}

static int add_program(struct trial *trial, struct http_targets *targets, const struct program *program)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < program->length; i++) {
        const struct step *step = &program->steps[i];

        if (step->kind == STEP_FETCH && step->url != NULL)
            err = add_target(trial, targets, step->url);
        for (uint64_t j = 0; err == 0 && j < step_callees(step); j++)
            err = add_program(trial, targets, &step->callee[j]);
    }
    return err;
}

static int compare(const void *a, const void *b)
{
    const char *one = ((const struct http_target *)a)->url, *other = ((const struct http_target *)b)->url;

    return one < other ? -1 : one > other;
}

int http_targets_open(struct trial *trial, struct http_targets **ret_targets)
{
    struct http_targets *targets = calloc(1, sizeof *targets);
    int err = 0;

    if (targets == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for requests");
    *ret_targets = targets;
    for (size_t i = 0; err == 0 && i < trial->mix.count; i++)
        err = add_program(trial, targets, &trial->mix.classes[i].program);
    if (targets->count > 0)
        qsort(targets->of, targets->count, sizeof *targets->of, compare);
    return err;
}

void http_targets_close(struct http_targets *targets)
{
    if (targets == NULL)
        return;
    for (unsigned i = 0; i < targets->count; i++)
        free(targets->of[i].request);
    for (unsigned i = 0; i < targets->server_count; i++)
        free(targets->servers[i].authority);
    free(targets->of);
    free(targets->servers);
    free(targets);
}

const struct http_target *http_targets_find(const struct http_targets *targets, const char *url)
{
    struct http_target key = {.url = url};

    if (targets->count == 0)
        return NULL;
    return bsearch(&key, targets->of, targets->count, sizeof key, compare);
}
