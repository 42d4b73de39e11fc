// SPDX-License-Identifier: MIT
#include "models/carry/loop/sockets_curl_watch.h"

#include <stdlib.h>

static bool grow(struct curl_watches *watches, int fd)
{
    int capacity = watches->capacity > 0 ? watches->capacity : 64;
    struct curl_watch **of;

    if (fd < watches->capacity)
        return true;
    while (capacity <= fd)
        capacity *= 2;
    of = realloc(watches->of, (size_t)capacity * sizeof(struct curl_watch *));
    if (of == NULL)
        return false;
    for (int i = watches->capacity; i < capacity; i++)
        of[i] = NULL;
    watches->of = of;
    watches->capacity = capacity;
    return true;
}

struct curl_watch *curl_watch_of(struct curl_watches *watches, uv_loop_t *loop, int fd)
{
    struct curl_watch *watch;

    if (!grow(watches, fd))
        return NULL;
    if (watches->of[fd] != NULL)
        return watches->of[fd];
    watch = calloc(1, sizeof *watch);
    if (watch == NULL || uv_poll_init(loop, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->fd = fd;
    watches->of[fd] = watch;
    return watch;
}

void curl_watch_disarm(struct curl_watch *watch)
{
    uv_poll_stop(&watch->poll);
    watch->armed = 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void curl_watch_close(struct curl_watches *watches, int fd)
{
    struct curl_watch *watch = fd < watches->capacity ? watches->of[fd] : NULL;

    if (watch == NULL)
        return;
    watches->of[fd] = NULL;
    curl_watch_disarm(watch);
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}

void curl_watches_close(struct curl_watches *watches)
{
    for (int fd = 0; fd < watches->capacity; fd++)
        curl_watch_close(watches, fd);
    free(watches->of);
    *watches = (struct curl_watches){0};
}
