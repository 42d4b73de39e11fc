// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/cpus.h"
#include "measure/base/json.h"
#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/cpu_name.h"
#include "measure/machine/environment_internal.h"

// Of a list of CPUs, however scattered they are on a machine of a thousand.
#define CPUS_TEXT 8192

double environment_cores(void)
{
    double quota = environment_quota_cores();
    struct cpus allowed;

    cpus_allowed(&allowed);
    return quota > 0 ? fmin(quota, cpus_count(&allowed)) : cpus_count(&allowed);
}

// The governor of the allowed CPUs; "mixed" where they differ.
static char *governor(const char *root, const struct cpus *allowed)
{
    char *common = NULL;

    for (unsigned cpu = 0; cpu < CPUS_MOST; cpu++) {
        char *line = NULL;

        if (cpus_have(allowed, cpu))
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
static struct cJSON *driver(const char *root, const struct cpus *allowed)
{
    unsigned cpu = cpus_first(allowed);

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
static struct cJSON *caches(const char *root, const struct cpus *allowed)
{
    struct cJSON *array = cJSON_CreateArray();
    char dir[4096];
    uint64_t level;

    snprintf(dir, sizeof dir, "%s/sys/devices/system/cpu/cpu%u/cache", root, cpus_first(allowed));
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
    char text[CPUS_TEXT], file[CGROUP_PATH];
    struct cpus allowed;

    cpus_allowed(&allowed);
    cJSON_AddItemToObject(object, "model", environment_text(cpu_name(root)));
    cJSON_AddItemToObject(object, "online", environment_text(procfs_line("%s/sys/devices/system/cpu/online", root)));
    cJSON_AddItemToObject(object, "allowed", cJSON_CreateString(cpus_write(&allowed, text, sizeof text)));
    cJSON_AddItemToObject(object, "allowed_count", cJSON_CreateNumber(cpus_count(&allowed)));
    cJSON_AddItemToObject(object, "quota_cores", quota(root));
    json_add_text(object, "quota_file", cgroup_quota_file(root, file));
    cJSON_AddItemToObject(object, "caches", caches(root, &allowed));
    cJSON_AddItemToObject(object, "governor", environment_text(governor(root, &allowed)));
    cJSON_AddItemToObject(object, "driver", driver(root, &allowed));
    cJSON_AddItemToObject(object, "turbo", turbo(root));
    cJSON_AddItemToObject(object, "smt", smt(root));
    return object;
}
