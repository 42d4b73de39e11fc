// SPDX-License-Identifier: MIT
// ccbench check: looks at the machine for a second and says what would blur a measurement on it.
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "cmd/commands.h"
#include "cmd/console/options.h"
#include "cmd/console/terminal.h"
#include "cmd/rounds/build_document.h"
#include "measure/base/clock.h"
#include "measure/base/utf8.h"
#include "measure/machine/environment.h"
#include "measure/machine/hardware.h"
#include "measure/machine/limits.h"
#include "measure/machine/neighbours.h"
#include "reports/document/fingerprint.h"
#include "reports/findings/advice.h"
#include "reports/render/advice_text.h"

// CPU time is counted in ticks of 10 ms: shorter, and a neighbour's 5 % could not be told from nothing.
#define WATCH_NS NS_PER_S
#define LANES 10000

// What happens meanwhile, put into the document: "during" and "after" of the environment, and who took CPU time.
static void watch(cJSON *document, cJSON *environment)
{
    struct environment_course course;
    struct neighbours before, now;
    cJSON *neighbours = NULL;
    int err;

    environment_course_begin(&course);
    err = neighbours_read("", &before);
    clock_sleep_until_ns(clock_now_ns() + WATCH_NS);
    if (neighbours_read("", &now) == 0 && err == 0)
        neighbours = neighbours_since("", &before, &now);
    neighbours_release(&before);
    neighbours_release(&now);
    cJSON_AddItemToObject(document, "neighbours", neighbours != NULL ? neighbours : cJSON_CreateNull());
    environment_course_end(&course, environment);
}

static void add_counters(cJSON *document)
{
    cJSON *counters = cJSON_AddObjectToObject(document, "counters");
    struct hardware hardware;
    char reason[HARDWARE_REASON];

    hardware_open(&hardware);
    if (hardware_reason(&hardware, reason))
        cJSON_AddStringToObject(counters, "reason", reason);
    else
        cJSON_AddNullToObject(counters, "reason");
    cJSON_AddBoolToObject(counters, "user_only", hardware.user_only);
    hardware_close(&hardware);
}

static cJSON *look(uint32_t lanes)
{
    cJSON *document = cJSON_CreateObject(), *environment;

    // As a run does, so that what is left over is the machine's.
    prctl(PR_SET_TIMERSLACK, 1);
    limits_raise();
    environment = environment_describe();
    cJSON_AddStringToObject(document, "schema", ADVICE_SCHEMA);
    cJSON_AddItemToObject(document, "ccbench", build_version());
    cJSON_AddItemToObject(document, "environment", environment);
    cJSON_AddItemToObject(document, "fingerprint", fingerprint_make(document));
    cJSON_AddNumberToObject(document, "lanes", lanes);
    add_counters(document);
    watch(document, environment);
    if (!cJSON_AddItemToObject(document, "findings", advice_make(document))) {
        cJSON_Delete(document);
        return NULL;
    }
    return document;
}

static int show(const cJSON *document, const struct options *options)
{
    struct report_style style = terminal_style(options);
    bool json = strcmp(options->format, "json") == 0;
    int err = json ? report_format_by_name("json")->end(document, &style, stdout)
                   : advice_write(document, &style, stdout);

    return err == 0 ? EXIT_DONE : complain_of(err);
}

static int command_main(int argc, char **argv)
{
    struct options options;
    uint64_t lanes;
    cJSON *document;
    int status = options_parse(&command_check, argc, argv, &options);

    if (status != 0)
        return status;
    if (options.argument_count > 0)
        return complain("check takes no '%.*s' (try 'ccbench check --help')", UTF8_CLIPPED(options.arguments[0], 60));
    // Of several the most.
    lanes = options.concurrency.count > 0 ? options.concurrency.values[options.concurrency.count - 1] : LANES;
    document = look((uint32_t)lanes);
    if (document == NULL)
        return complain("out of memory");
    status = show(document, &options);
    cJSON_Delete(document);
    return status;
}

const struct command command_check = {
    .name = "check",
    .bit = COMMAND_CHECK,
    .arguments = "",
    .summary = "Says what would blur a measurement on this machine, and how to mend it.",
    .main = command_main,
};
