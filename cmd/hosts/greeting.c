// SPDX-License-Identifier: MIT
#include "cmd/hosts/greeting.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/console/outputs.h"
#include "cmd/hosts/received.h"
#include "cmd/rounds/build_document.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/fingerprint.h"

// The models that no trial will carry here, as the first block has them: what is not built or not here is so for all.
static int add_missing(cJSON *greeting, const struct plan *plan)
{
    struct text_stream names;
    const char *comma = "";
    int err = text_stream_open(&names);

    if (err != 0)
        return err;
    for (unsigned i = 0; plan->block_count > 0 && i < plan->blocks[0].cell_count; i++) {
        const struct cell *cell = &plan->blocks[0].cells[i];

        if (cell->status != CELL_SKIPPED || strncmp(cell->reason, "not ", 4) != 0)
            continue;
        fprintf(names.out, "%s%s", comma, cell->label);
        comma = ", ";
    }
    err = text_stream_close(&names);
    if (err == 0)
        json_add_text(greeting, "missing", names.text);
    free(names.text);
    return err;
}

static double unix_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * (double)NS_PER_S + (double)now.tv_nsec;
}

static cJSON *make(struct plan *plan)
{
    cJSON *document = build_document(plan, NULL, 0, NULL), *greeting = cJSON_CreateObject();

    cJSON_AddNumberToObject(greeting, "lifeline", HOSTS_PROTOCOL);
    json_add_text(greeting, "version", field_text(document, "ccbench.version"));
    json_add_text(greeting, "revision", field_text(document, "ccbench.revision"));
    cJSON_AddItemToObject(greeting, "fingerprint", cJSON_DetachItemFromObject(document, "fingerprint"));
    cJSON_AddNumberToObject(greeting, "unix_ns", unix_ns());
    cJSON_Delete(document);
    return greeting;
}

static int wait_for_go(void)
{
    char byte;
    ssize_t n;

    do
        n = read(STDIN_FILENO, &byte, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? 0 : EXIT_SIGNAL + SIGINT;
}

int greeting_say(struct plan *plan)
{
    cJSON *greeting = make(plan);
    int err = add_missing(greeting, plan), status = err != 0 ? complain_of(err) : 0;
    char *text = cJSON_PrintUnformatted(greeting);

    if (status == 0) {
        puts(text);
        status = outputs_flush();
    }
    free(text);
    cJSON_Delete(greeting);
    return status == 0 ? wait_for_go() : status;
}
