// SPDX-License-Identifier: MIT
#include "cmd/hosts/hosts.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/outputs.h"
#include "cmd/hosts/differences.h"
#include "cmd/hosts/host_names.h"
#include "cmd/hosts/merge.h"
#include "cmd/hosts/watch.h"
#include "cmd/rounds/build_document.h"
#include "measure/base/json.h"
#include "measure/machine/limits.h"
#include "measure/supervisor.h"
#include "reports/document/several.h"

// Of each host, and beside them all.
#define HOST_DESCRIPTORS 3
#define OTHER_DESCRIPTORS 32

static int check_descriptors(unsigned hosts)
{
    unsigned long long needed = (unsigned long long)hosts * HOST_DESCRIPTORS + OTHER_DESCRIPTORS;

    limits_raise();
    if (needed <= limit_descriptors())
        return 0;
    return complain(
        "--hosts: %u hosts need %llu descriptors, and the limit is %llu (nofile), expected fewer hosts or a higher limit",
        hosts, needed, (unsigned long long)limit_descriptors());
}

// One run at a time has it.
static int check_origin(const struct options *options, unsigned hosts)
{
    if (options->origin == NULL || hosts == 1)
        return 0;
    return complain("--origin: one run at a time has the server, and %u hosts would be %u runs, expected one host",
                    hosts, hosts);
}

static cJSON *make_document(int argc, char **argv)
{
    cJSON *several = cJSON_CreateObject();

    cJSON_AddStringToObject(several, "schema", SEVERAL_SCHEMA);
    build_command(several, argc - 1, argv + 1);
    return several;
}

static int conclude(const struct options *options, const struct watch *watch, cJSON *several)
{
    int number = supervisor_interrupted(), status = merge_status(watch->hosts, watch->count), shown;

    if (merge_reports(several, watch->hosts, watch->count) != 0)
        return EXIT_USAGE;
    if (number != 0)
        status = EXIT_SIGNAL + number;
    json_set(several, "status", cJSON_CreateNumber(status));
    shown = outputs_show(options, several);
    return shown != 0 ? shown : status;
}

static void watch_all(struct watch *watch, const struct launcher *launcher)
{
    for (unsigned i = 0; i < watch->count; i++)
        host_start(&watch->hosts[i], launcher);
    watch_greetings(watch);
    if (!watch->quiet)
        differences_tell(watch->hosts, watch->count);
    watch_runs(watch);
    supervisor_clean();
}

static int measure(const struct options *options, const struct host_names *names, const struct launcher *launcher,
                   const struct sent *sent, cJSON *several)
{
    struct host *hosts = calloc(names->count, sizeof *hosts);
    struct watch watch = {.hosts = hosts,
                          .count = names->count,
                          .sent = sent,
                          .quiet = options->quiet,
                          .answer_ns = options->host_timeout_ns};
    int err = hosts != NULL ? supervisor_open() : 0, status;

    if (hosts == NULL)
        return complain("out of memory");
    for (unsigned i = 0; i < names->count; i++)
        hosts[i].name = names->names[i];
    if (err != 0) {
        status = complain("--hosts: cannot supervise launchers: %s", strerror(-err));
    } else {
        watch_all(&watch, launcher);
        status = conclude(options, &watch, several);
    }
    for (unsigned i = 0; i < names->count; i++)
        host_release(&hosts[i]);
    free(hosts);
    return status;
}

int hosts_run(const struct command *command, const struct options *options, int argc, char **argv)
{
    struct host_names names;
    struct launcher launcher = {.via = NULL};
    struct sent sent = {.bytes = NULL};
    cJSON *several = make_document(argc, argv);
    int status = host_names_read(&options->hosts, &names);

    if (status == 0)
        status = check_origin(options, names.count);
    if (status == 0)
        status = check_descriptors(names.count);
    if (status == 0)
        status = launcher_open(options->via, options->remote_ccbench, &launcher);
    if (status == 0)
        status = sent_make(command, options, argc, argv, &sent);
    if (status == 0)
        status = measure(options, &names, &launcher, &sent, several);
    cJSON_Delete(several);
    sent_release(&sent);
    launcher_release(&launcher);
    host_names_release(&names);
    return status;
}
