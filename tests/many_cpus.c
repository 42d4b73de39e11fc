// SPDX-License-Identifier: MIT
// A library for LD_PRELOAD that makes this machine one with 4096 CPUs, of which programs may use those from 2000 on: as many
// as they may really use. A mask that is too small for 4096 is refused, as the kernel does.
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

enum { FIRST = 2000, KERNEL_BYTES = 4096 / 8 };

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *ret_set)
{
    int (*real)(pid_t, size_t, cpu_set_t *);
    cpu_set_t set;

    if (size < KERNEL_BYTES) {
        errno = EINVAL;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "sched_getaffinity");
    if (real(pid, sizeof set, &set) != 0)
        return -1;
    memset(ret_set, 0, size);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            CPU_SET_S(FIRST + cpu, size, ret_set);
    return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    int (*real)(pid_t, size_t, const cpu_set_t *);
    cpu_set_t shifted;

    CPU_ZERO(&shifted);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET_S(FIRST + cpu, size, set))
            CPU_SET(cpu, &shifted);
    *(void **)&real = dlsym(RTLD_NEXT, "sched_setaffinity");
    return real(pid, sizeof shifted, &shifted);
}
