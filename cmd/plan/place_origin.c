// SPDX-License-Identifier: MIT
#include "cmd/plan/place_origin.h"

#include <math.h>

#include "measure/machine/environment.h"

#define CORES_A_WORKER 4
#define WORKERS_BY_DEFAULT 8

unsigned place_origin_workers(double cores)
{
    const double workers = floor(cores / CORES_A_WORKER);

    return workers < 1 ? 1 : workers > WORKERS_BY_DEFAULT ? WORKERS_BY_DEFAULT : (unsigned)workers;
}

void place_origin(const struct options *options, const struct cpus *allowed, struct cpus *ret_cpus,
                  unsigned *ret_workers)
{
    struct cpus rest = *allowed;
    const unsigned given = (unsigned)cpus_count(&options->origin_cpus);
    const double cores = fmin(environment_cores(), cpus_count(allowed));
    unsigned workers = options->origin_workers > 0 ? options->origin_workers : place_origin_workers(cores);

    if (options->origin_workers == 0 && given > 0 && workers > given)
        workers = given;
    *ret_cpus = options->origin_cpus;
    *ret_workers = workers;
    for (unsigned i = 0; given == 0 && i < workers && cpus_count(&rest) > 0; i++) {
        struct cpus last = {.parts = {{{0}}}};

        cpus_add(&last, cpus_last(&rest));
        cpus_join(ret_cpus, &last);
        cpus_drop(&rest, &last);
    }
}
