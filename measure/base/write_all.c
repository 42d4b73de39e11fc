// SPDX-License-Identifier: MIT
#include "measure/base/write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *data, size_t bytes)
{
    for (const char *from = data; bytes > 0;) {
        ssize_t n = write(fd, from, bytes);

        if (n < 0 && errno != EINTR)
            return -errno;
        from += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}
