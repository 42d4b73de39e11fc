// SPDX-License-Identifier: MIT
#include "workloads/origin/server_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// How long a full queue of connections is waited for.
#define CONNECT_MS 200

static void add(struct server_address *address, const void *of, socklen_t length)
{
    if (address->count == SERVER_ADDRESSES)
        return;
    memcpy(&address->of[address->count], of, length);
    address->lengths[address->count++] = length;
}

static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t length = strlen(host), n = sizeof name - 1;

    return length >= n && strcasecmp(host + length - n, name) == 0 && (length == n || host[length - n - 1] == '.');
}

static void add_loopback(struct server_address *address, unsigned port)
{
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    add(address, &four, sizeof four);
    add(address, &six, sizeof six);
}

// In a URL the % before a zone is written as %25.
static void unescape_zone(const char *host, char *plain, size_t size)
{
    const char *zone = strstr(host, "%25");

    snprintf(plain, size, "%.*s%s%s", zone != NULL ? (int)(zone - host) : (int)strlen(host), host,
             zone != NULL ? "%" : "", zone != NULL ? zone + 3 : "");
}

static void look_up(const char *host, unsigned port, struct server_address *address)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    char plain[NI_MAXHOST], service[16];

    if (strcmp(host, "*") == 0) // of which glibc makes the loopback
        return;
    unescape_zone(host, plain, sizeof plain);
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(plain, service, &hints, &found) != 0)
        return;
    for (const struct addrinfo *info = found; info != NULL; info = info->ai_next)
        add(address, info->ai_addr, info->ai_addrlen);
    freeaddrinfo(found);
}

int server_address_of_host(const char *host, unsigned port, struct server_address *ret_address)
{
    struct server_address address = {.count = 0};

    snprintf(address.text, sizeof address.text, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
    if (is_localhost(host))
        add_loopback(&address, port);
    else
        look_up(host, port, &address);
    *ret_address = address;
    return address.count > 0 ? 0 : -ENXIO;
}

int server_address_of_path(const char *path, struct server_address *ret_address)
{
    struct server_address address = {.count = 0};
    struct sockaddr_un unix_ = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof unix_.sun_path)
        return -ENAMETOOLONG;
    strcpy(unix_.sun_path, path);
    snprintf(address.text, sizeof address.text, "%s", path);
    add(&address, &unix_, sizeof unix_);
    *ret_address = address;
    return 0;
}

static void set_port(struct sockaddr_storage *of, unsigned port)
{
    if (of->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)of)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)of)->sin_port = htons((uint16_t)port);
}

static unsigned port_of(const struct sockaddr_storage *of)
{
    return ntohs(of->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)of)->sin6_port
                                           : ((const struct sockaddr_in *)of)->sin_port);
}

// Binds to the port, which is then stored in `of`; 0: any. 0 or -errno.
static int try_port(struct sockaddr_storage *of, socklen_t length, unsigned port)
{
    int fd = socket(of->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0, yes = 1;

    if (fd < 0)
        return -errno;
    if (of->ss_family == AF_INET6) // else ::1 takes the port of 127.0.0.1 too
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    set_port(of, port);
    if (bind(fd, (struct sockaddr *)of, length) != 0 || getsockname(fd, (struct sockaddr *)of, &length) != 0)
        err = -errno;
    close(fd);
    return err;
}

// One port that is free at each address where that can be told.
static int common_port(struct server_address *address, unsigned *ret_port)
{
    unsigned port = 0;
    int err = -EADDRNOTAVAIL;

    for (unsigned i = 0; i < address->count; i++) {
        int tried = try_port(&address->of[i], address->lengths[i], port);

        if (tried == -EADDRINUSE)
            return tried;
        if (tried != 0)
            continue; // not of this machine, or not of this kind of network
        port = port_of(&address->of[i]);
        err = 0;
    }
    *ret_port = port;
    return err;
}

int server_address_free_port(const char *host, unsigned *ret_port)
{
    struct server_address address;
    int err = server_address_of_host(host, 0, &address);

    if (err != 0)
        return err;
    err = -EADDRINUSE;
    for (int i = 0; i < 100 && err == -EADDRINUSE; i++)
        err = common_port(&address, ret_port);
    return err;
}

// On the loopback a client that tries the ports it is given itself may meet itself.
static bool met_itself(int fd)
{
    struct sockaddr_storage own = {0}, other = {0};
    socklen_t own_length = sizeof own, other_length = sizeof other;

    if (getsockname(fd, (struct sockaddr *)&own, &own_length) != 0 ||
        getpeername(fd, (struct sockaddr *)&other, &other_length) != 0)
        return true;
    return own.ss_family != AF_UNIX && own_length == other_length && memcmp(&own, &other, own_length) == 0;
}

static bool connects(const struct sockaddr_storage *of, socklen_t length)
{
    int fd = socket(of->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof error;
    bool connected;

    if (fd < 0)
        return false;
    connected = connect(fd, (const struct sockaddr *)of, length) == 0;
    if (!connected && errno == EINPROGRESS && poll(&wait, 1, CONNECT_MS) == 1)
        connected = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    connected = connected && !met_itself(fd);
    close(fd);
    return connected;
}

bool server_address_accepts(const struct server_address *address)
{
    for (unsigned i = 0; i < address->count; i++) {
        if (connects(&address->of[i], address->lengths[i]))
            return true;
    }
    return false;
}

void server_address_forget(const struct server_address *address)
{
    const struct sockaddr_un *unix_ = (const struct sockaddr_un *)&address->of[0];
    struct stat stat_;

    if (address->count == 0 || unix_->sun_family != AF_UNIX)
        return;
    if (lstat(unix_->sun_path, &stat_) == 0 && S_ISSOCK(stat_.st_mode) && !server_address_accepts(address))
        unlink(unix_->sun_path);
}
