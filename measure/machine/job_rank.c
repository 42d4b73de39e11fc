// SPDX-License-Identifier: MIT
#include "measure/machine/job_rank.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MOST 9

const char *job_rank(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        size_t length = value != NULL ? strlen(value) : 0;

        if (length > 0 && length <= DIGITS_MOST && strspn(value, "0123456789") == length)
            return value;
    }
    return NULL;
}
