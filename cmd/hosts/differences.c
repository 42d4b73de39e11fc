// SPDX-License-Identifier: MIT
#include "cmd/hosts/differences.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "cmd/console/command.h"
#include "cmd/console/terminal.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/several_facts.h"

// What an answer may take on its way is no difference.
#define CLOCK_NS (2e9)

// As reports/findings/several.h has machines, as far as facts are made of them.
static cJSON *machine_of(const struct host *host)
{
    cJSON *machine = cJSON_CreateObject();

    json_add_text(machine, "label", host->name);
    json_add_text(machine, "version", field_text(host->greeting, "version"));
    json_add_text(machine, "revision", field_text(host->greeting, "revision"));
    cJSON_AddItemToObject(machine, "fingerprint", cJSON_Duplicate(field(host->greeting, "fingerprint"), true));
    return machine;
}

static void tell_fact(const cJSON *several, const cJSON *fact)
{
    struct text_stream text;
    char *clean;

    if (several_fact_is_alike(fact) || text_stream_open(&text) != 0)
        return;
    several_write_fact(text.out, several, fact);
    clean = text_stream_close(&text) == 0 ? text_clean(text.text, terminal_utf8()) : NULL;
    if (clean != NULL)
        complain("differs: %s", clean);
    free(clean);
    free(text.text);
}

static void tell_host(const struct host *host)
{
    char text[UNITS_TEXT], *missing;

    if (fabs(host->clock_ns) > CLOCK_NS)
        complain("differs: the clock of %s is %s %s this one's", host->name,
                 units_format_duration(text, fabs(host->clock_ns)), host->clock_ns > 0 ? "ahead of" : "behind");
    if (field_text(host->greeting, "missing") == NULL)
        return;
    missing = text_clean(field_text(host->greeting, "missing"), terminal_utf8());
    if (missing != NULL)
        complain("differs: %s has no %s", host->name, missing);
    free(missing);
}

void differences_tell(const struct host *hosts, unsigned count)
{
    cJSON *several = cJSON_CreateObject(), *machines = cJSON_AddArrayToObject(several, "machines"), *fact;

    for (unsigned i = 0; i < count; i++) {
        if (hosts[i].state == HOST_READY)
            cJSON_AddItemToArray(machines, machine_of(&hosts[i]));
    }
    several_add_facts(several);
    cJSON_ArrayForEach(fact, field(several, "facts"))
        tell_fact(several, fact);
    for (unsigned i = 0; i < count; i++) {
        if (hosts[i].state == HOST_READY)
            tell_host(&hosts[i]);
    }
    cJSON_Delete(several);
}
