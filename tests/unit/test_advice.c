// SPDX-License-Identifier: MIT
// What is said about a machine: for each topic a machine where it is fine, one where it is not, and one that does not
// tell.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/json.h"
#include "reports/document/fields.h"
#include "reports/findings/advice.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

// Nothing about it would blur anything.
static const char calm[] =
    "{\"ccbench\":{\"build_type\":\"release\",\"sanitizer\":null},"
    "\"environment\":{"
    "\"cpu\":{\"online\":\"0-3\",\"allowed\":\"0-3\",\"allowed_count\":4,\"quota_cores\":null,\"governor\":\"performance\","
    "\"driver\":\"acpi-cpufreq\",\"turbo\":false,\"smt\":false},"
    "\"kernel\":\"Linux 6.1 x86_64\",\"clock_source\":\"tsc\",\"clock_sources\":[\"tsc\",\"hpet\"],\"clock_read_ns\":25,"
    "\"timer_slack_ns\":1,\"aslr\":true,\"huge_pages\":\"madvise\",\"scheduling\":{\"policy\":\"other\",\"nice\":0},"
    "\"variables\":{},"
    "\"limits\":{\"nofile\":{\"hard\":1000000},\"nproc\":{\"hard\":null},\"max_map_count\":1000000,\"pid_max\":4000000,"
    "\"threads_max\":200000,\"cgroup_pids_max\":null,\"local_ports\":28232},"
    "\"before\":{\"load\":[0.2,0,0],\"cpu_pressure_share\":0,\"memory_pressure_share\":0,\"io_pressure_share\":0,"
    "\"swap_used_bytes\":0},"
    "\"during\":{\"steal_share\":0,\"cpu_pressure_share\":0.01,\"memory_pressure_share\":0,\"io_pressure_share\":0,"
    "\"throttled_ns\":0}},"
    "\"lanes\":10000,\"neighbours\":[],\"counters\":{\"reason\":null,\"user_only\":false}}";

static cJSON *make_calm(void)
{
    cJSON *document = cJSON_Parse(calm);

    assert_non_null(document);
    return document;
}

// Puts the JSON text `value` where the dotted path leads.
static void put(cJSON *document, const char *path, const char *value)
{
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        char name[40];

        snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
        document = cJSON_GetObjectItemCaseSensitive(document, name);
        assert_non_null(document);
        path = dot + 1;
    }
    json_set(document, path, cJSON_Parse(value));
}

static const cJSON *about(const cJSON *findings, const char *topic)
{
    const cJSON *finding;

    cJSON_ArrayForEach(finding, findings) {
        if (field_is(finding, "topic", topic))
            return finding;
    }
    fail_msg("nothing about %s", topic);
    return NULL;
}

static void test_calm(void **state)
{
    cJSON *document = make_calm(), *findings = advice_make(document);
    const cJSON *finding;

    (void)state;
    assert_true(cJSON_GetArraySize(findings) > 20);
    cJSON_ArrayForEach(finding, findings) {
        if (!field_is(finding, "verdict", "fine") || !cJSON_IsNull(cJSON_GetObjectItem(finding, "mend")))
            fail_msg("%s: %s", field_text(finding, "topic"), field_text(finding, "says"));
    }
    cJSON_Delete(findings);
    cJSON_Delete(document);
}

static void test_nothing_known(void **state)
{
    static const char *const documents[] = {
        "{}",
        "[]",
        "{\"environment\":{},\"ccbench\":{}}",
        "{\"environment\":null,\"lanes\":\"x\",\"neighbours\":{}}",
        "{\"environment\":{\"cpu\":[],\"before\":1,\"during\":\"x\",\"limits\":[],\"variables\":7}}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        cJSON *document = cJSON_Parse(documents[i]), *findings = advice_make(document);
        const cJSON *finding;

        cJSON_ArrayForEach(finding, findings) {
            if (!field_is(finding, "verdict", "unknown") && !field_is(finding, "topic", "variables") &&
                !field_is(finding, "topic", "CPU quota"))
                fail_msg("%s of %s: %s", field_text(finding, "topic"), documents[i], field_text(finding, "says"));
        }
        cJSON_Delete(findings);
        cJSON_Delete(document);
    }
}

struct trouble {
    const char *topic, *path, *value; // what is changed on the calm machine, as JSON
    const char *verdict;
    const char *says, *mend; // parts of them; mend NULL: none
};

static const struct trouble troubles[] = {
    {"build", "ccbench.build_type", "\"debug\"", "blurs", "a debug build", "--buildtype=release"},
    {"build", "ccbench.sanitizer", "\"address\"", "blurs", "with sanitizers", "--buildtype=release"},
    {"governor", "environment.cpu.governor", "\"powersave\"", "blurs", "(powersave)", "cpu*/cpufreq/scaling_governor"},
    {"governor", "environment.cpu.governor", "null", "unknown", "", NULL},
    {"turbo", "environment.cpu.turbo", "true", "blurs", "heat", "cpufreq/boost"},
    {"SMT", "environment.cpu.smt", "true", "blurs", "share a core", "smt/control"},
    {"cores", "environment.cpu.allowed_count", "1", "blurs", "in parallel", NULL},
    {"CPU quota", "environment.cpu.quota_cores", "1.5", "blurs", "1.5 cores", "cpu.max"},
    {"CPU quota", "environment.cpu", "{\"quota_cores\":1,\"quota_file\":\"/sys/fs/cgroup/a b/cpu.max\"}", "blurs",
     "1 core:", "echo max | sudo tee '/sys/fs/cgroup/a b/cpu.max'"},
    {"CPU quota", "environment.cpu", "{\"quota_cores\":0.5,\"quota_file\":\"/sys/fs/cgroup/cpu/cpu.cfs_quota_us\"}",
     "blurs", "0.5 cores", "echo -1 | sudo tee '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'"},
    {"load", "environment.before.load", "[2.0, 0, 0]", "blurs", "2.00 on 4 cores", "ps "},
    {"neighbours", "neighbours",
     "[{\"pid\":12,\"name\":\"cc1\",\"cores\":0.97},{\"pid\":9,\"name\":\"make\",\"cores\":0.1}]", "blurs",
     "cc1 (0.97 of a core), make (0.10 of a core)", "kill -STOP 12 9 "},
    {"neighbours", "neighbours", "null", "unknown", "", NULL},
    {"steal", "environment.during.steal_share", "0.25", "blurs", "25 %", NULL},
    {"CPU pressure", "environment.during.cpu_pressure_share", "0.4", "blurs", "40 %", "ps "},
    {"CPU pressure", "environment.before.cpu_pressure_share", "0.3", "blurs", "30 %", "ps "},
    {"memory pressure", "environment.before.memory_pressure_share", "0.1", "blurs", "10 %", "rss"},
    {"disk pressure", "environment.during.io_pressure_share", "0.1", "blurs", "10 %", "ps "},
    {"swap", "environment.before.swap_used_bytes", "1048576", "blurs", "1 MiB", "swapoff"},
    {"clock", "environment.clock_source", "\"hpet\"", "blurs", "hpet", "echo tsc"},
    {"clock", "environment.clock_read_ns", "700", "blurs", "700 ns", NULL},
    {"timers", "environment.timer_slack_ns", "50000", "blurs", "50 us", NULL},
    {"ASLR", "environment.aslr", "false", "blurs", "same memory layout", "randomize_va_space=2"},
    {"huge pages", "environment.huge_pages", "\"always\"", "blurs", "2 MiB", "madvise"},
    {"priority", "environment.scheduling.nice", "19", "blurs", "nice 19", "renice"},
    {"priority", "environment.scheduling.nice", "-5", "blurs", "others have to wait", "renice"},
    {"priority", "environment.scheduling.policy", "\"batch\"", "blurs", "batch", "chrt"},
    {"variables", "environment.variables", "{\"LD_PRELOAD\":\"x.so\",\"UV_THREADPOOL_SIZE\":\"3\"}", "blurs", "",
     "env -u LD_PRELOAD -u UV_THREADPOOL_SIZE ccbench"},
    {"hardware counters", "counters.reason", "\"cycles: this machine has no such counters\"", "unknown", "no such",
     NULL},
    {"hardware counters", "counters", "{\"reason\":\"cycles: kernel.perf_event_paranoid is 4\"}", "unknown", "is 4",
     NULL},
    {"threads", "environment.limits.max_map_count", "10000", "limits", "4900: max_map_count", "vm.max_map_count=40400"},
    {"processes", "environment.limits.max_map_count", "10000", "fine", "199900", NULL},
    {"processes", "environment.limits.pid_max", "4096", "limits", "3996: pid_max", "kernel.pid_max=20200"},
    {"threads", "environment.limits.cgroup_pids_max", "50", "limits", "0: the cgroup's pids.max", "TasksMax=20200"},
    {"threads", "environment.limits.nproc", "{\"hard\":7000}", "limits", "6900: nproc", "--nproc=20200"},
    {"descriptors", "environment.limits.nofile", "{\"hard\":1024}", "limits", "924: nofile", "--nofile=20200"},
    {"ports", "environment.limits.local_ports", "5000", "limits", "5000", "ip_local_port_range"},
    {"ports", "lanes", "100000", "limits", "28232", "ip_local_port_range"},
};

static void check_trouble(const struct trouble *trouble)
{
    cJSON *document = make_calm(), *findings;
    const cJSON *finding;
    const char *mend;

    put(document, trouble->path, trouble->value);
    findings = advice_make(document);
    finding = about(findings, trouble->topic);
    mend = field_text(finding, "mend");
    if (!field_is(finding, "verdict", trouble->verdict) || strstr(field_text(finding, "says"), trouble->says) == NULL)
        fail_msg("%s: %s, '%s', expected %s, '%s'", trouble->topic, field_text(finding, "verdict"),
                 field_text(finding, "says"), trouble->verdict, trouble->says);
    if ((mend == NULL) != (trouble->mend == NULL) || (mend != NULL && strstr(mend, trouble->mend) == NULL))
        fail_msg("%s: mended by '%s', expected '%s'", trouble->topic, mend != NULL ? mend : "",
                 trouble->mend != NULL ? trouble->mend : "");
    cJSON_Delete(findings);
    cJSON_Delete(document);
}

static void test_troubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(troubles); i++)
        check_trouble(&troubles[i]);
}

// Each driver has a switch of its own; one CPU of several is another's doing.
static void test_switches(void **state)
{
    cJSON *document = make_calm(), *findings;

    (void)state;
    put(document, "environment.cpu.turbo", "true");
    put(document, "environment.cpu.driver", "\"intel_pstate\"");
    put(document, "environment.cpu.allowed_count", "1");
    put(document, "environment.cpu.allowed", "\"2\"");
    put(document, "environment.perf_event_paranoid", "4");
    put(document, "counters.reason", "\"cycles: kernel.perf_event_paranoid is 4\"");
    findings = advice_make(document);
    assert_non_null(strstr(field_text(about(findings, "turbo"), "mend"), "intel_pstate/no_turbo"));
    assert_non_null(strstr(field_text(about(findings, "cores"), "mend"), "taskset"));
    assert_string_equal(field_text(about(findings, "hardware counters"), "mend"),
                        "sudo sysctl kernel.perf_event_paranoid=1");
    cJSON_Delete(findings);
    cJSON_Delete(document);
}

// However long what the machine tells is.
static void test_long_texts(void **state)
{
    char text[4096] = "\"", object[4200];
    cJSON *document = make_calm(), *findings;

    (void)state;
    memset(text + 1, 'x', sizeof(text) - 3);
    text[sizeof(text) - 2] = '"';
    text[sizeof(text) - 1] = '\0';
    put(document, "environment.cpu.governor", text);
    put(document, "environment.clock_source", text);
    put(document, "ccbench.build_type", text);
    put(document, "environment.scheduling.policy", text);
    snprintf(object, sizeof(object), "[{\"pid\":1e300,\"name\":%s,\"cores\":1e300},{},7]", text);
    put(document, "neighbours", object);
    snprintf(object, sizeof(object), "{%s:1,\"LD_PRELOAD\":\"\",\"LD_AUDIT\":\"\"}", text);
    put(document, "environment.variables", object);
    findings = advice_make(document);
    assert_true(cJSON_GetArraySize(findings) > 20);
    cJSON_Delete(findings);
    cJSON_Delete(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calm),     cmocka_unit_test(test_nothing_known), cmocka_unit_test(test_troubles),
        cmocka_unit_test(test_switches), cmocka_unit_test(test_long_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
