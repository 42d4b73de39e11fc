// SPDX-License-Identifier: MIT
#include "cmd/console/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/console/option.h"
#include "measure/base/secrets.h"
#include "measure/base/units.h"
#include "measure/base/url.h"
#include "measure/base/utf8.h"

// What getopt_long returns for the i-th row is i + this; a letter stands for itself.
#define OPTION_BASE 256

// The rows of the command, as getopt_long wants them.
static void fill_getopt(unsigned bit, struct option longs[OPTION_SPECS_MOST], char shorts[3 * OPTION_SPECS_MOST])
{
    *shorts++ = ':'; // no messages of getopt's own
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if ((spec->commands & bit) == 0)
            continue;
        *longs++ = (struct option){spec->name, spec->argument != NULL ? required_argument : no_argument, NULL,
                                   OPTION_BASE + (int)(spec - option_specs)};
        if (spec->letter == 0)
            continue;
        *shorts++ = spec->letter;
        if (spec->argument != NULL)
            *shorts++ = ':';
    }
    *longs = (struct option){0};
    *shorts = '\0';
}

static const struct option_spec *spec_of(int code, unsigned bit)
{
    const struct option_spec *spec = option_specs;

    if (code >= OPTION_BASE)
        return &option_specs[code - OPTION_BASE];
    while (spec->name != NULL && (spec->letter != code || (spec->commands & bit) == 0))
        spec++;
    return spec;
}

static const char *option_name(unsigned i)
{
    return option_specs[i].name;
}

static bool takes(unsigned bit, const char *name)
{
    const struct option_spec *spec = option_specs;

    while (spec->name != NULL && (strcmp(spec->name, name) != 0 || (spec->commands & bit) == 0))
        spec++;
    return spec->name != NULL;
}

static int complain_unknown(const struct command *command, const char *word)
{
    char name[64];
    const char *meant;

    if (word[0] != '-' || word[1] != '-')
        return complain("unknown option '%.*s' (try 'ccbench %s --help')", UTF8_CLIPPED(word, 40), command->name);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    meant = nearest(name, option_name);
    if (meant != NULL && strcmp(meant, name) == 0) // another command's
        return complain("%s takes no '--%s' (try 'ccbench %s --help')", command->name, name, command->name);
    if (meant != NULL && takes(command->bit, meant))
        return complain("unknown option '--%.*s', did you mean '--%s'? (try 'ccbench %s --help')",
                        UTF8_CLIPPED(name, 40), meant, command->name);
    return complain("unknown option '--%.*s' (try 'ccbench %s --help')", UTF8_CLIPPED(name, 40), command->name);
}

static int complain_option(const struct command *command, int code, char **argv)
{
    const struct option_spec *spec = spec_of(optopt, command->bit);
    char letter[3] = {'-', (char)optopt, '\0'};

    if (code == ':')
        return complain("option '--%s' needs a value, such as --%s=%s (try 'ccbench %s --help')", spec->name,
                        spec->name, spec->argument, command->name);
    if (optopt >= OPTION_BASE)
        return complain("option '--%s' takes no value (try 'ccbench %s --help')", spec->name, command->name);
    return complain_unknown(command, optopt != 0 ? letter : argv[optind - 1]);
}

// What is invalid may hold a secret all the same.
static int complain_value(const struct option_spec *spec, const char *value, const char *expected)
{
    char *masked = spec->type == option_header ? secrets_mask_header(value) : secrets_mask(value);
    int status = complain("--%s: invalid value '%.*s': expected %s", spec->name,
                          UTF8_CLIPPED(masked != NULL ? masked : "", 60), expected);

    free(masked);
    return status;
}

static int set(const struct option_spec *spec, struct options *options, const char *value)
{
    char expected[OPTION_EXPECTED] = "", unused[OPTION_EXPECTED] = "", plain[OPTION_EXPECTED];
    int err;

    if (spec->type == NULL)
        return complain("option '--%s' is understood only in full and on its own (try 'ccbench --help')", spec->name);
    err = spec->type(spec, options, value, expected);
    if (err == 0)
        return 0;
    if (err != -E2BIG && units_set_apart(value, plain, sizeof plain) && spec->type(spec, options, plain, unused) == 0)
        return complain_set_apart(spec->name, value, plain);
    return complain_value(spec, value, expected);
}

static bool has_server(const struct options *options)
{
    return options->server != NULL || options->side_servers[0] != NULL || options->side_servers[1] != NULL;
}

bool options_foreign_server(const struct options *options)
{
    return options->url != NULL && !has_server(options);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int check_readable(const char *name, const char *path)
{
    return path == NULL || access(path, R_OK) == 0 ? 0 : complain("%s: '%s' cannot be read", name, path);
}

// The certificates that the environment names, where no option does: as curl.
static int settle_certificates(struct options *options)
{
    struct http_client *client = &options->client;
    bool tls = false;

    if (options->url == NULL || url_scheme(options->url, &tls) == 0 || !tls || client->insecure ||
        client->cacert != NULL)
        return 0;
    client->cacert = variable("CURL_CA_BUNDLE");
    if (client->cacert != NULL)
        return check_readable("CURL_CA_BUNDLE", client->cacert);
    client->capath = variable("SSL_CERT_DIR");
    client->cacert = variable("SSL_CERT_FILE");
    if (check_readable("SSL_CERT_DIR", client->capath) != 0)
        return EXIT_USAGE;
    return check_readable("SSL_CERT_FILE", client->cacert);
}

static int check_port(const char *option, const char *text, const char *expected)
{
    char *masked;
    int status;

    if (text == NULL || strstr(text, "{port}") != NULL)
        return 0;
    masked = secrets_mask(text);
    status = complain("--%s: '%.*s' has no {port} in it, expected %s", option,
                      UTF8_CLIPPED(masked != NULL ? masked : "", 60), expected);
    free(masked);
    return status;
}

// That the port a server gets is the one it is asked at. One that listens on a Unix socket needs none.
static int check_ports(const struct options *options)
{
    static const char command[] = "a command such as './srv {port}'";
    int status = 0;

    if (options->client.unix_socket != NULL)
        return 0;
    status = check_port("server", options->server, command);
    if (status == 0)
        status = check_port("base-server", options->side_servers[0], command);
    if (status == 0)
        status = check_port("new-server", options->side_servers[1], command);
    if (status == 0)
        status = check_port("url", options->url, "one such as http://127.0.0.1:{port}/page with --server");
    return status;
}

// What the options on servers leave open once all are there: where --server is fetched from.
static int settle_servers(struct options *options)
{
    int status;

    if (!has_server(options)) {
        if (options->url == NULL && options->client.unix_socket != NULL)
            options->url = "http://localhost/";
        return settle_certificates(options);
    }
    for (int side = 0; side < 2; side++) {
        if (options->server == NULL && options->side_servers[side] == NULL)
            return complain_masked(side == 0 ? "new-server" : "base-server", options->side_servers[1 - side],
                                   side == 0 ? "is invalid alone: expected --base-server or --server too"
                                             : "is invalid alone: expected --new-server or --server too");
    }
    if (options->url == NULL)
        options->url = options->client.unix_socket != NULL ? "http://localhost/" : "http://127.0.0.1:{port}/";
    status = check_ports(options);
    return status == 0 ? settle_certificates(options) : status;
}

int options_each(const struct command *command, int argc, char **argv,
                 int (*take)(const struct option_spec *spec, const char *value, void *data), void *data)
{
    struct option longs[OPTION_SPECS_MOST];
    char shorts[3 * OPTION_SPECS_MOST];
    int code, status = 0;

    fill_getopt(command->bit, longs, shorts);
    optind = 1;
    opterr = 0;
    while (status == 0 && (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == '?' || code == ':')
            return complain_option(command, code, argv);
        status = take(spec_of(code, command->bit), optarg, data);
    }
    return status;
}

static int note(const struct option_spec *spec, const char *value, void *data)
{
    struct options *options = data;

    options->elsewhere |= strcmp(spec->name, "hosts") == 0;
    options_note_need(options, spec->name);
    return 0;
}

static int set_option(const struct option_spec *spec, const char *value, void *data)
{
    return set(spec, data, value);
}

int options_parse(const struct command *command, int argc, char **argv, struct options *ret_options)
{
    int status;

    *ret_options = (struct options){.gates = command->bit == COMMAND_GATE};
    for (const struct option_spec *spec = option_specs; spec->name != NULL; spec++) {
        if (spec->initial != NULL)
            set(spec, ret_options, spec->initial);
    }
    status = options_each(command, argc, argv, note, ret_options);
    if (status == 0)
        status = options_each(command, argc, argv, set_option, ret_options);
    ret_options->arguments = argv + optind;
    ret_options->argument_count = argc - optind;
    if (status == 0)
        status = options_check_origin(ret_options, command->bit == COMMAND_SERVE);
    if (status == 0)
        status = settle_servers(ret_options);
    return status == 0 ? options_check_needs(ret_options) : status;
}
