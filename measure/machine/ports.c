// SPDX-License-Identifier: MIT
#include "measure/machine/ports.h"

#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"

#define REUSED_AFTER_NS NS_PER_S
#define TIME_WAIT_NS (60 * NS_PER_S) // TCP_TIMEWAIT_LEN of every kernel

uint64_t ports_count(const char *root)
{
    char *line = procfs_line("%s/proc/sys/net/ipv4/ip_local_port_range", root), *end;
    unsigned long low = 0, high = 0;

    // "32768\t60999"
    if (line != NULL) {
        low = strtoul(line, &end, 10);
        high = strtoul(end, NULL, 10);
    }
    free(line);
    return high > 0 && high >= low ? high - low + 1 : 0;
}

uint64_t ports_held_ns(const char *root)
{
    uint64_t reuse = 0, stamps = 0;

    procfs_number(&reuse, "%s/proc/sys/net/ipv4/tcp_tw_reuse", root);
    procfs_number(&stamps, "%s/proc/sys/net/ipv4/tcp_timestamps", root);
    return reuse > 0 && stamps > 0 ? REUSED_AFTER_NS : TIME_WAIT_NS;
}

uint64_t ports_waiting(void)
{
    char *text = procfs_text("/proc/net/sockstat");
    const char *tcp = procfs_value(text, "TCP"), *waiting = tcp != NULL ? strstr(tcp, " tw ") : NULL;
    uint64_t count = waiting != NULL ? strtoull(waiting + sizeof " tw " - 1, NULL, 10) : 0;

    free(text);
    return count;
}
