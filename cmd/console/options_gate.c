// SPDX-License-Identifier: MIT
#include "cmd/console/options_gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "measure/base/words.h"
#include "reports/document/gate_metric.h"

// A command that can be split into words, with `needed` (NULL: nothing) in one of them.
static int set_command(const char *value, const char *needed, const char **ret_command, char expected[OPTIONS_EXPECTED])
{
    char error[WORDS_ERROR];
    char **words = NULL;
    int err = words_split(value, &words, error);

    if (err == 0 && needed != NULL && strstr(value, needed) == NULL) {
        err = -EINVAL;
        snprintf(error, sizeof error, "%s is not in it", needed);
    }
    if (err == 0)
        *ret_command = value;
    else if (err == -EINVAL)
        snprintf(expected, OPTIONS_EXPECTED, "a command such as '%s': %.100s", needed != NULL ? "./srv {port}" : "./old/ccbench",
                 error);
    else
        snprintf(expected, OPTIONS_EXPECTED, "more memory");
    free(words);
    return err;
}

int options_set_base(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    return set_command(value, NULL, &options->sides[0], expected);
}

int options_set_new(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    return set_command(value, NULL, &options->sides[1], expected);
}

int options_set_server(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    return set_command(value, "{port}", &options->server, expected);
}

int options_set_base_server(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    return set_command(value, "{port}", &options->side_servers[0], expected);
}

int options_set_new_server(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    return set_command(value, "{port}", &options->side_servers[1], expected);
}

static bool has_server(const struct options *options)
{
    return options->server != NULL || options->side_servers[0] != NULL || options->side_servers[1] != NULL;
}

bool options_foreign_server(const struct options *options)
{
    return options->url != NULL && !has_server(options);
}

int options_settle_servers(struct options *options)
{
    if (!has_server(options))
        return 0;
    for (int side = 0; side < 2; side++) {
        if (options->server == NULL && options->side_servers[side] == NULL)
            return complain("--%s-server alone will not do, expected --%s-server or --server too", side == 0 ? "new" : "base",
                            side == 0 ? "base" : "new");
    }
    if (options->url == NULL)
        options->url = "http://127.0.0.1:{port}/";
    else if (strstr(options->url, "{port}") == NULL)
        return complain("--url: '%s' has no {port} in it, expected one such as http://127.0.0.1:{port}/page with --server",
                        options->url);
    return 0;
}

int options_set_allow(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    double share;

    if (units_parse_share(value, &share) == 0 && share > 0 && share <= 10) {
        options->allowed = share;
        return 0;
    }
    snprintf(expected, OPTIONS_EXPECTED, "a share above 0 and up to 1000%% such as 3%%");
    return -EINVAL;
}

int options_set_metrics(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    size_t length = 0;

    options->metrics = value;
    for (const char *name = value; name != NULL;) {
        size_t end = strcspn(name, ",");

        if (gate_metric_find(name, end) == NULL)
            break;
        if (name[end] == '\0')
            return 0;
        name += end + 1;
    }
    length = (size_t)snprintf(expected, OPTIONS_EXPECTED, "a list out of ");
    for (const struct gate_metric *metric = gate_metrics; metric->name != NULL; metric++)
        length += (size_t)snprintf(expected + length, OPTIONS_EXPECTED - length, "%s%s", metric == gate_metrics ? "" : ",",
                                   metric->name);
    return -EINVAL;
}

int options_set_inconclusive(struct options *options, const char *value, char expected[OPTIONS_EXPECTED])
{
    options->inconclusive_passes = strcmp(value, "pass") == 0;
    if (options->inconclusive_passes || strcmp(value, "fail") == 0)
        return 0;
    snprintf(expected, OPTIONS_EXPECTED, "fail or pass");
    return -EINVAL;
}
