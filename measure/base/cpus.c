// SPDX-License-Identifier: MIT
#include "measure/base/cpus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void cpus_allowed(struct cpus *ret_cpus)
{
    long online;

    memset(ret_cpus, 0, sizeof *ret_cpus);
    if (sched_getaffinity(0, sizeof *ret_cpus, ret_cpus->parts) == 0)
        return;
    memset(ret_cpus, 0, sizeof *ret_cpus);
    online = sysconf(_SC_NPROCESSORS_ONLN);
    for (unsigned cpu = 0; cpu < CPUS_MOST && (long)cpu < online; cpu++)
        cpus_add(ret_cpus, cpu);
}

int cpus_use(const struct cpus *cpus)
{
    return sched_setaffinity(0, sizeof *cpus, cpus->parts) == 0 ? 0 : -errno;
}

void cpus_add(struct cpus *cpus, unsigned cpu)
{
    CPU_SET_S(cpu, sizeof *cpus, cpus->parts);
}

bool cpus_have(const struct cpus *cpus, unsigned cpu)
{
    return CPU_ISSET_S(cpu, sizeof *cpus, cpus->parts);
}

int cpus_count(const struct cpus *cpus)
{
    return CPU_COUNT_S(sizeof *cpus, cpus->parts);
}

bool cpus_equal(const struct cpus *a, const struct cpus *b)
{
    return CPU_EQUAL_S(sizeof *a, a->parts, b->parts);
}

unsigned cpus_first(const struct cpus *cpus)
{
    for (unsigned cpu = 0; cpu < CPUS_MOST; cpu++)
        if (cpus_have(cpus, cpu))
            return cpu;
    return 0;
}

unsigned cpus_last(const struct cpus *cpus)
{
    unsigned cpu = CPUS_MOST - 1;

    while (cpu > 0 && !cpus_have(cpus, cpu))
        cpu--;
    return cpu;
}

void cpus_join(struct cpus *cpus, const struct cpus *more)
{
    CPU_OR_S(sizeof *cpus, cpus->parts, cpus->parts, more->parts);
}

void cpus_keep(struct cpus *cpus, const struct cpus *others)
{
    CPU_AND_S(sizeof *cpus, cpus->parts, cpus->parts, others->parts);
}

void cpus_drop(struct cpus *cpus, const struct cpus *others)
{
    struct cpus shared = *cpus;

    cpus_keep(&shared, others);
    CPU_XOR_S(sizeof *cpus, cpus->parts, cpus->parts, shared.parts);
}

// Reads a CPU's number; false where there is none below CPUS_MOST.
static bool read_cpu(const char **text, unsigned *ret_cpu)
{
    unsigned cpu = 0;

    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        cpu = cpu * 10 + (unsigned)(**text - '0');
        if (cpu >= CPUS_MOST)
            return false;
    }
    *ret_cpu = cpu;
    return true;
}

// "3" or "0-3".
static bool read_range(const char **text, struct cpus *set)
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
        cpus_add(set, cpu);
    return true;
}

int cpus_parse(const char *text, struct cpus *ret_cpus)
{
    struct cpus set = {0};

    for (;; text++) {
        if (!read_range(&text, &set))
            return -EINVAL;
        if (*text != ',')
            break;
    }
    if (*text != '\0' && strcmp(text, "\n") != 0)
        return -EINVAL;
    *ret_cpus = set;
    return 0;
}

static unsigned last_of_range(const struct cpus *set, unsigned cpu)
{
    while (cpu + 1 < CPUS_MOST && cpus_have(set, cpu + 1))
        cpu++;
    return cpu;
}

static unsigned write_range(char item[32], const char *comma, unsigned first, unsigned last)
{
    int length = last > first ? snprintf(item, 32, "%s%u-%u", comma, first, last)
                              : snprintf(item, 32, "%s%u", comma, first);

    return (unsigned)length;
}

char *cpus_write(const struct cpus *cpus, char *buf, unsigned size)
{
    unsigned used = 0;
    char item[32];

    if (size > 0)
        buf[0] = '\0';
    for (unsigned cpu = 0; cpu < CPUS_MOST; cpu++) {
        unsigned length;

        if (!cpus_have(cpus, cpu))
            continue;
        length = write_range(item, used > 0 ? "," : "", cpu, last_of_range(cpus, cpu));
        cpu = last_of_range(cpus, cpu);
        if (used + length >= size)
            break; // a list cut within a number would name another CPU
        memcpy(buf + used, item, length + 1);
        used += length;
    }
    return buf;
}
