// SPDX-License-Identifier: MIT
#include "cmd/hosts/merge.h"

#include <cjson/cJSON.h>

#include "cmd/console/command.h"
#include "reports/document/fields.h"
#include "reports/findings/several.h"

int merge_reports(cJSON *several, const struct host *hosts, unsigned count)
{
    char error[DOCUMENT_ERROR] = "out of memory";
    int err = 0;

    several_begin(several);
    for (unsigned i = 0; err == 0 && i < count; i++) {
        const struct host *host = &hosts[i];

        err = host->report != NULL ? several_add(several, host->name, host->name, host->report)
                                   : several_add_lost(several, host->name, host->reason);
    }
    if (err == 0)
        err = several_conclude(several, error);
    return err == 0 ? 0 : complain("--hosts: %s", error);
}

// What a host's own status makes of all: a run that was cut short there, as when its launcher was killed, lacks what was asked for.
static int status_of(const struct host *host)
{
    int status = host->report != NULL ? (int)field_number(host->report, "status") : EXIT_CELL;

    return status == EXIT_INCONCLUSIVE || status == EXIT_REGRESSION || status == EXIT_DONE ? status : EXIT_CELL;
}

// Which of two counts.
static int weight(int status)
{
    static const int by_weight[] = {EXIT_DONE, EXIT_INCONCLUSIVE, EXIT_REGRESSION, EXIT_CELL};
    int place = 0;

    while (by_weight[place] != status)
        place++;
    return place;
}

int merge_status(const struct host *hosts, unsigned count)
{
    int worst = EXIT_DONE;

    for (unsigned i = 0; i < count; i++) {
        int status = status_of(&hosts[i]);

        if (weight(status) > weight(worst))
            worst = status;
    }
    return worst;
}
