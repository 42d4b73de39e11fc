// SPDX-License-Identifier: MIT
// The parts of an http or https URL (RFC 3986), as far as ccbench itself must know them: libcurl is loaded only where
// something is fetched.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define URL_HOST 256
#define URL_ERROR 160

struct url {
    bool tls;
    char host[URL_HOST]; // without the brackets of an IPv6 address
    unsigned port;       // as given, or the scheme's own
    size_t authority;    // where user information, host and port begin
    size_t path;         // where they have ended
};

// Whether the text begins with the scheme of such a URL, in any case: its length up to and with "://", else 0.
size_t url_scheme(const char *text, bool *ret_tls);

// 0, or -EINVAL with `error`: what was expected.
int url_split(const char *text, struct url *ret_url, char error[URL_ERROR]);

// The URL with another path, which begins with a slash; to be freed with free(). NULL: no memory.
char *url_with_path(const char *text, const struct url *url, const char *path);
