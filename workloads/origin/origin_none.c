// SPDX-License-Identifier: MIT
// The origin of a build that lacks what it needs.
#include <errno.h>

#include "workloads/origin/origin.h"

int origin_serve(const struct origin_config *config, int (*announce)(const struct origin_ready *ready, void *data),
                 void *data)
{
    return -ENOSYS;
}
