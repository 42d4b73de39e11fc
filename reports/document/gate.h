// SPDX-License-Identifier: MIT
// The result document of `ccbench gate` and `ccbench compare`, schema "ccbench-gate/1": what their --format=json prints,
// and all that any other format is made from. docs/gate.schema.json is its definition; this is its outline. Integers
// are ns and bytes; a name ends in its unit; shares are of 1.
//
//  { "schema":"ccbench-gate/1", "kind":"gate"|"compare",
//    "ccbench":{…as in a report…}, "command":["ccbench","gate",…], "started":"2026-11-20T12:00:00Z",
//    "seed":1|null, "duration_ns":…, "interrupted":null|"SIGINT"|"SIGTERM"|"SIGHUP",
//    "environment":{…as in a report…}|null, "placement":{"cpus","origin_cpus","origin_workers"?}|null,     null: compare
//    "base":{"name":"./old/ccbench" or the file's,"server":null|"./srv {port}",
//            "version":null|"0.1.0","started":null|…,"fingerprint":null|{"hash","fields":[{"name","value"}]},
//            "runtimes":{…as in a report's environment…} (of a gate, where other runtimes are run)},
//    "new":{…same…},
//    "mismatch":null|"the fingerprints differ: kernel",                                   of stored reports
//    "rule":{"allowed":0.03,"rounds":20|null,"comparisons":6,"level":0.01|null,"first_look":6|null,"pass_level":0.025|null,
//            "inconclusive":"fail"|"pass"|"skip"},
//    "rounds":[ {"batch":1,"round":1,"steal_share":0.0,"pressure_share":0.01|null} ],
//    "control":null|{…a cell; base against base…},
//    "cells":[ {
//       "workload":"fib:31","describe","tasks":64,"concurrency":32,"cpus":"0-1"|null,"model":"threads",
//       "lanes":32,
//       "status":"compared"|"added" (only new has it)|"gone"|"failed"|"skipped", "reason":null (if compared)|"…",
//       "trial":{…the plan…}|null, "repeat":"ccbench gate …"|null,
//       "pairs_per_round":4 (not of stored reports),
//       "pairs":[ {"batch":1,"round":1,"position":3,"first":"base"|"new",
//                  "base":{…a report's sample…}|null,"new":{…}|null} ],         "memory":{"bytes"} in it where asked for
//       "metrics":[ {"metric":"time","unit":"ns","base":…|null,"new":…|null (medians),
//                    "change":0.05|null (new / base - 1), "low","high" (its 95 % interval),
//                    "least" (what it is beyond, towards worse, even by the one-sided bound), "allowed":0.03,
//                    "n":20 (rounds that decided), "order":4 (of the bound)|null, "batch":2 (these are of),
//                    "batches":[{"batch":1,"n","order","change","low","high","least","flagged":true}],
//                    "verdict":"same"|"regression"|"better"|"unconfirmed"|"inconclusive","reason":null|"…"} ] } ],
//    "notes":["…"],
//    "verdict":"passed"|"regression"|"failed"|"inconclusive"|"interrupted", "reasons":["…"],
//    "status":0 }
//
// Everything from "change" to "verdict" of a metric, a cell's turn to "failed", and "notes" to "status" is derived from
// the rest by gate_summarise() (reports/findings/gate_summary.h).
#pragma once

#include <stdbool.h>

#include "reports/document/document.h"

struct cJSON;

#define GATE_SCHEMA "ccbench-gate/1"

// What it comes to where nothing can be told.
enum gate_inconclusive { INCONCLUSIVE_FAILS, INCONCLUSIVE_PASSES, INCONCLUSIVE_SKIPS, INCONCLUSIVE_WORDS };

// As a document has it.
extern const char *const gate_inconclusive_words[INCONCLUSIVE_WORDS];

// The exit status by which `git bisect run` is told that a revision cannot be tested.
#define GATE_SKIP 125

// The most batches of rounds a cell is measured in.
#define GATE_BATCHES 3

// Whether this is the document of a gate or comparison, and not a report.
bool gate_is(const struct cJSON *document);

// 0, or -EINVAL with `error` filled, for a stored document that no renderer can choke on (validate_gate.c).
int validate_gate(const struct cJSON *document, char error[DOCUMENT_ERROR]);
