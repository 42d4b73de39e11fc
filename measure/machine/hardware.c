// SPDX-License-Identifier: MIT
#include "measure/machine/hardware.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure/base/json.h"
#include "measure/base/procfs.h"
#include "measure/base/units.h"

static const struct {
    const char *name, *words;
    uint32_t type;
    uint64_t event;
    bool in_user_mode; // means something without what happens in the kernel
} counters[HARDWARE_COUNTERS] = {
    {"cycles", "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true},
    {"instructions", "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, true},
    {"cache_misses", "cache misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, true},
    {"migrations", "migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, false},
    {"context_switches", "context switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, false},
    {"page_faults", "page faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, true},
};

static int open_counter(int index, bool user_only)
{
    struct perf_event_attr attr = {
        .type = counters[index].type,
        .size = sizeof attr,
        .config = counters[index].event,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .disabled = 1,
        .inherit = 1,
        .exclude_kernel = user_only,
        .exclude_hv = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, (unsigned long)PERF_FLAG_FD_CLOEXEC);
}

void hardware_open(struct hardware *hardware)
{
    *hardware = (struct hardware){.user_only = false};
    for (int i = 0; i < HARDWARE_COUNTERS; i++) {
        hardware->fds[i] = open_counter(i, false);
        // An ordinary user may mostly count what happens in user mode.
        if (hardware->fds[i] < 0 && errno == EACCES && counters[i].in_user_mode) {
            hardware->fds[i] = open_counter(i, true);
            hardware->user_only |= hardware->fds[i] >= 0;
        }
        hardware->errors[i] = hardware->fds[i] < 0 ? errno : 0;
    }
}

void hardware_close(struct hardware *hardware)
{
    for (int i = 0; i < HARDWARE_COUNTERS; i++) {
        if (hardware->fds[i] >= 0)
            close(hardware->fds[i]);
        hardware->fds[i] = -1;
    }
}

static void switch_all(struct hardware *hardware, unsigned long request)
{
    for (int i = 0; i < HARDWARE_COUNTERS; i++) {
        if (hardware->fds[i] >= 0)
            ioctl(hardware->fds[i], request, 0);
    }
}

void hardware_start(struct hardware *hardware)
{
    switch_all(hardware, PERF_EVENT_IOC_ENABLE);
}

void hardware_stop(struct hardware *hardware)
{
    switch_all(hardware, PERF_EVENT_IOC_DISABLE);
}

// Negative: it never had its turn, or cannot be read.
static double count_of(int fd)
{
    struct {
        uint64_t value, enabled_ns, running_ns;
    } reading;

    if (fd < 0 || read(fd, &reading, sizeof reading) != (ssize_t)sizeof reading)
        return -1;
    if (reading.running_ns == 0)
        return reading.enabled_ns == 0 ? 0 : -1;
    if (reading.running_ns >= reading.enabled_ns)
        return (double)reading.value;
    return (double)(uint64_t)((double)reading.value * (double)reading.enabled_ns / (double)reading.running_ns);
}

struct cJSON *hardware_read(const struct hardware *hardware)
{
    struct cJSON *object = cJSON_CreateObject();
    bool any = false;

    for (int i = 0; i < HARDWARE_COUNTERS; i++) {
        double count = count_of(hardware->fds[i]);

        any |= count >= 0;
        json_add_number(object, counters[i].name, count >= 0, count);
    }
    cJSON_AddBoolToObject(object, "user_only", hardware->user_only);
    if (any)
        return object;
    cJSON_Delete(object);
    return cJSON_CreateNull();
}

struct cJSON *hardware_copy(const struct cJSON *said)
{
    struct cJSON *object;

    if (!cJSON_IsObject(said))
        return cJSON_CreateNull();
    object = cJSON_CreateObject();
    for (int i = 0; i < HARDWARE_COUNTERS; i++) {
        const struct cJSON *number = cJSON_GetObjectItemCaseSensitive(said, counters[i].name);

        bool known = cJSON_IsNumber(number) && number->valuedouble >= 0 && number->valuedouble <= UNITS_MOST;

        json_add_number(object, counters[i].name, known, known ? number->valuedouble : 0);
    }
    cJSON_AddBoolToObject(object, "user_only", cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(said, "user_only")));
    return object;
}

static const char *explain(int error, char buf[96])
{
    char *level;

    switch (error) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
        return "this machine has no such counters";
    case EACCES:
        level = procfs_line("/proc/sys/kernel/perf_event_paranoid");
        snprintf(buf, 96, "kernel.perf_event_paranoid is %.8s, and 1 or less would be needed",
                 level != NULL ? level : "too high");
        free(level);
        return buf;
    case EPERM:
        return "not allowed here, as in most containers (perf_event_open)";
    case ENOSYS:
        return "the kernel has no perf events";
    default:
        return strerror(error);
    }
}

// Adds to a text of HARDWARE_REASON bytes what has room.
static void append(char buf[HARDWARE_REASON], const char *text)
{
    size_t length = strlen(buf);

    snprintf(buf + length, HARDWARE_REASON - length, "%s", text);
}

// All that are missing for the same reason as the `first`.
static void append_group(const struct hardware *hardware, int first, char buf[HARDWARE_REASON])
{
    int error = hardware->errors[first];
    char text[96];

    append(buf, buf[0] != '\0' ? "; " : "");
    for (int i = first; i < HARDWARE_COUNTERS; i++) {
        if (hardware->errors[i] != error)
            continue;
        append(buf, i > first ? ", " : "");
        append(buf, counters[i].words);
    }
    append(buf, ": ");
    append(buf, explain(error, text));
}

static bool is_first_of_its_error(const struct hardware *hardware, int index)
{
    for (int i = 0; i < index; i++) {
        if (hardware->errors[i] == hardware->errors[index])
            return false;
    }
    return hardware->errors[index] != 0;
}

bool hardware_reason(const struct hardware *hardware, char buf[HARDWARE_REASON])
{
    buf[0] = '\0';
    for (int i = 0; i < HARDWARE_COUNTERS; i++) {
        if (is_first_of_its_error(hardware, i))
            append_group(hardware, i, buf);
    }
    return buf[0] != '\0';
}
