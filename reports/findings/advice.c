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

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/advice_topics.h"
#include "reports/findings/judge.h"

#define CPU "/sys/devices/system/cpu/"
// A reading of the TSC from user space takes 15 to 35 ns; a system call for it some hundred.
#define SLOW_CLOCK_NS 100

void advise(struct advice *advice, enum advice_verdict verdict, const char *mend, const char *format, ...)
{
    va_list arguments;

    advice->verdict = verdict;
    if (mend != NULL)
        snprintf(advice->mend, sizeof advice->mend, "%s", mend);
    va_start(arguments, format);
    vsnprintf(advice->says, sizeof advice->says, format, arguments);
    va_end(arguments);
}

void advise_unknown(struct advice *advice)
{
    advise(advice, UNKNOWN, NULL, "the machine does not tell");
}

void advice_append(char text[ADVICE_PARTS], const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + length, ADVICE_PARTS - length, format, arguments);
    va_end(arguments);
}

static void on_build(const cJSON *document, struct advice *advice)
{
    const char *type = field_text(document, "ccbench.build_type");

    if (type == NULL)
        advise_unknown(advice);
    else if (cJSON_IsTrue(field(document, "ccbench.burden")))
        advise(advice, BLURS, "meson configure build -Dburden=false && meson compile -C build",
               "ccbench itself was built with -Dburden=true: CCBENCH_BURDEN slows its trials");
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
        advise_unknown(advice);
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
        advise_unknown(advice);
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
        advise_unknown(advice);
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
        advise_unknown(advice);
    else if (cores < 2)
        advise(advice, BLURS, others ? "taskset -cp 0-1023 $$" : NULL,
               "there is one: nothing can run in parallel, and the HTTP origin shares it");
    else
        advise(advice, FINE, NULL, "%.0f", cores);
}

// What takes the quota away: each version of cgroups has a file and a word of its own for that. Reports of old do not name it.
static void mend_quota(const cJSON *document, char mend[ADVICE_PARTS])
{
    const char *file = field_text(document, "environment.cpu.quota_file");

    if (file == NULL)
        snprintf(mend, ADVICE_PARTS,
                 "echo max | sudo tee /sys/fs/cgroup\"$(sed -n 's/^0:://p' /proc/self/cgroup)\"/cpu.max");
    else if (strlen(file) + 32 > ADVICE_PARTS || strchr(file, '\'') != NULL)
        mend[0] = '\0';
    else
        snprintf(mend, ADVICE_PARTS, "echo %s | sudo tee '%s'", strstr(file, "quota_us") != NULL ? "-1" : "max", file);
}

static void on_quota(const cJSON *document, struct advice *advice)
{
    char mend[ADVICE_PARTS];
    double cores = field_number(document, "environment.cpu.quota_cores");
    double throttled_ns = field_number(document, "environment.during.throttled_ns");

    mend_quota(document, mend);
    if (cores > 0)
        advise(advice, BLURS, mend, "the cgroup allows %.3g core%s: whoever uses more is stopped for up to 100 ms%s",
               cores, text_plural(cores), throttled_ns > 0 ? ", as just happened" : "");
    else if (field(document, "environment.cpu") == NULL)
        advise_unknown(advice);
    else
        advise(advice, FINE, NULL, "none");
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
        advise_unknown(advice);
    else if ((x86 && strcmp(source, "tsc") != 0) || read_ns > SLOW_CLOCK_NS)
        advise(advice, BLURS, has_tsc && strcmp(source, "tsc") != 0 ? mend : NULL,
               "%.40s, not tsc: a stamp costs %.0f ns%s", source, read_ns,
               has_tsc ? "" : "; the kernel found no tsc it trusts");
    else
        advise(advice, FINE, NULL, "%.40s, %.0f ns a stamp", source, read_ns);
}

static void on_timers(const cJSON *document, struct advice *advice)
{
    double slack_ns = field_number(document, "environment.timer_slack_ns");
    char text[UNITS_TEXT];

    if (isnan(slack_ns))
        advise_unknown(advice);
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
        advise_unknown(advice);
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
        advise_unknown(advice);
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
        advise_unknown(advice);
    else if (strcmp(policy, "other") != 0)
        advise(advice, BLURS, "sudo chrt --other --pid 0 $$", "the scheduling class is %.20s, not the usual one",
               policy);
    else if (nice != 0)
        advise(advice, BLURS, "sudo renice -n 0 -p $$", "started with nice %.0f: others %s", nice,
               nice > 0 ? "go first" : "have to wait");
    else
        advise(advice, FINE, NULL, "usual");
}

static void on_variables(const cJSON *document, struct advice *advice)
{
    const cJSON *variables = field(document, "environment.variables"), *variable;
    char mend[ADVICE_PARTS] = "env", names[ADVICE_PARTS] = "";

    cJSON_ArrayForEach(variable, variables) {
        // Where files are is a choice, and not one of how fast anything runs.
        if (variable->string == NULL || strcmp(variable->string, "TMPDIR") == 0)
            continue;
        advice_append(mend, " -u %s", variable->string);
        advice_append(names, "%s%s", names[0] != '\0' ? ", " : "", variable->string);
    }
    if (variables == NULL) {
        advise_unknown(advice);
    } else if (names[0] != '\0') {
        advice_append(mend, " ccbench");
        advise(advice, BLURS, mend, "set are some that change what is measured: %s", names);
    } else {
        advise(advice, FINE, NULL, "none that matter");
    }
}

static void on_counters(const cJSON *document, struct advice *advice)
{
    const cJSON *counters = field(document, "counters");
    const char *reason = field_text(document, "counters.reason");

    if (counters == NULL)
        advise_unknown(advice);
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
    {"load", advise_on_load},
    {"neighbours", advise_on_neighbours},
    {"steal", advise_on_steal},
    {"CPU pressure", advise_on_cpu_pressure},
    {"memory pressure", advise_on_memory_pressure},
    {"disk pressure", advise_on_disk_pressure},
    {"swap", advise_on_swap},
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

static const char *const verdict_names[] = {
    [BLURS] = "blurs", [LIMITS] = "limits", [UNKNOWN] = "unknown", [FINE] = "fine"};

static cJSON *finding(const char *topic, const struct advice *advice)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "topic", topic);
    cJSON_AddStringToObject(object, "verdict", verdict_names[advice->verdict]);
    cJSON_AddStringToObject(object, "says", advice->says);
    json_add_text(object, "mend", advice->mend);
    return object;
}

cJSON *advice_make(const cJSON *document)
{
    cJSON *findings = cJSON_CreateArray();

    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        struct advice advice = {.mend = ""};

        topics[i].look(document, &advice);
        cJSON_AddItemToArray(findings, finding(topics[i].topic, &advice));
    }
    return findings;
}
