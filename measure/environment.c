// SPDX-License-Identifier: MIT
#include "measure/environment.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "measure/environment_internal.h"
#include "measure/procfs.h"

void environment_add(struct cJSON *object, const char *name, struct cJSON *item, bool *ok)
{
    if (item != NULL && cJSON_AddItemToObject(object, name, item))
        return;
    cJSON_Delete(item);
    *ok = false;
}

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

static struct cJSON *memory_bytes(const char *root)
{
    struct cJSON *item;
    uint64_t kib;
    char *text;

    if (procfs_read(&text, "%s/proc/meminfo", root) < 0)
        return cJSON_CreateNull();
    if (procfs_value_number(text, "MemTotal", &kib))
        item = cJSON_CreateNumber((double)kib * 1024);
    else
        item = cJSON_CreateNull();
    free(text);
    return item;
}

static struct cJSON *kernel_name(void)
{
    char text[sizeof(struct utsname)];
    struct utsname name;

    if (uname(&name) < 0)
        return cJSON_CreateNull();
    snprintf(text, sizeof(text), "%s %s %s", name.sysname, name.release, name.machine);
    return cJSON_CreateString(text);
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
    char *text, *name;

    if (procfs_read(&text, "%s/etc/os-release", root) < 0 && procfs_read(&text, "%s/usr/lib/os-release", root) < 0)
        return cJSON_CreateNull();
    name = pretty_name(text);
    free(text);
    return environment_text(name);
}

static struct cJSON *libc_name(void)
{
#ifdef __GLIBC__
    char text[64];

    snprintf(text, sizeof(text), "glibc %s", gnu_get_libc_version());
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

static struct cJSON *timer_slack(void)
{
    int slack_ns = prctl(PR_GET_TIMERSLACK);

    return slack_ns < 0 ? cJSON_CreateNull() : cJSON_CreateNumber(slack_ns);
}

// Whether the addresses of this process are random: the system's setting, unless "setarch -R" turned it off for us.
static struct cJSON *address_randomisation(const char *root)
{
    int own = personality(0xffffffff); // asks without changing
    uint64_t system;

    if (!procfs_number(&system, "%s/proc/sys/kernel/randomize_va_space", root))
        return cJSON_CreateNull();
    return cJSON_CreateBool(system > 0 && (own == -1 || !(own & ADDR_NO_RANDOMIZE)));
}

// null: unlimited.
static struct cJSON *limit_value(rlim_t limit)
{
    return limit == RLIM_INFINITY ? cJSON_CreateNull() : cJSON_CreateNumber((double)limit);
}

static struct cJSON *soft_and_hard(const struct rlimit *limit)
{
    struct cJSON *object = cJSON_CreateObject();
    bool ok = true;

    environment_add(object, "soft", limit_value(limit->rlim_cur), &ok);
    environment_add(object, "hard", limit_value(limit->rlim_max), &ok);
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

static struct cJSON *limits(const char *root)
{
    struct cJSON *object = cJSON_CreateObject();
    struct rlimit files, processes, stack;
    bool ok = true;

    // These cannot fail for a resource that exists and memory of our own.
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NPROC, &processes);
    getrlimit(RLIMIT_STACK, &stack);
    environment_add(object, "nofile", soft_and_hard(&files), &ok);
    environment_add(object, "nproc", soft_and_hard(&processes), &ok);
    environment_add(object, "stack_bytes", limit_value(stack.rlim_cur), &ok);
    environment_add(object, "max_map_count", environment_number(root, "proc/sys/vm/max_map_count"), &ok);
    environment_add(object, "pid_max", environment_number(root, "proc/sys/kernel/pid_max"), &ok);
    environment_add(object, "threads_max", environment_number(root, "proc/sys/kernel/threads-max"), &ok);
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

// "0.15 0.10 0.05 1/123 4567": the averages over 1, 5 and 15 minutes.
static struct cJSON *load_averages(const char *root)
{
    char *line = procfs_line("%s/proc/loadavg", root);
    const char *text = line;
    double loads[3];
    int count = 0;

    while (text != NULL && count < 3 && procfs_decimal(text, &loads[count])) {
        text = strchr(text, ' ');
        if (text != NULL)
            text++;
        count++;
    }
    free(line);
    return count == 3 ? cJSON_CreateDoubleArray(loads, 3) : cJSON_CreateNull();
}

// "some avg10=1.50 avg60=0.70 avg300=0.19 total=6895839", in per cent.
static struct cJSON *cpu_pressure(const char *root)
{
    char *line = procfs_line("%s/proc/pressure/cpu", root);
    const char *average = line != NULL ? strstr(line, "avg10=") : NULL;
    double percent = 0;
    bool known = average != NULL && procfs_decimal(average + strlen("avg10="), &percent);

    free(line);
    return known ? cJSON_CreateNumber(percent) : cJSON_CreateNull();
}

static bool bears_on_timing(const char *option)
{
    static const char *const names[] = { "isolcpus", "nohz", "nohz_full", "rcu_nocbs", "mitigations", "idle",
                                         "intel_idle.max_cstate", "processor.max_cstate", "intel_pstate",
                                         "amd_pstate", "nosmt", "maxcpus", "preempt", "threadirqs", "clocksource",
                                         "tsc", "transparent_hugepage", "cpuidle_haltpoll.force" };
    size_t length = strcspn(option, "=");

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strlen(names[i]) == length && strncmp(names[i], option, length) == 0)
            return true;
    return false;
}

// Of the kernel's command line only what is known to move timings: the rest may hold names and secrets.
static struct cJSON *kernel_options(const char *root)
{
    char *line = procfs_line("%s/proc/cmdline", root), *rest = NULL;
    struct cJSON *array;

    if (line == NULL)
        return cJSON_CreateNull();
    array = cJSON_CreateArray();
    for (char *option = strtok_r(line, " ", &rest); option != NULL; option = strtok_r(NULL, " ", &rest)) {
        struct cJSON *item;

        if (!bears_on_timing(option))
            continue;
        item = cJSON_CreateString(option);
        if (item != NULL && cJSON_AddItemToArray(array, item))
            continue;
        cJSON_Delete(item);
        cJSON_Delete(array);
        array = NULL;
        break;
    }
    free(line);
    return array;
}

struct cJSON *environment_describe_at(const char *root)
{
    struct cJSON *object = cJSON_CreateObject();
    bool ok = true;

    environment_add(object, "cpu", environment_cpu(root), &ok);
    environment_add(object, "memory_bytes", memory_bytes(root), &ok);
    environment_add(object, "kernel", kernel_name(), &ok);
    environment_add(object, "kernel_options", kernel_options(root), &ok);
    environment_add(object, "os", os_name(root), &ok);
    environment_add(object, "libc", libc_name(), &ok);
    environment_add(object, "virtualisation", environment_virtualisation(root), &ok);
    environment_add(object, "clock_source",
                    environment_text(procfs_line("%s/sys/devices/system/clocksource/clocksource0/current_clocksource",
                                                 root)),
                    &ok);
    environment_add(object, "clock_resolution_ns", clock_resolution(), &ok);
    environment_add(object, "timer_slack_ns", timer_slack(), &ok);
    environment_add(object, "aslr", address_randomisation(root), &ok);
    environment_add(object, "mitigations", environment_mitigations(root), &ok);
    environment_add(object, "limits", limits(root), &ok);
    environment_add(object, "load", load_averages(root), &ok);
    environment_add(object, "pressure_cpu_some_avg10", cpu_pressure(root), &ok);
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

struct cJSON *environment_describe(void)
{
    return environment_describe_at("");
}
