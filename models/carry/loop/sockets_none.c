// SPDX-License-Identifier: MIT
// Loops of a build without libcurl, which fetch nothing: no cell that would gets so far.
#include <errno.h>

#include "models/carry/loop/reactor.h"

int sockets_open(struct reactor *reactor, uint32_t lanes, uint32_t handles)
{
    return trial_fail(reactor->trial, -ENOSYS, "not built: libcurl not found");
}

void sockets_close(struct reactor *reactor)
{
}

bool sockets_kick(struct reactor *reactor)
{
    return false;
}

void sockets_abandon(struct http_get *get, bool tell)
{
}

void reactor_assign(struct reactor *reactor, struct http_get *get, uint32_t lane)
{
}

void reactor_fetch(struct reactor *reactor, struct http_get *get, const struct step *step)
{
}
