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

// Which of two counts.
static int weight(int status)
{
    static const int by_weight[] = {EXIT_DONE, EXIT_INCONCLUSIVE, EXIT_REGRESSION, EXIT_CELL};

    for (size_t i = 0; i < sizeof by_weight / sizeof *by_weight; i++) {
        if (by_weight[i] == status)
            return (int)i;
    }
    return 0; // interrupted there, which its report says
}

int merge_status(const struct host *hosts, unsigned count)
{
    int worst = EXIT_DONE;

    for (unsigned i = 0; i < count; i++) {
        int status = hosts[i].report != NULL ? (int)field_number(hosts[i].report, "status") : EXIT_CELL;

        if (weight(status) > weight(worst))
            worst = status;
    }
    return worst;
}
