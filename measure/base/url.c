// SPDX-License-Identifier: MIT
#include "measure/base/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGINS "a URL that begins with http:// or https://"

size_t url_scheme(const char *text, bool *ret_tls)
{
    bool tls = strncasecmp(text, "https://", 8) == 0;

    if (!tls && strncasecmp(text, "http://", 7) != 0)
        return 0;
    if (ret_tls != NULL)
        *ret_tls = tls;
    return tls ? 8 : 7;
}

static int refuse(char error[URL_ERROR], const char *expected)
{
    snprintf(error, URL_ERROR, "%s", expected);
    return -EINVAL;
}

// The last @ before `end`, behind which the host begins; the beginning where there is none.
static const char *skip_user(const char *begin, const char *end)
{
    const char *at = memrchr(begin, '@', (size_t)(end - begin));

    return at != NULL ? at + 1 : begin;
}

// Copies the host; returns what is behind it, NULL where it is none.
static const char *take_host(const char *begin, const char *end, char host[URL_HOST])
{
    bool bracketed = begin < end && *begin == '[';
    const char *behind = memchr(begin, bracketed ? ']' : ':', (size_t)(end - begin));
    size_t length;

    if (bracketed && behind == NULL)
        return NULL;
    begin += bracketed;
    length = (size_t)((behind != NULL ? behind : end) - begin);
    if (length == 0 || length >= URL_HOST)
        return NULL;
    memcpy(host, begin, length);
    host[length] = '\0';
    return behind == NULL ? end : behind + bracketed;
}

static int take_port(const char *colon, const char *end, struct url *url)
{
    unsigned long port = 0;

    if (colon < end && *colon != ':')
        return -EINVAL;
    if (colon == end || colon + 1 == end) {
        url->port = url->tls ? 443 : 80;
        return 0;
    }
    for (const char *digit = colon + 1; digit < end; digit++) {
        if (!isdigit((unsigned char)*digit) || port > 65535)
            return -EINVAL;
        port = 10 * port + (unsigned long)(*digit - '0');
    }
    url->port = (unsigned)port;
    return port >= 1 && port <= 65535 ? 0 : -EINVAL;
}

int url_split(const char *text, struct url *ret_url, char error[URL_ERROR])
{
    struct url url = {.tls = false};
    const char *end, *behind;

    url.authority = url_scheme(text, &url.tls);
    if (url.authority == 0 || text[url.authority] == '\0')
        return refuse(error, BEGINS);
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return refuse(error, "a URL without blanks, which are written as %20");
    }
    url.path = url.authority + strcspn(text + url.authority, "/?#");
    end = text + url.path;
    behind = take_host(skip_user(text + url.authority, end), end, url.host);
    if (behind == NULL)
        return refuse(error, "a URL with a host, such as http://localhost/ or http://[::1]/");
    if (take_port(behind, end, &url) != 0)
        return refuse(error, "a port from 1 to 65535 behind the host");
    *ret_url = url;
    return 0;
}

char *url_with_path(const char *text, const struct url *url, const char *path)
{
    char *whole;

    return asprintf(&whole, "%.*s%s", (int)url->path, text, path) >= 0 ? whole : NULL;
}
