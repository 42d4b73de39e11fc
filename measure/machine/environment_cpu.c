// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/json.h"
#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/cpu_name.h"
#include "measure/machine/environment_internal.h"

// A machine with more CPUs than a cpu_set_t has room for (1024) refuses the question; then those of the set that exist.
static void allowed_cpus(cpu_set_t *ret_set)
{
    long online;

    if (sched_getaffinity(0, sizeof *ret_set, ret_set) == 0)
        return;
    online = sysconf(_SC_NPROCESSORS_ONLN);
    CPU_ZERO(ret_set);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && (long)cpu < online; cpu++)
        CPU_SET(cpu, ret_set);
}

double environment_cores(void)
{
    double quota = environment_quota_cores();
    cpu_set_t allowed;

    allowed_cpus(&allowed);
    return quota > 0 ? fmin(quota, CPU_COUNT(&allowed)) : CPU_COUNT(&allowed);
}

static unsigned first_of(const cpu_set_t *set)
{
    unsigned cpu = 0;

    while (cpu + 1 < CPU_SETSIZE && !CPU_ISSET(cpu, set))
        cpu++;
    return cpu;
}

// Reads a CPU's number; false where there is none below CPU_SETSIZE.
static bool read_cpu(const char **text, unsigned *ret_cpu)
{
    unsigned cpu = 0;

    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        cpu = cpu * 10 + (unsigned)(**text - '0');
        if (cpu >= CPU_SETSIZE)
            return false;
    }
    *ret_cpu = cpu;
    return true;
}

// "3" or "0-3".
static bool read_range(const char **text, cpu_set_t *set)
{
    unsigned first, last;

    if (!read_cpu(text, &first))
        return false;
    last = first;
    if (**text == '-') {
        (*text)++;
        if (!read_cpu(text, &last) || last < first)
            return false;
    }
    for (unsigned cpu = first; cpu <= last; cpu++)
        CPU_SET(cpu, set);
    return true;
}

int environment_parse_cpus(const char *text, void *ret_cpu_set)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (;; text++) {
        if (!read_range(&text, &set))
            return -EINVAL;
        if (*text != ',')
            break;
    }
    if (*text != '\0' && strcmp(text, "\n") != 0)
        return -EINVAL;
    memcpy(ret_cpu_set, &set, sizeof set);
    return 0;
}

static unsigned last_of_range(const cpu_set_t *set, unsigned cpu)
{
    while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, set))
        cpu++;
    return cpu;
}

static unsigned write_range(char item[32], const char *comma, unsigned first, unsigned last)
{
    int length = last > first ? snprintf(item, 32, "%s%u-%u", comma, first, last)
                              : snprintf(item, 32, "%s%u", comma, first);

    return (unsigned)length;
}

char *environment_write_cpus(const void *cpu_set, char *buf, unsigned size)
{
    const cpu_set_t *set = cpu_set;
    unsigned used = 0;
    char item[32];

    if (size > 0)
        buf[0] = '\0';
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        unsigned length;

        if (!CPU_ISSET(cpu, set))
            continue;
        length = write_range(item, used > 0 ? "," : "", cpu, last_of_range(set, cpu));
        cpu = last_of_range(set, cpu);
        if (used + length >= size)
            break; // a list cut within a number would name another CPU
        memcpy(buf + used, item, length + 1);
        used += length;
    }
    return buf;
}

// The governor of the allowed CPUs; "mixed" where they differ.
static char *governor(const char *root, const cpu_set_t *allowed)
{
    char *common = NULL;

    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        char *line = NULL;

        if (CPU_ISSET(cpu, allowed))
            line = procfs_line("%s/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", root, cpu);
        if (common == NULL) {
            common = line;
            continue;
        }
        if (line != NULL && strcmp(line, common) != 0) {
            free(line);
            free(common);
            return strdup("mixed");
        }
        free(line);
    }
    return common;
}

// What scales the clock, of the first allowed CPU: each has a switch of its own for turbo.
static struct cJSON *driver(const char *root, const cpu_set_t *allowed)
{
    unsigned cpu = first_of(allowed);

    return environment_text(procfs_line("%s/sys/devices/system/cpu/cpu%u/cpufreq/scaling_driver", root, cpu));
}

static struct cJSON *turbo(const char *root)
{
    uint64_t value;

    if (procfs_number(&value, "%s/sys/devices/system/cpu/intel_pstate/no_turbo", root))
        return cJSON_CreateBool(value == 0);
    if (procfs_number(&value, "%s/sys/devices/system/cpu/cpufreq/boost", root))
        return cJSON_CreateBool(value != 0);
    return cJSON_CreateNull();
}

static struct cJSON *smt(const char *root)
{
    uint64_t value;

    if (procfs_number(&value, "%s/sys/devices/system/cpu/smt/active", root))
        return cJSON_CreateBool(value != 0);
    return cJSON_CreateNull();
}

// "32K", "8192K", "1M".
static struct cJSON *cache_size(char *text)
{
    struct cJSON *item = NULL;
    char *end = NULL;

    if (text != NULL && *text >= '0' && *text <= '9') {
        double bytes = (double)strtoull(text, &end, 10);

        item = cJSON_CreateNumber(bytes * (*end == 'K' ? 0x1p10 : *end == 'M' ? 0x1p20 : *end == 'G' ? 0x1p30 : 1));
    } else {
        item = cJSON_CreateNull();
    }
    free(text);
    return item;
}

static struct cJSON *cache(const char *dir, int index)
{
    struct cJSON *object = cJSON_CreateObject();
    char path[64];

    snprintf(path, sizeof path, "index%d/level", index);
    cJSON_AddItemToObject(object, "level", environment_number(dir, path));
    cJSON_AddItemToObject(object, "type", environment_text(procfs_line("%s/index%d/type", dir, index)));
    cJSON_AddItemToObject(object, "size_bytes", cache_size(procfs_line("%s/index%d/size", dir, index)));
    return object;
}

// The caches that the first allowed CPU sees; an empty list where the kernel tells of none.
static struct cJSON *caches(const char *root, const cpu_set_t *allowed)
{
    struct cJSON *array = cJSON_CreateArray();
    char dir[4096];
    uint64_t level;

    snprintf(dir, sizeof dir, "%s/sys/devices/system/cpu/cpu%u/cache", root, first_of(allowed));
    for (int index = 0; procfs_number(&level, "%s/index%d/level", dir, index); index++) {
        cJSON_AddItemToArray(array, cache(dir, index));
    }
    return array;
}

static struct cJSON *quota(const char *root)
{
    double cores = cgroup_quota_cores(root);

    return cores > 0 ? cJSON_CreateNumber(cores) : cJSON_CreateNull();
}

struct cJSON *environment_cpu(const char *root)
{
    struct cJSON *object = cJSON_CreateObject();
    char text[CPU_SETSIZE * 5], file[CGROUP_PATH];
    cpu_set_t allowed;

    allowed_cpus(&allowed);
    cJSON_AddItemToObject(object, "model", environment_text(cpu_name(root)));
    cJSON_AddItemToObject(object, "online", environment_text(procfs_line("%s/sys/devices/system/cpu/online", root)));
    cJSON_AddItemToObject(object, "allowed", cJSON_CreateString(environment_write_cpus(&allowed, text, sizeof text)));
    cJSON_AddItemToObject(object, "allowed_count", cJSON_CreateNumber(CPU_COUNT(&allowed)));
    cJSON_AddItemToObject(object, "quota_cores", quota(root));
    json_add_text(object, "quota_file", cgroup_quota_file(root, file));
    cJSON_AddItemToObject(object, "caches", caches(root, &allowed));
    cJSON_AddItemToObject(object, "governor", environment_text(governor(root, &allowed)));
    cJSON_AddItemToObject(object, "driver", driver(root, &allowed));
    cJSON_AddItemToObject(object, "turbo", turbo(root));
    cJSON_AddItemToObject(object, "smt", smt(root));
    return object;
}
