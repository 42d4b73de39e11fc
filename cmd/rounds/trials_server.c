// SPDX-License-Identifier: MIT
#include "cmd/rounds/trials_server.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/words.h"

// It has so long to accept its first connection, where --timeout says nothing else.
#define TIMEOUT_NS (10 * NS_PER_S)

int trials_server_start(struct trials *trials, const struct block *block, char error[SERVER_ERROR])
{
    const struct options *options = trials->plan->options;
    int err;

    if (trials->server_words == NULL || block->fetches == 0)
        return 0;
    // Unlike the origin it may want more than one core.
    err = server_process_start(&trials->server, trials->server_words,
                               CPU_COUNT(&options->origin_cpus) > 0 ? &options->origin_cpus : NULL,
                               options->timeout_ns != 0 ? options->timeout_ns : TIMEOUT_NS, error);
    trials->server_cpu_ns = server_process_cpu_ns(&trials->server);
    return err;
}

void trials_server_stop(struct trials *trials, cJSON *sample)
{
    uint64_t cpu_ns;

    if (trials->server.pid == 0)
        return;
    cpu_ns = server_process_cpu_ns(&trials->server);
    server_process_stop(&trials->server);
    // One that died meanwhile has taken its figure along.
    if (sample != NULL && cpu_ns >= trials->server_cpu_ns)
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(sample, "server"), "cpu_ns", (double)(cpu_ns - trials->server_cpu_ns));
}

void trials_server_aim(const struct trials *trials, cJSON *plan)
{
    const char *url = trials->plan->options->url;
    char port[16], *template = trials->server.pid > 0 && url != NULL ? strdup(url) : NULL;
    char *const words[] = {template, NULL};
    char **replaced;

    if (template == NULL)
        return;
    snprintf(port, sizeof port, "%u", trials->server.port);
    replaced = words_replace(words, "{port}", port);
    if (replaced != NULL)
        cJSON_ReplaceItemInObjectCaseSensitive(plan, "url", cJSON_CreateString(replaced[0]));
    free(replaced);
    free(template);
}

int trials_server_try(struct trials *trials, const char *option, const char *command)
{
    struct block fetching = {.fetches = 1};
    char error[SERVER_ERROR] = "";
    int err = trials_server_start(trials, &fetching, error);

    trials_server_stop(trials, NULL);
    if (err == -EINTR)
        return EXIT_SIGNAL + supervisor_interrupted();
    return err == 0 ? 0 : complain("--%s: '%s': the server %s", option, command, error);
}
