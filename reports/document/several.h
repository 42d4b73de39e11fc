// SPDX-License-Identifier: MIT
// Reports of several machines (or versions, or settings) in one document, schema "ccbench-several/1": what `ccbench report
// a.json b.json --format=json` prints, and all that any other format of it is made from. docs/several.schema.json is its
// definition; this is its outline. Integers are ns and bytes; a name ends in its unit. "places" are one for each machine,
// in the order of "machines".
//
//  { "schema":"ccbench-several/1",
//    "ccbench":{…as in a report: who put them together…}, "command":["ccbench","report",…],
//    "machines":[ {"label":"a","file":"a.json","host":"lab7"|null,"version":"0.1.0"|null,"revision":null|"1a2b3c",
//                  "started":"2026-11-20T12:00:00Z","duration_ns":…,"interrupted":null|"SIGINT"|…,
//                  "reference":"sequential"|null,"status":0,"fingerprint":{…reports/document/fingerprint.h…},
//                  "notes":["…"],"lost":"…" (only where no report came from there: why; the rest is empty then)} ],
//    "facts":[ {"name":"kernel","values":[{"value":"Linux 6.1"|null,"labels":["a"]}]} ],   ccbench, the fingerprint's fields and the
//                                                                             reference: whose they are, one value where all are alike
//    "experiments":[ {         one for each workload, tasks, concurrency, rate and CPUs
//       "workload":"sleep:10ms","describe":"sleeps 10 ms","tasks":64,"concurrency":32,
//       "rate":null|{"per_s":500,"constant":false},"cpus":"0-1"|null,
//       "places":[ {"ran":true,"reason":null|"not run there","rounds":7|null,"cores":2|null,"ideal_ns":…|null,
//                   "describe":null (as above)|"sleeps 20 ms"} ],
//       "models":[ {"model":"threads","family":null|"python" (where each language has ranks of its own),
//          "places":[ {"status":"ok"|"skipped"|"failed"|"wrong"|"missing" (not in that report),"reason":null|"…",
//                      "rank":1|null,"tied":true|false|null,
//                      "standing":"first"|"shared first"|"between"|"last"|null (fewer than 6 rounds, nobody to compare with,
//                                                                                or not one to choose),
//                      "wall_ns":…|null (median),"speedup":null|{"median","low"|null,"high"|null} (over that machine's own
//                      reference),"of_ideal":0.97|null (median, of its own ideal),"kept_up":null|true|false} ],
//          "spread":{"n":4,"min","q1","median","q3","max"}|null (of the speed-ups' medians, across machines),
//          "counts":{"first":2,"shared_first":1,"last":0,"lacking":1 (of all machines),"told":3 (have a standing)} } ],
//       "findings":["…"] } ],
//    "sweeps":[ {"workload":"sleep:1ms","axis":"concurrency","tasks":…,"concurrency":… (at its first value),
//                "places":[ {"ran":true,"cores":2|null} ],
//                "models":[ {"model":"threads","places":[ {"told":true (it was compared over that sweep),
//                            "until":"16 in flight"|null,"at":"64 in flight"|null (docs/METHODOLOGY.md, "Keeps up to";
//                                                                                  null: does not fall behind)} ]} ],
//                "findings":["…"] } ],       only where there are any
//    "findings":["…"], "notes":["…"], "status":0 }
#pragma once

#include <stdbool.h>

#include "reports/document/document.h"

struct cJSON;

#define SEVERAL_SCHEMA "ccbench-several/1"

// From so many machines on they are summed up, not shown side by side.
#define SEVERAL_MANY 8

// Whether this is such a document.
bool several_is(const struct cJSON *document);

// 0, or -EINVAL with `error` filled, for a stored document that no renderer can choke on (validate_several.c).
int validate_several(const struct cJSON *document, char error[DOCUMENT_ERROR]);
