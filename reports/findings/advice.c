// SPDX-License-Identifier: MIT
// Each topic is a function that looks at the document and says one thing. The thresholds of what moves while one
// measures are those of the warnings below a table.
#include "reports/findings/advice.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "reports/findings/advice_limits.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"

#define CPU "/sys/devices/system/cpu/"
#define WHO "ps -eo pcpu,pid,user,args --sort=-pcpu | head"
// A reading of the TSC from user space takes 15 to 35 ns; a system call for it some hundred.
#define SLOW_CLOCK_NS 100

void advise(struct advice *advice, enum verdict verdict, const char *mend, const char *format, ...)
{
    va_list arguments;

    advice->verdict = verdict;
    if (mend != NULL)
        snprintf(advice->mend, sizeof advice->mend, "%s", mend);
    va_start(arguments, format);
    vsnprintf(advice->says, sizeof advice->says, format, arguments);
    va_end(arguments);
}

static void unknown(struct advice *advice)
{
    advise(advice, UNKNOWN, NULL, "the machine does not tell");
}

static void on_build(const cJSON *document, struct advice *advice)
{
    const char *type = field_text(document, "ccbench.build_type");

    if (type == NULL)
        unknown(advice);
    else if (judge_slow_build(document))
        advise(advice, BLURS, "meson setup build-release --buildtype=release && meson compile -C build-release",
               "ccbench itself is a %s build%s: its figures are not those of a release", type,
               field_text(document, "ccbench.sanitizer") != NULL ? " with sanitizers" : "");
    else
        advise(advice, FINE, NULL, "%s", type);
}

static void on_governor(const cJSON *document, struct advice *advice)
{
    const char *governor = field_text(document, "environment.cpu.governor");

    if (governor == NULL)
        unknown(advice);
    else if (strcmp(governor, "performance") != 0)
        advise(advice, BLURS, "echo performance | sudo tee " CPU "cpu*/cpufreq/scaling_governor",
               "clock speed follows load (%.40s)", governor);
    else
        advise(advice, FINE, NULL, "performance");
}

static void on_turbo(const cJSON *document, struct advice *advice)
{
    const cJSON *turbo = field(document, "environment.cpu.turbo");
    const char *driver = field_text(document, "environment.cpu.driver");
    bool intel = driver != NULL && (strcmp(driver, "intel_pstate") == 0 || strcmp(driver, "intel_cpufreq") == 0);

    if (!cJSON_IsBool(turbo))
        unknown(advice);
    else if (cJSON_IsTrue(turbo))
        advise(advice, BLURS,
               intel ? "echo 1 | sudo tee " CPU "intel_pstate/no_turbo" : "echo 0 | sudo tee " CPU "cpufreq/boost",
               "clock speed depends on heat and on how many cores are busy");
    else
        advise(advice, FINE, NULL, "off");
}

static void on_smt(const cJSON *document, struct advice *advice)
{
    const cJSON *smt = field(document, "environment.cpu.smt");

    if (!cJSON_IsBool(smt))
        unknown(advice);
    else if (cJSON_IsTrue(smt))
        advise(advice, BLURS, "echo off | sudo tee " CPU "smt/control",
               "two CPUs share a core, so a task's speed depends on what runs beside it");
    else
        advise(advice, FINE, NULL, "off");
}

static void on_cores(const cJSON *document, struct advice *advice)
{
    double cores = field_number(document, "environment.cpu.allowed_count");
    const char *online = field_text(document, "environment.cpu.online");
    bool others = online != NULL && !field_is(document, "environment.cpu.allowed", online);

    if (isnan(cores))
        unknown(advice);
    else if (cores < 2)
        advise(advice, BLURS, others ? "taskset -cp 0-1023 $$" : NULL,
               "there is one: nothing can run in parallel, and the HTTP origin shares it");
    else
        advise(advice, FINE, NULL, "%.0f", cores);
}

static void on_quota(const cJSON *document, struct advice *advice)
{
    double cores = field_number(document, "environment.cpu.quota_cores");
    double throttled_ns = field_number(document, "environment.during.throttled_ns");

    if (cores > 0)
        advise(advice, BLURS,
               "echo max | sudo tee /sys/fs/cgroup\"$(sed -n 's/^0:://p' /proc/self/cgroup)\"/cpu.max",
               "the cgroup allows %.3g cores: whoever uses more is stopped for up to 100 ms%s", cores,
               throttled_ns > 0 ? ", as just happened" : "");
    else if (field(document, "environment.cpu") == NULL)
        unknown(advice);
    else
        advise(advice, FINE, NULL, "none");
}

static void on_load(const cJSON *document, struct advice *advice)
{
    const cJSON *load = cJSON_GetArrayItem(field(document, "environment.before.load"), 0);
    double cores = field_number(document, "environment.cpu.allowed_count");

    if (!cJSON_IsNumber(load))
        unknown(advice);
    else if (judge_busy_before(load->valuedouble, cores))
        advise(advice, BLURS, WHO, "%.2f on %.0f core%s: wait until the machine is idle", load->valuedouble, cores,
               cores == 1 ? "" : "s");
    else
        advise(advice, FINE, NULL, "%.2f", load->valuedouble);
}

#define PARTS 160

// Adds to a text of PARTS bytes what has room.
__attribute__((format(printf, 2, 3)))
static void append(char text[PARTS], const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + length, PARTS - length, format, arguments);
    va_end(arguments);
}

// "make (0.98 of a core), cc1 (0.50 of a core)", and the command that stops them.
static void name_neighbours(const cJSON *neighbours, char says[PARTS], char mend[PARTS])
{
    const cJSON *neighbour;
    int count = 0;

    cJSON_ArrayForEach(neighbour, neighbours) {
        const char *name = field_text(neighbour, "name");

        if (++count > 3)
            break;
        append(says, "%s%.20s (%.2f of a core)", count > 1 ? ", " : "", name != NULL ? name : "?",
               field_number(neighbour, "cores"));
        append(mend, " %.0f", field_number(neighbour, "pid"));
    }
    append(mend, " (kill -CONT afterwards)");
}

static void on_neighbours(const cJSON *document, struct advice *advice)
{
    const cJSON *neighbours = field(document, "neighbours");
    char says[PARTS] = "", mend[PARTS] = "kill -STOP";

    if (!cJSON_IsArray(neighbours)) {
        unknown(advice);
    } else if (cJSON_GetArraySize(neighbours) > 0) {
        name_neighbours(neighbours, says, mend);
        advise(advice, BLURS, mend, "other programs use the CPU: %s", says);
    } else {
        advise(advice, FINE, NULL, "none");
    }
}

static void on_steal(const cJSON *document, struct advice *advice)
{
    double share = field_number(document, "environment.during.steal_share");

    if (isnan(share))
        unknown(advice);
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
        unknown(advice);
    else if (most > JUDGE_PRESSURE)
        advise(advice, BLURS, mend, "tasks waited for %s in %.0f %% of the time", of, 100 * most);
    else
        advise(advice, FINE, NULL, "%.1f %%", 100 * most);
}

static void on_cpu_pressure(const cJSON *document, struct advice *advice)
{
    on_pressure(document, "environment.during.cpu_pressure_share", "environment.before.cpu_pressure_share", "a CPU",
                WHO, advice);
}

static void on_memory_pressure(const cJSON *document, struct advice *advice)
{
    on_pressure(document, "environment.during.memory_pressure_share", "environment.before.memory_pressure_share",
                "memory", "ps -eo rss,pid,user,args --sort=-rss | head", advice);
}

static void on_disk_pressure(const cJSON *document, struct advice *advice)
{
    on_pressure(document, "environment.during.io_pressure_share", "environment.before.io_pressure_share", "a disk",
                "ps -eo stat,pid,user,args | grep ^D", advice);
}

static void on_swap(const cJSON *document, struct advice *advice)
{
    double used = field_number(document, "environment.before.swap_used_bytes");
    char text[UNITS_TEXT];

    if (isnan(used))
        unknown(advice);
    else if (used > 0)
        advise(advice, BLURS, "sudo swapoff -a && sudo swapon -a", "%s are swapped out: touching them takes a disk",
               units_format_bytes(text, used));
    else
        advise(advice, FINE, NULL, "not in use");
}

static void on_clock(const cJSON *document, struct advice *advice)
{
    static const char mend[] = "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource";
    const char *source = field_text(document, "environment.clock_source");
    const char *kernel = field_text(document, "environment.kernel");
    double read_ns = field_number(document, "environment.clock_read_ns");
    bool x86 = kernel != NULL && strstr(kernel, "x86_64") != NULL, has_tsc = false;
    const cJSON *other;

    cJSON_ArrayForEach(other, field(document, "environment.clock_sources")) {
        has_tsc |= cJSON_IsString(other) && strcmp(other->valuestring, "tsc") == 0;
    }
    if (source == NULL)
        unknown(advice);
    else if ((x86 && strcmp(source, "tsc") != 0) || read_ns > SLOW_CLOCK_NS)
        advise(advice, BLURS, has_tsc && strcmp(source, "tsc") != 0 ? mend : NULL, "%.40s, not tsc: a stamp costs %.0f ns%s", source,
               read_ns, has_tsc ? "" : "; the kernel found no tsc it trusts");
    else
        advise(advice, FINE, NULL, "%.40s, %.0f ns a stamp", source, read_ns);
}

static void on_timers(const cJSON *document, struct advice *advice)
{
    double slack_ns = field_number(document, "environment.timer_slack_ns");
    char text[UNITS_TEXT];

    if (isnan(slack_ns))
        unknown(advice);
    else if (slack_ns > 1000)
        advise(advice, BLURS, NULL, "may fire up to %s late, and the kernel would not let that be changed",
               units_format_duration(text, slack_ns));
    else
        advise(advice, FINE, NULL, "%.0f ns of slack", slack_ns);
}

static void on_layout(const cJSON *document, struct advice *advice)
{
    const cJSON *random = field(document, "environment.aslr");

    if (!cJSON_IsBool(random))
        unknown(advice);
    else if (cJSON_IsFalse(random))
        advise(advice, BLURS, "sudo sysctl kernel.randomize_va_space=2",
               "every trial has the same memory layout, so a difference between two builds may be the layout's");
    else
        advise(advice, FINE, NULL, "on");
}

static void on_huge_pages(const cJSON *document, struct advice *advice)
{
    const char *setting = field_text(document, "environment.huge_pages");

    if (setting == NULL)
        unknown(advice);
    else if (strcmp(setting, "always") == 0)
        advise(advice, BLURS, "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
               "any stack or heap may become 2 MiB at a touch, by luck of its address: memory and page faults jump");
    else
        advise(advice, FINE, NULL, "%.20s", setting);
}

static void on_priority(const cJSON *document, struct advice *advice)
{
    const char *policy = field_text(document, "environment.scheduling.policy");
    double nice = field_number(document, "environment.scheduling.nice");

    if (policy == NULL || isnan(nice))
        unknown(advice);
    else if (strcmp(policy, "other") != 0)
        advise(advice, BLURS, "sudo chrt --other --pid 0 $$", "the scheduling class is %.20s, not the usual one", policy);
    else if (nice != 0)
        advise(advice, BLURS, "sudo renice -n 0 -p $$", "started with nice %.0f: others %s", nice,
               nice > 0 ? "go first" : "have to wait");
    else
        advise(advice, FINE, NULL, "usual");
}

static void on_variables(const cJSON *document, struct advice *advice)
{
    const cJSON *variables = field(document, "environment.variables"), *variable;
    char mend[PARTS] = "env";

    cJSON_ArrayForEach(variable, variables)
        append(mend, " -u %s", variable->string != NULL ? variable->string : "");
    if (variables == NULL) {
        unknown(advice);
    } else if (cJSON_GetArraySize(variables) > 0) {
        append(mend, " ccbench");
        advise(advice, BLURS, mend, "set are some that change what is measured");
    } else {
        advise(advice, FINE, NULL, "none that matter");
    }
}

static void on_counters(const cJSON *document, struct advice *advice)
{
    const cJSON *counters = field(document, "counters");
    const char *reason = field_text(document, "counters.reason");

    if (counters == NULL)
        unknown(advice);
    else if (reason == NULL)
        advise(advice, FINE, NULL, "all");
    else if (field_number(document, "environment.perf_event_paranoid") > 1 && strstr(reason, "paranoid") != NULL)
        advise(advice, LIMITS, "sudo sysctl kernel.perf_event_paranoid=1", "--hardware lacks %.150s", reason);
    else
        advise(advice, UNKNOWN, NULL, "%.200s", reason);
}

static const struct {
    const char *topic;
    void (*look)(const cJSON *document, struct advice *advice);
} topics[] = {
    {"build", on_build},
    {"governor", on_governor},
    {"turbo", on_turbo},
    {"SMT", on_smt},
    {"cores", on_cores},
    {"CPU quota", on_quota},
    {"load", on_load},
    {"neighbours", on_neighbours},
    {"steal", on_steal},
    {"CPU pressure", on_cpu_pressure},
    {"memory pressure", on_memory_pressure},
    {"disk pressure", on_disk_pressure},
    {"swap", on_swap},
    {"clock", on_clock},
    {"timers", on_timers},
    {"ASLR", on_layout},
    {"huge pages", on_huge_pages},
    {"priority", on_priority},
    {"variables", on_variables},
    {"hardware counters", on_counters},
    {"threads", advise_on_threads},
    {"processes", advise_on_processes},
    {"descriptors", advise_on_descriptors},
    {"ports", advise_on_ports},
};

static const char *const verdict_names[] = {[BLURS] = "blurs", [LIMITS] = "limits", [UNKNOWN] = "unknown",
                                            [FINE] = "fine"};

static cJSON *finding(const char *topic, const struct advice *advice)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "topic", topic);
    cJSON_AddStringToObject(object, "verdict", verdict_names[advice->verdict]);
    cJSON_AddStringToObject(object, "says", advice->says);
    if (advice->mend[0] != '\0')
        cJSON_AddStringToObject(object, "mend", advice->mend);
    else
        cJSON_AddNullToObject(object, "mend");
    if (cJSON_GetArraySize(object) == 4)
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *advice_make(const cJSON *document)
{
    cJSON *findings = cJSON_CreateArray();

    for (size_t i = 0; findings != NULL && i < sizeof topics / sizeof *topics; i++) {
        struct advice advice = {.mend = ""};
        cJSON *item;

        topics[i].look(document, &advice);
        item = finding(topics[i].topic, &advice);
        if (item != NULL && cJSON_AddItemToArray(findings, item))
            continue;
        cJSON_Delete(item);
        cJSON_Delete(findings);
        findings = NULL;
    }
    return findings;
}
