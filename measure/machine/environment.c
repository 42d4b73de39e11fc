// SPDX-License-Identifier: MIT
#include "measure/machine/environment.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "measure/base/clock.h"
#include "measure/base/procfs.h"
#include "measure/machine/environment_internal.h"
#include "measure/machine/job_rank.h"

struct cJSON *environment_text(char *text)
{
    struct cJSON *item = text != NULL ? cJSON_CreateString(text) : cJSON_CreateNull();

    free(text);
    return item;
}

struct cJSON *environment_number(const char *root, const char *path)
{
    uint64_t number;

    return procfs_number(&number, "%s/%s", root, path) ? cJSON_CreateNumber((double)number) : cJSON_CreateNull();
}

struct cJSON *environment_bytes(const char *text, const char *key)
{
    uint64_t bytes;

    return procfs_value_bytes(text, key, &bytes) ? cJSON_CreateNumber((double)bytes) : cJSON_CreateNull();
}

static struct cJSON *memory_bytes(const char *root)
{
    char *text = procfs_text("%s/proc/meminfo", root);
    struct cJSON *item = environment_bytes(text, "MemTotal");

    free(text);
    return item;
}

static struct cJSON *kernel_name(void)
{
    char text[sizeof(struct utsname)];
    struct utsname name;

    if (uname(&name) < 0)
        return cJSON_CreateNull();
    snprintf(text, sizeof text, "%s %s %s", name.sysname, name.release, name.machine);
    return cJSON_CreateString(text);
}

static struct cJSON *host_name(void)
{
    struct utsname name;

    return uname(&name) == 0 ? cJSON_CreateString(name.nodename) : cJSON_CreateNull();
}

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)", with or without quotes.
static char *pretty_name(const char *text)
{
    static const char key[] = "PRETTY_NAME=";
    const char *value = text;

    while (value != NULL && strncmp(value, key, strlen(key)) != 0) {
        value = strchr(value, '\n');
        if (value != NULL)
            value++;
    }
    if (value == NULL)
        return NULL;
    value += strlen(key);
    value += strspn(value, "\"'");
    return strndup(value, strcspn(value, "\"'\n"));
}

static struct cJSON *os_name(const char *root)
{
    char *text = procfs_text("%s/etc/os-release", root), *name;

    if (text == NULL)
        text = procfs_text("%s/usr/lib/os-release", root);
    name = pretty_name(text);
    free(text);
    return environment_text(name);
}

static struct cJSON *libc_name(void)
{
#ifdef __GLIBC__
    char text[64];

    snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version());
    return cJSON_CreateString(text);
#else
    return cJSON_CreateNull();
#endif
}

static struct cJSON *clock_resolution(void)
{
    struct timespec resolution;

    if (clock_getres(CLOCK_MONOTONIC, &resolution) < 0)
        return cJSON_CreateNull();
    return cJSON_CreateNumber((double)resolution.tv_sec * 1e9 + (double)resolution.tv_nsec);
}

// What a stamp costs: the least of some batches, so that an interruption does not count. Where the kernel's clock source
// cannot be read from user space, each reading is a system call.
static struct cJSON *clock_price(void)
{
    enum { BATCHES = 16, READINGS = 64 };
    uint64_t least_ns = UINT64_MAX;

    for (int batch = 0; batch < BATCHES; batch++) {
        uint64_t begin_ns = clock_now_ns(), spent_ns;

        for (int i = 1; i < READINGS; i++)
            (void)clock_now_ns();
        spent_ns = clock_now_ns() - begin_ns;
        least_ns = spent_ns < least_ns ? spent_ns : least_ns;
    }
    least_ns = (least_ns + READINGS / 2) / READINGS;
    return cJSON_CreateNumber((double)least_ns);
}

// The words of a line, in order, all or those that are wanted; null where there is no line. Frees `line`.
static struct cJSON *words_of(char *line, bool (*wanted)(const char *word))
{
    struct cJSON *array = line != NULL ? cJSON_CreateArray() : cJSON_CreateNull();
    char *rest = NULL;

    for (char *word = line != NULL ? strtok_r(line, " ", &rest) : NULL; word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        if (wanted == NULL || wanted(word))
            cJSON_AddItemToArray(array, cJSON_CreateString(word));
    }
    free(line);
    return array;
}

// "always [madvise] never": the one in brackets.
static struct cJSON *chosen_of(char *line)
{
    char *begin = line != NULL ? strchr(line, '[') : NULL;
    struct cJSON *item;

    if (begin != NULL)
        begin[1 + strcspn(begin + 1, "]")] = '\0';
    item = begin != NULL ? cJSON_CreateString(begin + 1) : cJSON_CreateNull();
    free(line);
    return item;
}

// -1 … 4, from "everything is allowed" on.
static struct cJSON *paranoia(const char *root)
{
    char *line = procfs_line("%s/proc/sys/kernel/perf_event_paranoid", root), *end = NULL;
    long level = line != NULL ? strtol(line, &end, 10) : 0;
    struct cJSON *item = line != NULL && end != line ? cJSON_CreateNumber((double)level) : cJSON_CreateNull();

    free(line);
    return item;
}

static bool bears_on_timing(const char *option)
{
    static const char *const names[] = {"isolcpus",
                                        "nohz",
                                        "nohz_full",
                                        "rcu_nocbs",
                                        "mitigations",
                                        "idle",
                                        "intel_idle.max_cstate",
                                        "processor.max_cstate",
                                        "intel_pstate",
                                        "amd_pstate",
                                        "nosmt",
                                        "maxcpus",
                                        "preempt",
                                        "threadirqs",
                                        "clocksource",
                                        "tsc",
                                        "transparent_hugepage",
                                        "cpuidle_haltpoll.force"};
    size_t length = strcspn(option, "=");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncmp(names[i], option, length) == 0)
            return true;
    return false;
}

static struct cJSON *rank(void)
{
    const char *digits = job_rank();

    return digits != NULL ? cJSON_CreateNumber(atoi(digits)) : cJSON_CreateNull();
}

#define CLOCK_SOURCES "%s/sys/devices/system/clocksource/clocksource0/"

static void add_clock(struct cJSON *object, const char *root)
{
    cJSON_AddItemToObject(object, "clock_source",
                          environment_text(procfs_line(CLOCK_SOURCES "current_clocksource", root)));
    cJSON_AddItemToObject(object, "clock_sources",
                          words_of(procfs_line(CLOCK_SOURCES "available_clocksource", root), NULL));
    cJSON_AddItemToObject(object, "clock_resolution_ns", clock_resolution());
    cJSON_AddItemToObject(object, "clock_read_ns", clock_price());
    cJSON_AddItemToObject(object, "timer_slack_ns", environment_timer_slack());
}

static void add_system(struct cJSON *object, const char *root)
{
    cJSON_AddItemToObject(object, "host", host_name());
    cJSON_AddItemToObject(object, "rank", rank());
    cJSON_AddItemToObject(object, "cpu", environment_cpu(root));
    cJSON_AddItemToObject(object, "memory_bytes", memory_bytes(root));
    cJSON_AddItemToObject(object, "kernel", kernel_name());
    // Of its command line only what is known to move timings: the rest may hold names and secrets.
    cJSON_AddItemToObject(object, "kernel_options", words_of(procfs_line("%s/proc/cmdline", root), bears_on_timing));
    cJSON_AddItemToObject(object, "os", os_name(root));
    cJSON_AddItemToObject(object, "libc", libc_name());
    cJSON_AddItemToObject(object, "virtualisation", environment_virtualisation(root));
}

static void add_kernel_settings(struct cJSON *object, const char *root)
{
    cJSON_AddItemToObject(object, "aslr", environment_address_randomisation(root));
    cJSON_AddItemToObject(object, "mitigations", environment_mitigations(root));
    cJSON_AddItemToObject(object, "huge_pages",
                          chosen_of(procfs_line("%s/sys/kernel/mm/transparent_hugepage/enabled", root)));
    cJSON_AddItemToObject(object, "perf_event_paranoid", paranoia(root));
}

struct cJSON *environment_describe_at(const char *root)
{
    struct cJSON *object = cJSON_CreateObject();

    add_system(object, root);
    add_clock(object, root);
    add_kernel_settings(object, root);
    cJSON_AddItemToObject(object, "scheduling", environment_scheduling());
    cJSON_AddItemToObject(object, "variables", environment_variables());
    cJSON_AddItemToObject(object, "limits", environment_limits(root));
    cJSON_AddItemToObject(object, "before", environment_moment(root));
    cJSON_AddItemToObject(object, "during", cJSON_CreateNull());
    cJSON_AddItemToObject(object, "after", cJSON_CreateNull());
    return object;
}

struct cJSON *environment_describe(void)
{
    return environment_describe_at("");
}
