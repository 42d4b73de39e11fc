// SPDX-License-Identifier: MIT
// The origin of a build that lacks what it needs.
#include <errno.h>

#include "workloads/origin/origin.h"

int origin_serve(const struct origin_config *config, void (*announce)(uint16_t port, void *data), void *data)
{
    return -ENOSYS;
}
