// SPDX-License-Identifier: MIT
// ccbench serve: the HTTP origin on its own, for trying it with curl or wrk and for replaying trials.
#include <errno.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "cmd/console/output_file.h"
#include "measure/base/utf8.h"
#include "workloads/origin/origin.h"

struct service {
    const struct options *options;
    int err; // of writing the certificate
};

static void invite(const char *file, const struct origin_ready *ready)
{
    if (file != NULL)
        printf("try: curl --cacert %s https://127.0.0.1:%u/delay/10ms/bytes/4k   (Ctrl-C ends it)\n", file,
               ready->tls_port);
    else
        printf("try: curl http://127.0.0.1:%u/delay/10ms/bytes/4k   (Ctrl-C ends it)\n", ready->port);
}

// Says what is served, once the certificate is there for whoever reads that.
static int announce(const struct origin_ready *ready, void *data)
{
    struct service *service = data;
    const char *file = service->options->tls;

    if (file != NULL)
        service->err = output_file_write(file, ready->certificate, strlen(ready->certificate));
    if (service->err != 0)
        return service->err;
    printf("serving on http://127.0.0.1:%u\n", ready->port);
    if (file != NULL)
        printf("serving on https://127.0.0.1:%u\n", ready->tls_port);
    if (!service->options->quiet)
        invite(file, ready);
    fflush(stdout);
    return 0;
}

static int refuse(const struct service *service, int err)
{
    const struct options *options = service->options;

    if (service->err != 0)
        return complain("--tls: cannot write '%.*s': %s", UTF8_CLIPPED(options->tls, 200), strerror(-service->err));
    if (err == -ENOSYS && options->tls != NULL)
        return complain(
            "cannot serve with --tls: TLS of the HTTP origin is not built, it needs libuv, llhttp and OpenSSL");
    if (err == -ELIBACC)
        return complain("cannot serve with --tls: OpenSSL cannot be loaded (libssl.so.3: apt-get install libssl3)");
    return complain("cannot serve on 127.0.0.1 port %u: %s", options->port, strerror(-err));
}

static int serve(const struct options *options)
{
    struct origin_config config = {
        .port = (uint16_t)options->port, .tls = options->tls != NULL, .ready_fd = -1, .seed = 1};
    struct service service = {.options = options};
    int err = origin_serve(&config, announce, &service);

    return err == 0 ? EXIT_DONE : refuse(&service, err);
}

static int command_main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&command_serve, argc, argv, &options);

    if (status != 0)
        return status;
    if (options.argument_count > 0)
        return complain("serve takes no '%.*s' (try 'ccbench serve --help')", UTF8_CLIPPED(options.arguments[0], 60));
    return serve(&options);
}

const struct command command_serve = {
    .name = "serve",
    .bit = COMMAND_SERVE,
    .arguments = "",
    .summary = "Serves the HTTP origin of the http workload.",
    .main = command_main,
};
