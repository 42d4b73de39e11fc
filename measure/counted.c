// SPDX-License-Identifier: MIT
#include "measure/counted.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "measure/claims.h"

static void fill(cJSON *result, const char *name, double value)
{
    if (!cJSON_HasObjectItem(result, name))
        cJSON_AddNumberToObject(result, name, value);
}

// What the trial says of it, or what was counted.
static double startup_of(const struct trial_report *report)
{
    const cJSON *said = cJSON_GetObjectItemCaseSensitive(report->result, "startup_cpu_ns");

    return cJSON_IsNumber(said) ? said->valuedouble : (double)report->set_up_cpu_ns;
}

const char *counted_fill(const struct trial_report *report)
{
    double startup_ns = startup_of(report);
    bool said = cJSON_HasObjectItem(report->result, "cpu_ns");

    fill(report->result, "startup_cpu_ns", startup_ns);
    fill(report->result, "cpu_ns", fmax((double)claims_cpu_ns(report) - startup_ns, 0));
    fill(report->result, "switches_own", (double)report->usage.ru_nvcsw);
    fill(report->result, "switches_forced", (double)report->usage.ru_nivcsw);
    if (said)
        return NULL;
    return startup_ns > 0 ? "set-up" : "start";
}
