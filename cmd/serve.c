// SPDX-License-Identifier: MIT
// ccbench serve: the HTTP origin on its own, for trying it with curl or wrk, for replaying trials, and for runs on other
// machines.
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "cmd/console/output_file.h"
#include "cmd/plan/place_origin.h"
#include "measure/base/json.h"
#include "measure/base/utf8.h"
#include "measure/machine/environment.h"
#include "reports/document/fields.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/origin.h"
#include "workloads/origin/server_address.h"

// Digits of a token that is made here: 128 bits.
#define MADE_TOKEN 33

struct service {
    const struct options *options;
    char address[NI_MAXHOST]; // literal, that is listened on
    bool beyond;              // this machine
    const char *token;        // NULL: none
    char made[MADE_TOKEN];    // the token, where it was made here; else ""
    int err;                  // of writing the certificate
};

// "127.0.0.1:8080", "[::1]:8080"
static void print_place(const char *scheme, const char *address, unsigned port)
{
    const bool six = strchr(address, ':') != NULL;

    printf("%s://%s%s%s:%u", scheme, six ? "[" : "", address, six ? "]" : "", port);
}

static void invite(const struct service *service, const struct origin_ready *ready)
{
    const char *file = service->options->tls;

    printf("try: curl ");
    if (file != NULL)
        printf("--cacert %s ", file);
    print_place(file != NULL ? "https" : "http", service->address, file != NULL ? ready->tls_port : ready->port);
    printf("/delay/10ms/bytes/4k   (Ctrl-C ends it)\n");
}

static void print_token(const struct service *service, const struct origin_ready *ready)
{
    if (service->made[0] != '\0')
        printf("token: %s\n", service->made);
    if (service->token == NULL || service->options->quiet)
        return;
    printf("elsewhere: ccbench --origin=");
    print_place("http", service->options->listen_host[0] != '\0' && !service->beyond ? service->address : "HOST",
                ready->port);
    printf(" --token=%s\n", service->made[0] != '\0' ? service->made : "TOKEN");
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
    printf("serving on ");
    print_place("http", service->address, ready->port);
    if (file != NULL) {
        printf("\nserving on ");
        print_place("https", service->address, ready->tls_port);
    }
    putchar('\n');
    print_token(service, ready);
    if (!service->options->quiet)
        invite(service, ready);
    fflush(stdout);
    return 0;
}

static unsigned port_of(const struct options *options)
{
    return options->listen_host[0] != '\0' ? options->listen_port : options->port;
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
    return complain("cannot serve on %s port %u: %s", service->address, port_of(options), strerror(-err));
}

static bool is_loopback(const struct sockaddr_storage *of)
{
    if (of->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)of)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return of->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)of)->sin6_addr);
}

// Looks up where to listen. 0, or EXIT_USAGE with one line printed.
static int find_address(struct service *service)
{
    const char *host = service->options->listen_host;
    struct server_address found;

    if (host[0] == '\0')
        host = "127.0.0.1";
    if (server_address_of_host(host, 0, &found) != 0 ||
        getnameinfo((const struct sockaddr *)&found.of[0], found.lengths[0], service->address, sizeof service->address,
                    NULL, 0, NI_NUMERICHOST) != 0)
        return complain("--listen: '%.*s' is no address and no name that is known here", UTF8_CLIPPED(host, 100));
    service->beyond = !is_loopback(&found.of[0]);
    return 0;
}

// What others reach has a token. 0, or EXIT_USAGE with one line printed.
static int find_token(struct service *service)
{
    int err;

    service->token = service->options->token;
    if (service->token != NULL || !service->beyond)
        return 0;
    err = origin_guard_random(service->made, sizeof service->made);
    service->token = service->made;
    return err == 0 ? 0 : complain("--listen: no token can be made: %s", strerror(-err));
}

// What a report says of the machine that the origin ran on. To be freed with cJSON_free().
static char *describe_machine(void)
{
    static const char *const facts[] = {"host", "kernel", "os", "virtualisation"};
    cJSON *environment = environment_describe(), *machine = cJSON_CreateObject();
    char *text;

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        json_add_text(machine, facts[i], field_text(environment, facts[i]));
    json_add_text(machine, "cpu", field_text(environment, "cpu.model"));
    cJSON_AddNumberToObject(machine, "cores", field_number(environment, "cpu.allowed_count"));
    text = cJSON_PrintUnformatted(machine);
    cJSON_Delete(environment);
    cJSON_Delete(machine);
    return text;
}

// By the machine's cores, as beside trials.
static unsigned workers_of(const struct options *options)
{
    return options->origin_workers > 0 ? options->origin_workers : place_origin_workers(environment_cores());
}

static int serve(struct service *service)
{
    const struct options *options = service->options;
    char *machine = describe_machine();
    struct origin_config config = {
        .address = service->address,
        .port = (uint16_t)port_of(options),
        .tls = options->tls != NULL,
        .ready_fd = -1,
        .seed = 1,
        .workers = workers_of(options),
        .guarded = true,
        .token = service->token,
        .host = options->listen_host[0] != '\0' ? options->listen_host : NULL,
        .machine = machine,
    };
    int err = origin_serve(&config, announce, service);

    cJSON_free(machine);
    return err == 0 ? EXIT_DONE : refuse(service, err);
}

static int command_main(int argc, char **argv)
{
    struct options options;
    struct service service = {.options = &options};
    int status = options_parse(&command_serve, argc, argv, &options);

    if (status != 0)
        return status;
    if (options.argument_count > 0)
        return complain("serve takes no '%.*s' (try 'ccbench serve --help')", UTF8_CLIPPED(options.arguments[0], 60));
    status = find_address(&service);
    if (status == 0)
        status = find_token(&service);
    return status == 0 ? serve(&service) : status;
}

const struct command command_serve = {
    .name = "serve",
    .bit = COMMAND_SERVE,
    .arguments = "",
    .summary = "Serves the HTTP origin of the http workload.",
    .main = command_main,
};
