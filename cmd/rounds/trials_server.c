// SPDX-License-Identifier: MIT
#include "cmd/rounds/trials_server.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "cmd/plan/server_ready.h"
#include "measure/base/clock.h"
#include "measure/base/cpus.h"
#include "measure/base/json.h"
#include "measure/base/libcurl.h"
#include "measure/base/task_status.h"
#include "measure/base/url.h"
#include "measure/base/utf8.h"
#include "measure/machine/memory.h"
#include "measure/sample.h"
#include "measure/slot.h"

static int start(struct trials *trials, char error[SERVER_ERROR])
{
    const struct options *options = trials->plan->options;
    struct server_request request = {
        .words = trials->server_words,
        .url = options->url,
        .unix_socket = options->client.unix_socket,
        // Unlike the origin it may want more than one core.
        .cpus = cpus_count(&options->origin_cpus) > 0 ? &options->origin_cpus : NULL,
        .timeout_ns = options->timeout_ns != 0 ? options->timeout_ns : SERVER_READY_NS,
        .stop_ns = options->server_stop_ns,
    };
    uint64_t deadline_ns = clock_now_ns() + request.timeout_ns;
    int err = server_process_start(&trials->server, &request, error);

    if (err == 0 && options->server_ready != NULL)
        err = server_ready_wait(options, &trials->server, deadline_ns, error);
    return err;
}

int trials_server_start(struct trials *trials, const struct block *block, char error[SERVER_ERROR])
{
    uint64_t begin_ns = clock_now_ns();
    int err;

    if (trials->server_words == NULL || block->fetches == 0)
        return 0;
    err = start(trials, error);
    trials->server_start_ns = clock_now_ns() - begin_ns;
    trials->server_cpu_ns = server_process_cpu_ns(&trials->server);
    return err;
}

void trials_server_stop(struct trials *trials)
{
    server_process_stop(&trials->server);
}

static void add_use(const struct trials *trials, cJSON *sample)
{
    uint64_t cpu_ns = server_process_cpu_ns(&trials->server);

    struct memory_reading memory;
    cJSON *server;

    // Descendants that died meanwhile have taken their figures along.
    if (cpu_ns < trials->server_cpu_ns)
        return;
    server = cJSON_AddObjectToObject(sample, "server");
    cJSON_AddNumberToObject(server, "cpu_ns", (double)(cpu_ns - trials->server_cpu_ns));
    if (memory_of_tree(trials->server.pid, &memory) == 0)
        cJSON_AddNumberToObject(server, "memory_bytes", (double)memory_counted_bytes(&memory));
}

// It failed first, and its end explains all else.
void trials_server_blame(struct trial_result *result, const char *who, const char *how)
{
    struct judgement judgement = {.status = SAMPLE_OK};

    if (result->judgement.status == SAMPLE_OK)
        judgement_fail(&judgement, "%s %s before the trial was over", who, how);
    else
        judgement_fail(&judgement, "%s %s; %s", who, how, result->judgement.reason);
    result->judgement = judgement;
    sample_set_judgement(result->sample, &result->judgement);
}

// The status of the task that ended first; 0 where none has.
static unsigned first_status(const struct trials *trials, uint32_t tasks)
{
    const struct slot *first = NULL;

    for (uint32_t i = 0; trials->slots != NULL && i < tasks; i++) {
        const struct slot *slot = &trials->slots[i];

        if (slot->end_ns != 0 && (first == NULL || slot->end_ns < first->end_ns))
            first = slot;
    }
    return first != NULL ? first->status : 0;
}

// What to try, for what the first task came to; NULL: nothing is known.
static const char *remedy(unsigned status, const struct options *options)
{
    if (status == 503 && options->server_ready == NULL)
        return "the first answer was 503: where it only needs time to start, --server-ready=PATH waits";
#ifdef CCBENCH_HAVE_CURL
    if (status == TASK_STATUS_CURL + CURLE_PEER_FAILED_VERIFICATION)
        return "--cacert=FILE names the certificate to trust, --insecure any";
#endif
    return NULL;
}

static void hint(const struct trials *trials, const struct block *block, struct trial_result *result)
{
    const char *what = remedy(first_status(trials, block->tasks), trials->plan->options);
    struct judgement judgement = {.status = SAMPLE_OK};

    if (what == NULL)
        return;
    judgement_set(&judgement, result->judgement.status, "%.*s; %s", UTF8_CLIPPED(result->judgement.reason, 200), what);
    result->judgement = judgement;
}

static void keep_output(struct trials *trials, cJSON *sample)
{
    cJSON *server = cJSON_GetObjectItemCaseSensitive(sample, "server");
    char lines[SERVER_OUTPUT_LINES];

    server_output_end(trials->server.output);
    server_output_lines(trials->server.output, lines);
    if (server != NULL && lines[0] != '\0')
        cJSON_AddStringToObject(server, "output", lines);
}

void trials_server_judge(struct trials *trials, const struct block *block, struct trial_result *result)
{
    bool failed = result->judgement.status != SAMPLE_OK, own = trials->server.pid > 0, over;
    char how[SERVER_ERROR];

    if (trials->plan->options->url == NULL || block->fetches == 0 || result->outcome == TRIAL_INTERRUPTED)
        return;
    over = own && (failed ? server_process_ending(&trials->server, how) : server_process_ended(&trials->server, how));
    if (over)
        trials_server_blame(result, "the server", how);
    else if (failed && result->outcome == TRIAL_DONE)
        hint(trials, block, result);
    sample_set_judgement(result->sample, &result->judgement);
    if (own)
        add_use(trials, result->sample);
    if (own && result->judgement.status != SAMPLE_OK)
        keep_output(trials, result->sample);
}

void trials_server_aim(const struct trials *trials, cJSON *plan)
{
    const struct options *options = trials->plan->options;
    struct http_client client = options->client;

    if (!cJSON_HasObjectItem(plan, "url"))
        return;
    json_set(plan, "url", cJSON_CreateString(trials->server.url != NULL ? trials->server.url : options->url));
    if (trials->server.unix_socket != NULL)
        client.unix_socket = trials->server.unix_socket;
    http_client_to_plan(&client, false, plan);
}

unsigned trials_server_port(const struct trials *trials)
{
    const struct options *options = trials->plan->options;
    const char *at = trials->server.url != NULL ? trials->server.url : options->url;
    char error[URL_ERROR];
    struct url url;

    return at != NULL && options->client.unix_socket == NULL && url_split(at, &url, error) == 0 ? url.port : 0;
}

int trials_server_try(struct trials *trials, const char *option, const char *command)
{
    struct block fetching = {.fetches = 1};
    char error[SERVER_ERROR] = "", text[SERVER_ERROR + 16];
    int err = trials_server_start(trials, &fetching, error);

    trials_server_stop(trials);
    if (err == -EINTR)
        return EXIT_SIGNAL + supervisor_interrupted();
    snprintf(text, sizeof text, "the server %s", error);
    return err == 0 ? 0 : complain_masked(option, command, text);
}
