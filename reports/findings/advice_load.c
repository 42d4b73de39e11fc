// SPDX-License-Identifier: MIT
// What else keeps the machine busy, while one measures or just before.
#include "reports/findings/advice_topics.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"

#define WHO "ps -eo pcpu,pid,user,args --sort=-pcpu | head"

void advise_on_load(const cJSON *document, struct advice *advice)
{
    const cJSON *load = cJSON_GetArrayItem(field(document, "environment.before.load"), 0);
    double cores = field_number(document, "environment.cpu.allowed_count");

    if (!cJSON_IsNumber(load))
        advise_unknown(advice);
    else if (judge_busy_before(load->valuedouble, cores))
        advise(advice, BLURS, WHO, "%.2f on %.0f core%s: wait until the machine is idle", load->valuedouble, cores,
               cores == 1 ? "" : "s");
    else
        advise(advice, FINE, NULL, "%.2f", load->valuedouble);
}

// "make (0.98 of a core), cc1 (0.50 of a core)", and the command that stops them.
static void name_neighbours(const cJSON *neighbours, char says[ADVICE_PARTS], char mend[ADVICE_PARTS])
{
    const cJSON *neighbour;
    int count = 0;

    cJSON_ArrayForEach(neighbour, neighbours) {
        const char *name = field_text(neighbour, "name");

        if (++count > 3)
            break;
        advice_append(says, "%s%.20s (%.2f of a core)", count > 1 ? ", " : "", name != NULL ? name : "?",
                      field_number(neighbour, "cores"));
        advice_append(mend, " %.0f", field_number(neighbour, "pid"));
    }
    advice_append(mend, " (kill -CONT afterwards)");
}

void advise_on_neighbours(const cJSON *document, struct advice *advice)
{
    const cJSON *neighbours = field(document, "neighbours");
    char says[ADVICE_PARTS] = "", mend[ADVICE_PARTS] = "kill -STOP";

    if (!cJSON_IsArray(neighbours)) {
        advise_unknown(advice);
    } else if (cJSON_GetArraySize(neighbours) > 0) {
        name_neighbours(neighbours, says, mend);
        advise(advice, BLURS, mend, "other programs use the CPU: %s", says);
    } else {
        advise(advice, FINE, NULL, "none");
    }
}

void advise_on_steal(const cJSON *document, struct advice *advice)
{
    double share = field_number(document, "environment.during.steal_share");

    if (isnan(share))
        advise_unknown(advice);
    else if (share > JUDGE_STEAL)
        advise(advice, BLURS, NULL,
               "the hypervisor took %.0f %% of the CPU time away; another host or another hour may be calmer",
               100 * share);
    else
        advise(advice, FINE, NULL, "none");
}

// `share` is a path to the last seconds watched, `recent` to the kernel's average over 10 s.
static void on_pressure(const cJSON *document, const char *share, const char *recent, const char *of, const char *mend,
                        struct advice *advice)
{
    double now = field_number(document, share), before = field_number(document, recent);
    double most = isnan(now) ? before : fmax(now, before);

    if (isnan(most))
        advise_unknown(advice);
    else if (most > JUDGE_PRESSURE)
        advise(advice, BLURS, mend, "tasks waited for %s in %.0f %% of the time", of, 100 * most);
    else
        advise(advice, FINE, NULL, "%.1f %%", 100 * most);
}

void advise_on_cpu_pressure(const cJSON *document, struct advice *advice)
{
    on_pressure(document, "environment.during.cpu_pressure_share", "environment.before.cpu_pressure_share", "a CPU",
                WHO, advice);
}

void advise_on_memory_pressure(const cJSON *document, struct advice *advice)
{
    on_pressure(document, "environment.during.memory_pressure_share", "environment.before.memory_pressure_share",
                "memory", "ps -eo rss,pid,user,args --sort=-rss | head", advice);
}

void advise_on_disk_pressure(const cJSON *document, struct advice *advice)
{
    on_pressure(document, "environment.during.io_pressure_share", "environment.before.io_pressure_share", "a disk",
                "ps -eo stat,pid,user,args | grep ^D", advice);
}

void advise_on_swap(const cJSON *document, struct advice *advice)
{
    double used = field_number(document, "environment.before.swap_used_bytes");
    char text[UNITS_TEXT];

    if (isnan(used))
        advise_unknown(advice);
    else if (used > 0)
        advise(advice, BLURS, "sudo swapoff -a && sudo swapon -a", "%s are swapped out: touching them takes a disk",
               units_format_bytes(text, used));
    else
        advise(advice, FINE, NULL, "not in use");
}
