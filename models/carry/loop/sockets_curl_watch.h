// SPDX-License-Identifier: MIT
// The descriptors that libcurl has watched, each once, by its number.
#pragma once

#include <stdbool.h>
#include <uv.h>

struct multi;

struct curl_watch {
    uv_poll_t poll;
    struct multi *multi;
    int fd;
    int armed;   // events the uv_poll watches for
    int wanted;  // events curl wants; 0: none for now
    bool opened; // by on_curl_open: a connection
};

// A zeroed one is empty.
struct curl_watches {
    struct curl_watch **of; // by descriptor; NULL: not watched
    int capacity;
};

// That of a descriptor, made where there is none; NULL: no memory.
struct curl_watch *curl_watch_of(struct curl_watches *watches, uv_loop_t *loop, int fd);

// Takes it out of epoll now. Where its descriptor has been closed that is done already, and this does no harm.
void curl_watch_disarm(struct curl_watch *watch);

// Before its descriptor is closed, which need not be watched. Its memory goes when the loop runs next.
void curl_watch_close(struct curl_watches *watches, int fd);

// All of them.
void curl_watches_close(struct curl_watches *watches);
