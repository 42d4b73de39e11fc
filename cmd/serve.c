// SPDX-License-Identifier: MIT
// ccbench serve: the HTTP origin on its own, for trying it with curl or wrk and for replaying trials.
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "measure/base/utf8.h"
#include "workloads/origin/origin.h"

static void announce(uint16_t port, void *data)
{
    const struct options *options = data;

    printf("serving on http://127.0.0.1:%u\n", port);
    if (!options->quiet)
        printf("try: curl http://127.0.0.1:%u/delay/10ms/bytes/4k   (Ctrl-C ends it)\n", port);
    fflush(stdout);
}

static int command_main(int argc, char **argv)
{
    struct options options;
    int err, status = options_parse(&command_serve, argc, argv, &options);
    struct origin_config config = {.ready_fd = -1, .seed = 1};

    if (status != 0)
        return status;
    if (options.argument_count > 0)
        return complain("serve takes no '%.*s' (try 'ccbench serve --help')", UTF8_CLIPPED(options.arguments[0], 60));
    config.port = (uint16_t)options.port;
    err = origin_serve(&config, announce, &options);
    if (err != 0)
        return complain("cannot serve on 127.0.0.1 port %u: %s", options.port, strerror(-err));
    return EXIT_DONE;
}

const struct command command_serve = {
    .name = "serve",
    .bit = COMMAND_SERVE,
    .arguments = "",
    .summary = "Serves the HTTP origin of the http workload.",
    .main = command_main,
};
