// SPDX-License-Identifier: MIT
// Options that do nothing but with another one, or without: who typed one would believe that it did.
#include <string.h>

#include "cmd/console/option.h"

// What the server of the user's is given by.
static const char *server_option(const struct options *options)
{
    if (options->server != NULL)
        return "server";
    if (options->side_servers[0] != NULL)
        return "base-server";
    return options->client.unix_socket != NULL ? "unix-socket" : "url";
}

static int need_hosts(const char *name, const struct options *options)
{
    return options->hosts.count > 0 ? 0 : complain("--%s is invalid alone: expected --hosts=LIST too", name);
}

static int need_started(const char *name, const struct options *options)
{
    if (options->url != NULL && !options_foreign_server(options))
        return 0;
    return complain("--%s is invalid without a server that is started: expected --server=CMD too", name);
}

static int need_server(const char *name, const struct options *options)
{
    return options->url != NULL ? 0 : complain("--%s is invalid alone: expected --server=CMD or --url=URL too", name);
}

static int need_origin(const char *name, const struct options *options)
{
    if (options->url == NULL)
        return 0;
    return complain("--%s and --%s are invalid together: ccbench's own server is not started then", name,
                    server_option(options));
}

// A server that is started has these CPUs, too.
static int need_any_started(const char *name, const struct options *options)
{
    return options_foreign_server(options) ? need_origin(name, options) : 0;
}

static int need_one_side(const char *name, const struct options *options)
{
    if (options->side_servers[0] == NULL || options->side_servers[1] == NULL)
        return 0;
    return complain("--%s is invalid with --base-server and --new-server: expected two of the three", name);
}

static const struct {
    const char *name;
    int (*check)(const char *name, const struct options *options);
} needs[] = {
    {"via", need_hosts},
    {"remote-ccbench", need_hosts},
    {"host-timeout", need_hosts},
    {"server-ready", need_server},
    {"server-stop", need_started},
    {"origin-workers", need_origin},
    {"origin-cpus", need_any_started},
    {"server", need_one_side},
};

void options_note_need(struct options *options, const char *name)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (strcmp(needs[i].name, name) == 0)
            options->given |= 1U << i;
    }
}

int options_check_needs(const struct options *options)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < sizeof needs / sizeof *needs; i++) {
        if (options->given & 1U << i)
            status = needs[i].check(needs[i].name, options);
    }
    return status;
}
