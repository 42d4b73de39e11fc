// SPDX-License-Identifier: MIT
// The options of an origin that is reached over the network: where it listens, where it is, and its token.
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/option.h"
#include "measure/base/url.h"
#include "workloads/origin/origin.h"

// "8080"; false: no port.
static bool read_port(const char *text, uint32_t *ret_port)
{
    unsigned long port = 0;

    if (text[0] == '\0' || strlen(text) > 5 || text[strspn(text, "0123456789")] != '\0')
        return false;
    port = strtoul(text, NULL, 10);
    *ret_port = (uint32_t)port;
    return port <= 65535;
}

// The host without its brackets, and what follows the colon behind it; NULL: neither.
static const char *split_host(const char *value, char host[OPTIONS_HOST])
{
    const char *begin = value + (value[0] == '['), *end = strchr(begin, value[0] == '[' ? ']' : ':');
    size_t length = end != NULL ? (size_t)(end - begin) : 0;

    if (length == 0 || length >= OPTIONS_HOST || strpbrk(begin, " \t\r\n/@") != NULL)
        return NULL;
    end += value[0] == '[';
    memcpy(host, begin, length);
    host[length] = '\0';
    return *end == ':' ? end + 1 : NULL;
}

int option_listen(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    char host[OPTIONS_HOST];
    const char *port_text = split_host(value, host);
    uint32_t port;

    if (port_text != NULL && read_port(port_text, &port)) {
        memcpy(options->listen_host, host, sizeof host);
        options->listen_port = port;
        return 0;
    }
    snprintf(expected, OPTION_EXPECTED,
             "an address or a name, and a port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:0 (0: any port)");
    return -EINVAL;
}

int option_origin(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    char error[URL_ERROR];
    struct url url;
    bool bare;

    if (url_split(value, &url, error) == 0 && !url.tls && url.port != 0) {
        bare = strcmp(value + url.path, "") == 0 || strcmp(value + url.path, "/") == 0;
        if (bare && strchr(value, '@') == NULL)
            return option_text(spec, options, value, expected);
    }
    snprintf(expected, OPTION_EXPECTED,
             "where 'ccbench serve --listen' serves, such as http://10.0.0.2:8080, without a path");
    return -EINVAL;
}

static bool is_token(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (!isgraph((unsigned char)text[i]))
            return false;
    }
    return length > 0 && length < ORIGIN_TOKEN;
}

static int refuse_token(char expected[OPTION_EXPECTED], const char *what)
{
    snprintf(expected, OPTION_EXPECTED, "%s of 1 to %d letters, digits or signs, without blanks", what,
             ORIGIN_TOKEN - 1);
    return -EINVAL;
}

int option_token(const struct option_spec *spec, struct options *options, const char *value,
                 char expected[OPTION_EXPECTED])
{
    return is_token(value) ? option_text(spec, options, value, expected) : refuse_token(expected, "a token");
}

int option_token_file(const struct option_spec *spec, struct options *options, const char *value,
                      char expected[OPTION_EXPECTED])
{
    static char line[ORIGIN_TOKEN + 2]; // kept for as long as the program runs
    FILE *file = fopen(value, "re");
    bool whole = file != NULL && fgets(line, sizeof line, file) != NULL;

    if (file != NULL)
        fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (whole && is_token(line))
        return option_text(spec, options, line, expected);
    return refuse_token(expected, "a file that can be read, whose first line is a token");
}

// Of the options that say where fetches go otherwise, the first that is given beside --origin; NULL: none.
static const char *other_aim(const struct options *options)
{
    const struct http_client *client = &options->client;

    if (options->server != NULL || options->side_servers[0] != NULL || options->side_servers[1] != NULL)
        return "server";
    if (client->unix_socket != NULL)
        return "unix-socket";
    if (options->url != NULL)
        return "url";
    if (client->header_count > 0)
        return "header";
    if (client->cacert != NULL)
        return "cacert";
    if (client->insecure)
        return "insecure";
    if (options->origin_workers > 0)
        return "origin-workers";
    return cpus_count(&options->origin_cpus) > 0 ? "origin-cpus" : NULL;
}

int options_check_origin(const struct options *options, bool serves)
{
    const char *other = options->origin != NULL ? other_aim(options) : NULL;

    if (other != NULL)
        return complain("--%s and --origin are invalid together: expected one of them", other);
    if (options->token != NULL && options->origin == NULL && !serves)
        return complain("--token is invalid alone: expected --origin=URL too");
    if (options->listen_host[0] != '\0' && options->port != 0)
        return complain("--port and --listen are invalid together: expected one of them");
    return 0;
}
