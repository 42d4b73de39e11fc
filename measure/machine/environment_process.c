// SPDX-License-Identifier: MIT
// What this process was given: its limits, its place in the scheduler, and what its environment variables change.
#include <cjson/cJSON.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/environment_internal.h"
#include "measure/machine/ports.h"

struct cJSON *environment_timer_slack(void)
{
    int slack_ns = prctl(PR_GET_TIMERSLACK);

    return slack_ns < 0 ? cJSON_CreateNull() : cJSON_CreateNumber(slack_ns);
}

// The system's setting, unless "setarch -R" turned it off for us.
struct cJSON *environment_address_randomisation(const char *root)
{
    int own = personality(0xffffffff); // asks without changing
    uint64_t system;

    if (!procfs_number(&system, "%s/proc/sys/kernel/randomize_va_space", root))
        return cJSON_CreateNull();
    return cJSON_CreateBool(system > 0 && (own == -1 || !(own & ADDR_NO_RANDOMIZE)));
}

static const char *policy_name(int policy)
{
    static const struct {
        int policy;
        const char *name;
    } names[] = {
        {SCHED_OTHER, "other"}, {SCHED_BATCH, "batch"}, {SCHED_IDLE, "idle"}, {SCHED_FIFO, "fifo"}, {SCHED_RR, "rr"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].policy == (policy & ~SCHED_RESET_ON_FORK))
            return names[i].name;
    return "unknown";
}

struct cJSON *environment_scheduling(void)
{
    struct cJSON *object = cJSON_CreateObject();
    int nice;

    errno = 0; // -1 is a nice value too
    nice = getpriority(PRIO_PROCESS, 0);
    cJSON_AddItemToObject(object, "policy", cJSON_CreateString(policy_name(sched_getscheduler(0))));
    cJSON_AddItemToObject(object, "nice", nice == -1 && errno != 0 ? cJSON_CreateNull() : cJSON_CreateNumber(nice));
    return object;
}

// Of the environment only what is known to move timings or memory: the rest may hold names and secrets.
static const char *const variable_names[] = {
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "LD_BIND_NOW",
    "GLIBC_TUNABLES",
    "MALLOC_ARENA_MAX",
    "MALLOC_CHECK_",
    "MALLOC_PERTURB_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_MMAP_MAX_",
    "MALLOC_CONF",
    "LD_DEBUG",
    "LD_PROFILE",
    "OPENSSL_ia32cap",
    "UV_THREADPOOL_SIZE",
    "UV_USE_IO_URING",
    "TMPDIR",
    "PYTHONMALLOC",
    "PYTHON_GIL",
    "PYTHONOPTIMIZE",
    "PYTHONHASHSEED",
    "PYTHONDEVMODE",
    "GOMAXPROCS",
    "GOGC",
    "GOMEMLIMIT",
    "GODEBUG",
    "NODE_OPTIONS",
    "CCBENCH_PYTHON",
    "CCBENCH_NODE",
    "CCBENCH_ROOT",
    "CCBENCH_TRIAL",
};

struct cJSON *environment_variables(void)
{
    struct cJSON *object = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof variable_names / sizeof *variable_names; i++) {
        const char *value = getenv(variable_names[i]);

        if (value != NULL && value[0] != '\0')
            cJSON_AddItemToObject(object, variable_names[i], cJSON_CreateString(value));
    }
    return object;
}

// null: unlimited.
static struct cJSON *limit_value(rlim_t limit)
{
    return limit == RLIM_INFINITY ? cJSON_CreateNull() : cJSON_CreateNumber((double)limit);
}

static struct cJSON *soft_and_hard(const struct rlimit *limit)
{
    struct cJSON *object = cJSON_CreateObject();

    cJSON_AddItemToObject(object, "soft", limit_value(limit->rlim_cur));
    cJSON_AddItemToObject(object, "hard", limit_value(limit->rlim_max));
    return object;
}

static struct cJSON *cgroup_pids(const char *root)
{
    double max = cgroup_pids_max(root);

    return max > 0 ? cJSON_CreateNumber(max) : cJSON_CreateNull();
}

static struct cJSON *local_ports(const char *root)
{
    uint64_t ports = ports_count(root);

    return ports > 0 ? cJSON_CreateNumber((double)ports) : cJSON_CreateNull();
}

struct cJSON *environment_limits(const char *root)
{
    struct cJSON *object = cJSON_CreateObject();
    struct rlimit files, processes, stack;

    // These cannot fail for a resource that exists and memory of our own.
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NPROC, &processes);
    getrlimit(RLIMIT_STACK, &stack);
    cJSON_AddItemToObject(object, "nofile", soft_and_hard(&files));
    cJSON_AddItemToObject(object, "nproc", soft_and_hard(&processes));
    cJSON_AddItemToObject(object, "stack_bytes", limit_value(stack.rlim_cur));
    cJSON_AddItemToObject(object, "max_map_count", environment_number(root, "proc/sys/vm/max_map_count"));
    cJSON_AddItemToObject(object, "pid_max", environment_number(root, "proc/sys/kernel/pid_max"));
    cJSON_AddItemToObject(object, "threads_max", environment_number(root, "proc/sys/kernel/threads-max"));
    cJSON_AddItemToObject(object, "cgroup_pids_max", cgroup_pids(root));
    cJSON_AddItemToObject(object, "local_ports", local_ports(root));
    return object;
}
