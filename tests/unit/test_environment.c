// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <sys/resource.h>

#include "measure/base/cpus.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/cpu_name.h"
#include "measure/machine/environment.h"
#include "measure/machine/environment_internal.h"
#include "measure/machine/limits.h"
#include "tests/unit/tree.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int open_tree(void **state)
{
    char *root = malloc(TREE_ROOT);

    assert_non_null(root);
    tree_open(root);
    *state = root;
    return 0;
}

static int close_tree(void **state)
{
    tree_close(*state);
    free(*state);
    return 0;
}

static unsigned first_allowed(void)
{
    struct cpus allowed;

    cpus_allowed(&allowed);
    return cpus_first(&allowed);
}

static void test_quota_v2(void **state)
{
    const char *root = *state;

    assert_true(cgroup_quota_cores(root) == 0);
    tree_write(root, "proc/self/cgroup", "0::/a/b/c\n");
    assert_true(cgroup_quota_cores(root) == 0);
    tree_write(root, "sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
    assert_true(cgroup_quota_cores(root) == 0);
    tree_write(root, "sys/fs/cgroup/a/b/cpu.max", "150000 100000\n");
    assert_true(cgroup_quota_cores(root) == 1.5);
    tree_write(root, "sys/fs/cgroup/a/cpu.max", "400000 100000\n");
    assert_true(cgroup_quota_cores(root) == 1.5);
    tree_write(root, "sys/fs/cgroup/a/b/c/cpu.max", "25000 50000\n");
    assert_true(cgroup_quota_cores(root) == 0.5);
    tree_write(root, "sys/fs/cgroup/cpu.max", "10000 100000\n");
    assert_true(cgroup_quota_cores(root) == 0.1);
    tree_write(root, "sys/fs/cpu.max", "1000 100000\n"); // above the mount
    assert_true(cgroup_quota_cores(root) == 0.1);
}

static void expect_quota_file(const char *root, const char *expected)
{
    char file[CGROUP_PATH];

    assert_string_equal(cgroup_quota_file(root, file), expected);
}

// The file of the level that decides, as it is called on this machine.
static void test_quota_file(void **state)
{
    const char *root = *state;

    expect_quota_file(root, "");
    tree_write(root, "proc/self/cgroup", "0::/a/b\n");
    tree_write(root, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    expect_quota_file(root, "");
    tree_write(root, "sys/fs/cgroup/a/cpu.max", "50000 100000\n");
    expect_quota_file(root, "/sys/fs/cgroup/a/cpu.max");
    tree_write(root, "sys/fs/cgroup/a/b/cpu.max", "150000 100000\n");
    expect_quota_file(root, "/sys/fs/cgroup/a/cpu.max");
    tree_write(root, "proc/self/cgroup", "4:cpu,cpuacct:/c\n0::/a/b\n");
    tree_write(root, "sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "25000\n");
    tree_write(root, "sys/fs/cgroup/cpu/c/cpu.cfs_period_us", "100000\n");
    expect_quota_file(root, "/sys/fs/cgroup/cpu/c/cpu.cfs_quota_us");
}

// Beside the controllers of v1, v2 is mounted in a folder of its own.
static void test_quota_of_hybrid(void **state)
{
    const char *root = *state;

    tree_write(root, "proc/self/cgroup", "5:cpuset:/x\n0::/a\n");
    tree_write(root, "sys/fs/cgroup/unified/cgroup.controllers", "cpu pids\n");
    tree_write(root, "sys/fs/cgroup/unified/a/cpu.max", "50000 100000\n");
    assert_true(cgroup_quota_cores(root) == 0.5);
    expect_quota_file(root, "/sys/fs/cgroup/unified/a/cpu.max");
}

// A process outside of what its cgroup namespace shows: only the top can be read, and nothing beside the mount.
static void test_quota_outside_of_the_namespace(void **state)
{
    const char *root = *state;

    tree_write(root, "proc/self/cgroup", "0::/../b\n");
    tree_write(root, "sys/fs/b/cpu.max", "1000 100000\n");
    tree_write(root, "sys/fs/cgroup/cpu.max", "50000 100000\n");
    assert_true(cgroup_quota_cores(root) == 0.5);
}

static void test_quota_at_the_top(void **state)
{
    const char *root = *state;

    tree_write(root, "proc/self/cgroup", "0::/\n");
    tree_write(root, "sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert_true(cgroup_quota_cores(root) == 2);
    tree_write(root, "sys/fs/cgroup/cpu.max", "rubbish\n");
    assert_true(cgroup_quota_cores(root) == 0);
    tree_write(root, "sys/fs/cgroup/cpu.max", "100000 0\n");
    assert_true(cgroup_quota_cores(root) == 0);
}

static void test_quota_v1(void **state)
{
    const char *root = *state;

    tree_write(root, "proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/docker/1234\n0::/y\n");
    tree_write(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    tree_write(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_true(cgroup_quota_cores(root) == 0);
    // The container's own files are at the top of what is mounted; the path is the host's.
    tree_write(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
    assert_true(cgroup_quota_cores(root) == 2.5);
    tree_write(root, "sys/fs/cgroup/cpu/docker/1234/cpu.cfs_quota_us", "75000\n");
    tree_write(root, "sys/fs/cgroup/cpu/docker/1234/cpu.cfs_period_us", "100000\n");
    assert_true(cgroup_quota_cores(root) == 0.75);
    // Only cpuset: no line is the cpu controller's.
    tree_write(root, "proc/self/cgroup", "5:cpuset:/docker/1234\n");
    assert_true(cgroup_quota_cores(root) == 0);
}

static void test_memory_v2(void **state)
{
    const char *root = *state;
    char file[CGROUP_PATH];

    assert_true(cgroup_memory_max(root) == 0);
    assert_true(cgroup_memory_kills(root) == 0);
    tree_write(root, "proc/self/cgroup", "0::/a/b\n");
    tree_write(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
    assert_true(cgroup_memory_max(root) == 0);
    assert_string_equal(cgroup_memory_file(root, file), "");
    tree_write(root, "sys/fs/cgroup/a/memory.max", "67108864\n");
    assert_true(cgroup_memory_max(root) == 67108864);
    assert_string_equal(cgroup_memory_file(root, file), "/sys/fs/cgroup/a/memory.max");
    tree_write(root, "sys/fs/cgroup/a/b/memory.events", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\noom_group_kill 0\n");
    assert_true(cgroup_memory_kills(root) == 3);
}

static void test_memory_v1(void **state)
{
    const char *root = *state;
    char file[CGROUP_PATH];

    tree_write(root, "proc/self/cgroup", "4:memory:/c/d\n0::/y\n");
    tree_write(root, "sys/fs/cgroup/memory/c/d/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(cgroup_memory_max(root) == 0);
    tree_write(root, "sys/fs/cgroup/memory/c/d/memory.limit_in_bytes", "1048576\n");
    assert_true(cgroup_memory_max(root) == 1048576);
    assert_string_equal(cgroup_memory_file(root, file), "/sys/fs/cgroup/memory/c/d/memory.limit_in_bytes");
    tree_write(root, "sys/fs/cgroup/memory/c/d/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    tree_write(root, "sys/fs/cgroup/memory/c/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
    assert_true(cgroup_memory_kills(root) == 6);
}

static void test_descriptors(void **state)
{
    char limit[LIMIT_TEXT], expected[LIMIT_TEXT];
    FILE *file = fopen("/proc/sys/fs/file-max", "r");
    unsigned long long most = 0;

    if (file == NULL)
        skip();
    assert_int_equal(fscanf(file, "%llu", &most), 1);
    fclose(file);
    snprintf(expected, sizeof expected, "file-max %llu", most);
    assert_string_equal(limit_of_descriptors(ENFILE, limit), expected);
    snprintf(expected, sizeof expected, "nofile %llu", (unsigned long long)limit_descriptors());
    assert_string_equal(limit_of_descriptors(EMFILE, limit), expected);
}

static void test_throttled(void **state)
{
    const char *root = *state;

    assert_true(cgroup_throttled_ns(root) < 0);
    tree_write(root, "proc/self/cgroup", "0::/a/b\n");
    assert_true(cgroup_throttled_ns(root) < 0);
    tree_write(root, "sys/fs/cgroup/a/b/cpu.stat", "usage_usec 1\n"); // no cpu controller
    assert_true(cgroup_throttled_ns(root) < 0);
    tree_write(root, "sys/fs/cgroup/a/b/cpu.stat", "usage_usec 1\nnr_throttled 3\nthrottled_usec 70\n");
    assert_true(cgroup_throttled_ns(root) == 70000);
    tree_write(root, "sys/fs/cgroup/a/cpu.stat", "usage_usec 9\nnr_throttled 3\nthrottled_usec 500\n");
    assert_true(cgroup_throttled_ns(root) == 500000);
    tree_write(root, "proc/self/cgroup", "4:cpu,cpuacct:/x\n");
    tree_write(root, "sys/fs/cgroup/cpu/x/cpu.stat", "nr_periods 5\nnr_throttled 2\nthrottled_time 1234\n");
    assert_true(cgroup_throttled_ns(root) == 1234);
    assert_true(cgroup_periods(root).all == 5 && cgroup_periods(root).throttled == 2);
}

static void test_pids_max(void **state)
{
    const char *root = *state;

    assert_true(cgroup_pids_max(root) == 0);
    tree_write(root, "proc/self/cgroup", "3:pids:/x\n0::/a/b\n");
    tree_write(root, "sys/fs/cgroup/a/b/pids.max", "max\n");
    assert_true(cgroup_pids_max(root) == 0);
    tree_write(root, "sys/fs/cgroup/a/pids.max", "300\n");
    assert_true(cgroup_pids_max(root) == 300);
    tree_write(root, "sys/fs/cgroup/pids/x/pids.max", "200\n");
    assert_true(cgroup_pids_max(root) == 200);
}

static void test_ticks(void **state)
{
    const char *root = *state;
    struct environment_ticks before, after;

    environment_ticks_read_at(root, &before);
    assert_true(before.all == 0 && before.idle == 0 && before.steal == 0 && before.pressure_us == UINT64_MAX);
    tree_write(root, "proc/stat", "cpu  100 1 20 800 5 2 2 70 50 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
    tree_write(root, "proc/pressure/cpu",
               "some avg10=1.50 avg60=0.70 avg300=0.19 total=6000000\n"
               "full avg10=0.00 avg60=0.00 avg300=0.00 total=99\n");
    environment_ticks_read_at(root, &before);
    assert_int_equal(before.all, 1000); // guest time is within user time
    assert_int_equal(before.steal, 70);
    assert_int_equal(before.idle, 805);
    assert_int_equal(before.pressure_us, 6000000);
    tree_write(root, "proc/stat", "cpu  150 1 20 825 5 2 2 95 50 1\n");
    environment_ticks_read_at(root, &after);
    assert_true(environment_steal_share(&before, &after) == 0.25);
    assert_true(environment_busy_share(&before, &after) == 0.75);
    assert_true(environment_busy_share(&after, &before) < 0);
    assert_true(environment_steal_share(&after, &before) == 0);
    assert_true(environment_steal_share(&after, &after) == 0);
}

static void test_pressure_share(void **state)
{
    struct environment_ticks before = {.pressure_us = 1000, .now_ns = 1000000000};
    struct environment_ticks after = {.pressure_us = 501000, .now_ns = 3000000000};
    struct environment_ticks none = {.pressure_us = UINT64_MAX, .now_ns = 3000000000};

    (void)state;
    assert_true(environment_pressure_share(&before, &after) == 0.25);
    assert_true(environment_pressure_share(&before, &none) < 0);
    assert_true(environment_pressure_share(&none, &after) < 0);
    assert_true(environment_pressure_share(&after, &after) < 0); // no time has passed
    after.pressure_us = 1000;
    assert_true(environment_pressure_share(&before, &after) == 0);
    after.pressure_us = 9000000;
    assert_true(environment_pressure_share(&before, &after) == 1);
}

static void test_cores(void **state)
{
    struct cpus allowed;

    (void)state;
    cpus_allowed(&allowed);
    assert_true(environment_cores() > 0 && environment_cores() <= cpus_count(&allowed));
}

static const cJSON *at(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (item == NULL)
        fail_msg("no \"%s\"", name);
    return item;
}

static void write_cpu_tree(const char *root)
{
    char path[TREE_ROOT];
    unsigned cpu = first_allowed();

    tree_write(root, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Imagined CPU @ 2 GHz\nflags\t\t: fpu\n");
    tree_write(root, "sys/devices/system/cpu/online", "0-3\n");
    tree_write(root, "sys/devices/system/cpu/smt/active", "1\n");
    tree_write(root, "sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cpufreq/scaling_driver", cpu);
    tree_write(root, path, "intel_pstate\n");
    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", cpu);
    tree_write(root, path, "powersave\n");
    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cache/index0/level", cpu);
    tree_write(root, path, "1\n");
    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cache/index0/type", cpu);
    tree_write(root, path, "Data\n");
    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cache/index0/size", cpu);
    tree_write(root, path, "48K\n");
}

static void test_cpu(void **state)
{
    const char *root = *state;
    const cJSON *cache;
    cJSON *cpu;

    write_cpu_tree(root);
    tree_write(root, "proc/self/cgroup", "0::/\n");
    tree_write(root, "sys/fs/cgroup/cpu.max", "150000 100000\n");
    cpu = environment_cpu(root);
    assert_non_null(cpu);
    assert_string_equal(at(cpu, "model")->valuestring, "Imagined CPU @ 2 GHz");
    assert_string_equal(at(cpu, "online")->valuestring, "0-3");
    assert_string_equal(at(cpu, "governor")->valuestring, "powersave");
    assert_string_equal(at(cpu, "driver")->valuestring, "intel_pstate");
    assert_true(at(cpu, "quota_cores")->valuedouble == 1.5);
    assert_true(cJSON_IsFalse(at(cpu, "turbo")));
    assert_true(cJSON_IsTrue(at(cpu, "smt")));
    assert_int_equal(cJSON_GetArraySize(at(cpu, "caches")), 1);
    cache = cJSON_GetArrayItem(at(cpu, "caches"), 0);
    assert_int_equal(at(cache, "level")->valueint, 1);
    assert_string_equal(at(cache, "type")->valuestring, "Data");
    assert_int_equal(at(cache, "size_bytes")->valueint, 49152);
    cJSON_Delete(cpu);
}

static void test_governors_differ(void **state)
{
    const char *root = *state;
    char path[TREE_ROOT];
    struct cpus allowed;
    cJSON *cpu;

    cpus_allowed(&allowed);
    for (unsigned i = 0, count = 0; i < CPUS_MOST; i++) {
        if (!cpus_have(&allowed, i))
            continue;
        snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", i);
        tree_write(root, path, count++ == 0 ? "performance\n" : "powersave\n");
    }
    cpu = environment_cpu(root);
    assert_non_null(cpu);
    assert_string_equal(at(cpu, "governor")->valuestring, cpus_count(&allowed) > 1 ? "mixed" : "performance");
    cJSON_Delete(cpu);
}

static void check_virtualisation(const char *root, const char *expected)
{
    cJSON *item = environment_virtualisation(root);

    assert_non_null(item);
    if (expected == NULL)
        assert_true(cJSON_IsNull(item));
    else
        assert_string_equal(item->valuestring, expected);
    cJSON_Delete(item);
}

static void test_virtualisation(void **state)
{
    const char *root = *state;

    check_virtualisation(root, NULL);
    tree_write(root, "proc/cpuinfo", "flags\t\t: fpu hypervisor_x\n");
    check_virtualisation(root, NULL);
    tree_write(root, "proc/cpuinfo", "flags\t\t: fpu hypervisor sse\n");
    check_virtualisation(root, "vm");
    tree_write(root, "sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc kvm-clock acpi_pm\n");
    check_virtualisation(root, "kvm");
    tree_write(root, "sys/class/dmi/id/product_name", "VMware Virtual Platform\n");
    check_virtualisation(root, "vmware");
    tree_write(root, ".dockerenv", "");
    check_virtualisation(root, "docker on vmware");
    tree_write(root, "run/.containerenv", "");
    check_virtualisation(root, "podman on vmware");
    tree_write(root, "proc/self/cgroup", "0::/kubepods/pod1/x\n");
    check_virtualisation(root, "kubernetes on vmware");
}

static void link_namespace(const char *root, const char *name, const char *target)
{
    char path[2 * TREE_ROOT];

    snprintf(path, sizeof(path), "%s/proc/self/ns/%s", root, name);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
}

// The marks a container's image leaves do not make a container of a machine that was made from it.
static void test_outermost(void **state)
{
    const char *root = *state;

    tree_write(root, ".dockerenv", "");
    tree_write(root, "proc/self/mountinfo", "1 2 254:1 / / rw - ext4 /dev/vda rw\n");
    tree_write(root, "proc/self/ns/pid", "");
    link_namespace(root, "pid", "pid:[4026531836]");
    link_namespace(root, "ipc", "ipc:[4026531839]");
    check_virtualisation(root, "docker"); // as long as one is unknown
    link_namespace(root, "uts", "uts:[4026531838]");
    check_virtualisation(root, NULL);
    link_namespace(root, "uts", "uts:[4026532222]");
    check_virtualisation(root, "docker");
    link_namespace(root, "uts", "uts:[4026531838]");
    tree_write(root, "proc/self/cgroup", "0::/docker/0123\n"); // without namespaces of its own
    check_virtualisation(root, "docker");
}

static void test_container_without_marks(void **state)
{
    const char *root = *state;

    tree_write(root, "proc/self/ns/pid", "");
    link_namespace(root, "pid", "pid:[4026532001]");
    check_virtualisation(root, "container");
    tree_write(root, "run/systemd/container", "systemd-nspawn\n");
    check_virtualisation(root, "systemd-nspawn");
    tree_write(root, "proc/self/mountinfo",
               "9 8 8:1 /var/lib/docker/containers/12/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n");
    check_virtualisation(root, "docker");
    tree_write(root, "proc/self/mountinfo",
               "9 8 8:1 /var/lib/kubelet/pods/12/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n");
    check_virtualisation(root, "kubernetes");
    tree_write(root, "proc/sys/kernel/osrelease", "5.15.0-microsoft-standard-WSL2\n");
    check_virtualisation(root, "kubernetes on wsl");
}

static void test_mitigations(void **state)
{
    const char *root = *state;
    cJSON *object = environment_mitigations(root);

    assert_true(cJSON_IsNull(object));
    cJSON_Delete(object);
    tree_write(root, "sys/devices/system/cpu/vulnerabilities/spectre_v1", "Mitigation: barriers\n");
    tree_write(root, "sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
    object = environment_mitigations(root);
    assert_int_equal(cJSON_GetArraySize(object), 2);
    assert_string_equal(object->child->string, "meltdown"); // sorted
    assert_string_equal(at(object, "meltdown")->valuestring, "Not affected");
    assert_string_equal(at(object, "spectre_v1")->valuestring, "Mitigation: barriers");
    cJSON_Delete(object);
}

static void test_describe(void **state)
{
    const char *root = *state;
    const cJSON *before;
    cJSON *object;

    tree_write(root, "proc/meminfo",
               "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:    8192 kB\n"
               "SwapTotal:      100 kB\nSwapFree:       60 kB\n");
    tree_write(root, "etc/os-release", "NAME=\"Some\"\nPRETTY_NAME=\"Some Linux 7\"\n");
    tree_write(root, "proc/loadavg", "0.15 1.25 10.5 1/123 4567\n");
    tree_write(root, "proc/pressure/cpu", "some avg10=1.50 avg60=0.70 avg300=0.19 total=1\n");
    tree_write(root, "proc/cmdline", "quiet user=me isolcpus=2-3 token=secret nosmt\n");
    tree_write(root, "proc/sys/kernel/pid_max", "32768\n");
    tree_write(root, "proc/sys/kernel/perf_event_paranoid", "-1\n");
    tree_write(root, "proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    tree_write(root, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    tree_write(root, "sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    tree_write(root, "sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet \n");
    object = environment_describe_at(root);
    assert_non_null(object);
    assert_true(at(object, "memory_bytes")->valuedouble == 16384 * 1024);
    assert_string_equal(at(object, "os")->valuestring, "Some Linux 7");
    assert_string_equal(at(object, "clock_source")->valuestring, "tsc");
    assert_int_equal(cJSON_GetArraySize(at(object, "clock_sources")), 2);
    assert_string_equal(cJSON_GetArrayItem(at(object, "clock_sources"), 1)->valuestring, "hpet");
    assert_true(at(object, "clock_read_ns")->valuedouble >= 0);
    assert_string_equal(at(object, "huge_pages")->valuestring, "madvise");
    assert_true(at(object, "perf_event_paranoid")->valuedouble == -1);
    before = at(object, "before");
    assert_int_equal(cJSON_GetArraySize(at(before, "load")), 3);
    assert_true(cJSON_GetArrayItem(at(before, "load"), 1)->valuedouble == 1.25);
    assert_true(at(before, "cpu_pressure_share")->valuedouble == 0.015);
    assert_true(at(before, "memory_available_bytes")->valuedouble == 8192 * 1024);
    assert_true(at(before, "swap_used_bytes")->valuedouble == 40 * 1024);
    assert_true(cJSON_IsNull(at(before, "io_pressure_share")));
    assert_true(cJSON_IsNull(at(object, "during")) && cJSON_IsNull(at(object, "after")));
    assert_int_equal(cJSON_GetArraySize(at(object, "kernel_options")), 2);
    assert_string_equal(cJSON_GetArrayItem(at(object, "kernel_options"), 0)->valuestring, "isolcpus=2-3");
    assert_string_equal(cJSON_GetArrayItem(at(object, "kernel_options"), 1)->valuestring, "nosmt");
    assert_int_equal(at(at(object, "limits"), "pid_max")->valueint, 32768);
    assert_int_equal(at(at(object, "limits"), "local_ports")->valueint, 28232);
    cJSON_Delete(object);
}

static void test_course(void **state)
{
    const char *root = *state;
    cJSON *object = environment_describe_at(root);
    struct environment_course course;
    const cJSON *during;

    tree_write(root, "proc/self/cgroup", "0::/a\n");
    tree_write(root, "sys/fs/cgroup/a/cpu.stat", "nr_periods 100\nnr_throttled 10\nthrottled_usec 70\n");
    tree_write(root, "proc/stat", "cpu  100 0 0 800 0 0 0 100\n");
    tree_write(root, "proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
    environment_course_begin_at(root, &course);
    tree_write(root, "sys/fs/cgroup/a/cpu.stat", "nr_periods 120\nnr_throttled 15\nthrottled_usec 170\n");
    tree_write(root, "proc/stat", "cpu  150 0 0 875 0 0 0 175\n");
    tree_write(root, "proc/loadavg", "2.50 1.25 10.5 1/123 4567\n");
    environment_course_end_at(root, &course, object);
    during = at(object, "during");
    assert_true(at(during, "duration_ns")->valuedouble > 0);
    assert_true(at(during, "busy_share")->valuedouble == 0.625);
    assert_true(at(during, "steal_share")->valuedouble == 0.375);
    assert_true(cJSON_IsNull(at(during, "cpu_pressure_share")));
    assert_true(cJSON_IsNull(at(during, "memory_pressure_share")));
    assert_true(at(during, "io_pressure_share")->valuedouble == 0);
    assert_true(at(during, "throttled_ns")->valuedouble == 100000);
    assert_true(at(during, "throttled_share")->valuedouble == 0.25);
    assert_true(cJSON_GetArrayItem(at(at(object, "after"), "load"), 0)->valuedouble == 2.5);
    assert_true(cJSON_IsNull(at(at(object, "before"), "load")));
    cJSON_Delete(object);
}

// Only what is known to matter, and as it is set.
static void test_variables(void **state)
{
    cJSON *object;

    (void)state;
    setenv("UV_THREADPOOL_SIZE", "7", 1);
    setenv("SOME_SECRET", "x", 1);
    object = environment_variables();
    assert_string_equal(at(object, "UV_THREADPOOL_SIZE")->valuestring, "7");
    assert_null(cJSON_GetObjectItemCaseSensitive(object, "SOME_SECRET"));
    cJSON_Delete(object);
    unsetenv("UV_THREADPOOL_SIZE");
    object = environment_variables();
    assert_null(cJSON_GetObjectItemCaseSensitive(object, "UV_THREADPOOL_SIZE"));
    cJSON_Delete(object);
}

// Where nothing can be read everything is there, and null.
static void test_describe_nothing(void **state)
{
    static const char *const names[] = {"memory_bytes", "kernel_options",      "os",     "virtualisation",
                                        "clock_source", "clock_sources",       "aslr",   "mitigations",
                                        "huge_pages",   "perf_event_paranoid", "during", "after"};
    static const char *const moment[] = {
        "load",           "cpu_pressure_share", "memory_pressure_share", "io_pressure_share", "memory_available_bytes",
        "swap_used_bytes"};
    static const char *const cpu_names[] = {"model", "online", "quota_cores", "governor", "driver", "turbo", "smt"};
    static const char *const limits[] = {"max_map_count", "pid_max", "threads_max", "cgroup_pids_max", "local_ports"};
    cJSON *object = environment_describe_at(*state);

    assert_non_null(object);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(cJSON_IsNull(at(object, names[i])));
    for (size_t i = 0; i < COUNT(cpu_names); i++)
        assert_true(cJSON_IsNull(at(at(object, "cpu"), cpu_names[i])));
    for (size_t i = 0; i < COUNT(limits); i++)
        assert_true(cJSON_IsNull(at(at(object, "limits"), limits[i])));
    for (size_t i = 0; i < COUNT(moment); i++)
        assert_true(cJSON_IsNull(at(at(object, "before"), moment[i])));
    assert_int_equal(cJSON_GetArraySize(at(at(object, "cpu"), "caches")), 0);
    cJSON_Delete(object);
}

// Of this machine, what any Linux has.
static void test_describe_this(void **state)
{
    cJSON *object = environment_describe();
    struct rlimit limit;
    struct cpus allowed;
    char text[8192];

    (void)state;
    assert_non_null(object);
    cpus_allowed(&allowed);
    assert_string_equal(at(at(object, "cpu"), "allowed")->valuestring, cpus_write(&allowed, text, sizeof(text)));
    assert_int_equal(at(at(object, "cpu"), "allowed_count")->valueint, cpus_count(&allowed));
    assert_true(strncmp(at(object, "kernel")->valuestring, "Linux ", 6) == 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur != RLIM_INFINITY)
        assert_true(at(at(at(object, "limits"), "nofile"), "soft")->valuedouble == (double)limit.rlim_cur);
    cJSON_Delete(object);
}

static void expect_cpu(const char *root, const char *cpuinfo, const char *expected)
{
    char *name;

    tree_write(root, "proc/cpuinfo", cpuinfo);
    name = cpu_name(root);
    if (expected == NULL)
        assert_null(name);
    else
        assert_string_equal(name, expected);
    free(name);
}

#define ARM_CORE(implementer, variant, part, revision)                                          \
    "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\nCPU implementer\t: " implementer \
    "\nCPU architecture: 8\nCPU variant\t: " variant "\nCPU part\t: " part "\nCPU revision\t: " revision "\n\n"

static void test_cpu_names(void **state)
{
    const char *root = *state;

    expect_cpu(root, "", NULL);
    expect_cpu(root, ARM_CORE("0x41", "0x3", "0xd0c", "1"), "ARM Neoverse-N1 r3p1");
    expect_cpu(root, ARM_CORE("0x41", "0x1", "0xd40", "1") ARM_CORE("0x41", "0x1", "0xd40", "1"),
               "ARM Neoverse-V1 r1p1");
    expect_cpu(root, ARM_CORE("0x41", "0x2", "0xd05", "0") ARM_CORE("0x41", "0x4", "0xd0b", "0"),
               "ARM Cortex-A55 r2p0 + ARM Cortex-A76 r4p0");
    expect_cpu(root, ARM_CORE("0x48", "0x1", "0xd01", "0"), "HiSilicon Kunpeng 920 (TaiShan v110) r1p0");
    expect_cpu(root, ARM_CORE("0x61", "0x1", "0x023", "1"), "Apple Firestorm (M1) r1p1");
    expect_cpu(root, ARM_CORE("0xc0", "0x3", "0xac3", "0"), "Ampere Ampere-1 r3p0");
    // Unlike ones stay unlike without a name.
    expect_cpu(root, ARM_CORE("0x41", "0x0", "0xfff", "2"), "ARM part 0xfff r0p2");
    expect_cpu(root, ARM_CORE("0xee", "0x0", "0x001", "0"), "implementer 0xee part 0x001 r0p0");
    // 32 bits: what is called model name there is the architecture's.
    expect_cpu(root,
               "processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nCPU implementer\t: 0x41\n"
               "CPU variant\t: 0x0\nCPU part\t: 0xd03\nCPU revision\t: 4\n\nHardware\t: BCM2835\n",
               "ARM Cortex-A53 r0p4");
}

static void test_cpu_names_elsewhere(void **state)
{
    const char *root = *state;

    expect_cpu(root, "processor\t: 0\nmodel name\t: Imagined CPU @ 2 GHz\n", "Imagined CPU @ 2 GHz");
    expect_cpu(root, "processor\t: 0\nhart\t: 1\nisa\t: rv64imafdc\nmmu\t: sv39\nuarch\t: sifive,u74-mc\n",
               "sifive,u74-mc");
    expect_cpu(root, "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t: 3800MHz\n",
               "POWER9, altivec supported");
    expect_cpu(root,
               "vendor_id       : IBM/S390\n# processors    : 2\nprocessor 0: version = FF,  identification = 023A78,  "
               "machine = 8561\n",
               "IBM/S390 machine 8561");
    expect_cpu(root, "processor\t: 0\nModel Name\t: Loongson-3A5000\n", "Loongson-3A5000");
    tree_write(root, "proc/device-tree/model", "A Board");
    expect_cpu(root, "processor\t: 0\n", "A Board");
    tree_write(root, "sys/class/dmi/id/product_name", "A Server\n");
    expect_cpu(root, "processor\t: 0\n", "A Server");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quota_v2, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_quota_at_the_top, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_quota_file, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_cpu_names, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_cpu_names_elsewhere, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_quota_of_hybrid, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_quota_outside_of_the_namespace, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_quota_v1, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_memory_v2, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_memory_v1, open_tree, close_tree),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test_setup_teardown(test_throttled, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_pids_max, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_ticks, open_tree, close_tree),
        cmocka_unit_test(test_pressure_share),
        cmocka_unit_test(test_cores),
        cmocka_unit_test_setup_teardown(test_cpu, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_governors_differ, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_virtualisation, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_outermost, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_container_without_marks, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_mitigations, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_describe, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_course, open_tree, close_tree),
        cmocka_unit_test(test_variables),
        cmocka_unit_test_setup_teardown(test_describe_nothing, open_tree, close_tree),
        cmocka_unit_test(test_describe_this),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
