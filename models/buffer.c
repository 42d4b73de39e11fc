// SPDX-License-Identifier: MIT
#include "models/buffer.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096

char *buffer_new(size_t bytes)
{
    // Never of no pages, which mmap refuses.
    char *buffer = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (buffer == MAP_FAILED)
        return NULL;
    memset(buffer, 1, bytes);
    return buffer;
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
