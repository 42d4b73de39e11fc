// SPDX-License-Identifier: MIT
#include "reports/findings/ideals.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/families.h"

// The best possible time in one round. Where computing was calibrated in each round, a round on a slower CPU has a
// longer ideal, so that the machine's own ups and downs do not pass for the model's. `calibration` is that round's.
static double ideal_of_round(const cJSON *block, const cJSON *ideal, const cJSON *calibration)
{
    double ideal_ns = field_number(ideal, "ideal_ns");
    double task_cpu_ns = field_number(ideal, "calibration.task_cpu_ns");

    // Of a mix that is bound by waiting, the speed of the CPU moves nothing.
    if (cJSON_GetNumberValue(calibration) > 0 && task_cpu_ns > 0 && !field_is(block, "kind", "I/O-bound") &&
        !field_is(block, "kind", "mixed"))
        return ideal_ns * cJSON_GetNumberValue(calibration) / task_cpu_ns;
    return ideal_ns;
}

double ideal_share(const cJSON *block, const cJSON *cell, const cJSON *sample)
{
    const cJSON *ideal = family_ideal(block, cell), *calibrations = field(ideal, "calibration.samples");
    double round = field_number(sample, "round"), ideal_ns;
    bool listed = cJSON_IsArray(calibrations) && round >= 1 && round <= cJSON_GetArraySize(calibrations);

    // What only pretends to work is not measured against the work.
    ideal_ns = ideal_of_round(block, ideal, listed ? cJSON_GetArrayItem(calibrations, (int)round - 1) : NULL);
    return ideal_ns > 0 && cell_competes(cell) && !block_open_loop(block) ? ideal_ns / field_number(sample, "wall_ns")
                                                                          : NAN;
}
