// SPDX-License-Identifier: MIT
#include "models/carry/buffer.h"

#include <string.h>
#include <sys/mman.h>

#include "measure/base/page.h"
#include "models/carry/spawn.h"

static char *map(size_t bytes, int flags)
{
    // Never of no pages, which mmap refuses.
    char *buffer = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    return buffer != MAP_FAILED ? buffer : NULL;
}

char *buffer_new(size_t bytes)
{
    char *buffer = map(bytes, MAP_PRIVATE);

    if (buffer != NULL)
        memset(buffer, 1, bytes);
    return buffer;
}

char *buffer_new_shared(size_t bytes, int *ret_fd)
{
    char *buffer = shared_new(bytes + 1, ret_fd);

    if (buffer != NULL)
        memset(buffer, 1, bytes);
    return buffer;
}

char *buffer_map_shared(int fd, size_t bytes, size_t offset)
{
    char *buffer = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

    return buffer != MAP_FAILED ? buffer : NULL;
}

char *buffer_new_empty(size_t bytes)
{
    char *buffer = map(bytes, MAP_PRIVATE | MAP_POPULATE);

    if (buffer != NULL)
        buffer_keep(buffer, bytes);
    return buffer;
}

void buffer_keep(char *buffer, size_t bytes)
{
    madvise(buffer, bytes + 1, MADV_DONTFORK);
}

void buffer_free(char *buffer, size_t bytes)
{
    if (buffer != NULL)
        munmap(buffer, bytes + 1);
}

uint32_t buffer_touch(const char *buffer, size_t bytes)
{
    const volatile char *byte = buffer;
    uint32_t sum = (uint32_t)bytes;

    for (size_t i = 0; i < bytes; i += PAGE_BYTES)
        sum += (uint32_t)byte[i];
    return sum;
}
