// SPDX-License-Identifier: MIT
// libcurl, loaded only where something is fetched. Linked, it would be mapped with its thirty libraries into every trial:
// 8 ms of CPU at the start of each, and three times the price of a fork for processes that never fetch anything.
#pragma once

#ifdef CCBENCH_HAVE_CURL

#include <curl/curl.h>
#include <stdbool.h>

#define LIBCURL_FUNCTIONS(X) \
    X(global_init)           \
    X(global_cleanup)        \
    X(slist_append)          \
    X(slist_free_all)        \
    X(version_info)          \
    X(easy_init)             \
    X(easy_setopt)           \
    X(easy_getinfo)          \
    X(easy_perform)          \
    X(easy_cleanup)          \
    X(easy_strerror)         \
    X(multi_init)            \
    X(multi_setopt)          \
    X(multi_add_handle)      \
    X(multi_remove_handle)   \
    X(multi_socket_action)   \
    X(multi_info_read)       \
    X(multi_cleanup)         \
    X(multi_strerror)

// Called as libcurl.easy_init(); valid once libcurl_load() has returned 0.
struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *(name);
    LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};
extern struct libcurl libcurl;

// Maps the library; again is nothing. To be called while there is one thread. 0, or -ENOENT with *ret_why, which stays the
// library's, saying what is missing (may be NULL).
int libcurl_load(const char **ret_why);

// Initialises the library, once it is loaded, for URLs of https too where `tls` says so; without it as little of OpenSSL as there can
// be. libcurl.global_cleanup() ends it.
CURLcode libcurl_init(bool tls);

// "7.88.1": of the library that is loaded, or else of the one that ccbench was built with.
const char *libcurl_version(void);

#endif
