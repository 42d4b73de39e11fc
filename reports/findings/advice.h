// SPDX-License-Identifier: MIT
// What would blur a measurement on a machine, and the command that mends it: a pure function of what was found there.
//
// The document of `ccbench check`, schema "ccbench-check/1" (docs/check.schema.json):
//   {"schema", "ccbench": {…}, "environment": {…measure/machine/environment.h, "during" filled…}, "lanes": 10000,
//    "neighbours": [{"pid", "name", "cores"}] | null,
//    "counters": {"reason": null | "cycles, …: why they cannot be had (measure/machine/hardware.h)", "user_only": bool},
//    "findings": [{"topic":"governor",
//                  "verdict":"blurs" | "limits" (stops so many lanes) | "unknown" (the machine does not tell) | "fine",
//                  "says":"clock speed follows load (powersave)", "mend":"echo performance | …" | null}]}
// What is missing in a document is unknown; reports of runs, which have no neighbours, will do too.
#pragma once

struct cJSON;

#define ADVICE_SCHEMA "ccbench-check/1"

// The "findings", in a fixed order, one of each topic: a new array, the caller's to delete.
struct cJSON *advice_make(const struct cJSON *document);
