// SPDX-License-Identifier: MIT
// Where a server of the user's own is to listen: the host and port of a URL, or a Unix socket.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#define SERVER_ADDRESSES 8
#define SERVER_ADDRESS_TEXT 300

struct server_address {
    struct sockaddr_storage of[SERVER_ADDRESSES]; // all that the name stands for
    socklen_t lengths[SERVER_ADDRESSES];
    unsigned count;
    char text[SERVER_ADDRESS_TEXT]; // "127.0.0.1:8080", "[::1]:8080", "/run/app.sock"
};

// Looks the host up; a name of this machine (localhost) stands for 127.0.0.1 and ::1, as for libcurl. 0, or -ENXIO.
int server_address_of_host(const char *host, unsigned port, struct server_address *ret_address);

// -ENAMETOOLONG where the path is longer than such an address can be.
int server_address_of_path(const char *path, struct server_address *ret_address);

// A port of the host that was free a moment ago: the kernel hands out others first before it comes to this one again.
// 0 or -errno.
int server_address_free_port(const char *host, unsigned *ret_port);

// Whether a connection is accepted there; it is made and closed, without a request.
bool server_address_accepts(const struct server_address *address);

// Removes a Unix socket that nobody listens on, as a killed server leaves it. Nothing for any other address.
void server_address_forget(const struct server_address *address);
