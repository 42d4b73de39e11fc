// SPDX-License-Identifier: MIT
// What claims came to, schema "ccbench-claims/1": what `ccbench claims --format=json` prints, and all that any other format of
// it is made from. docs/claims.schema.json is its definition; this is its outline. Integers are ns and bytes; a name ends in
// its unit.
//
//  { "schema":"ccbench-claims/1", "stage":"measured"|"list" (nothing was)|"questions" (those alone),
//    "ccbench":{…as in a report…}, "command":["ccbench","claims",…], "started":"…", "seed":1, "duration_ns":…,
//    "interrupted":null|"SIGINT"|…, "environment":{…as in a report…}, "long":true (each is told in full),
//    "plan":{"batches":2,"batches_most":4,"rounds":6,"cores":2,"time_limit_ns":null}, "placement":{"cpus":"0-1","origin_cpus":"1","origin_workers":1},
//    "claims":[ {
//       "claim":"gil-cpu","number":1|null,"says":"…","source":"…"|null,"explains":"…","turns":"…"|null,
//       "asks":null|{"question":"…","answers":["…"],"right":0}, "predicted":1|null (the answer that was given, from 0),
//       "commands":["ccbench -w fib:27 …"],  that show its experiments alone
//       "verdict":null (not measured)|"confirmed"|"refuted"|"not shown","reason":null|"…","would_show":null|"…",
//       "deciding":0|null,   which of its figures decided
//       "stand_in":true      it is about runtimes, and none of them was tested
//       "figures":[ {
//          "name":"…","metric":"time","unit":"ns"|"bytes"|"count"|"share"|"per_s"|"ratio","once":false (true: one value a batch),
//          "experiment":"two","model":"gil"|null,"over":null|{"experiment":"two","model":"sequential","metric":"time"},
//          "confirmed":null|{"at_most":1.2},"refuted":null|{"at_least":1.4},
//          "batches":[[1.01,…],[…]],"others_share":0.02|null,"others_shares":[0.02|null,…],"missing":null|"why there are no values","cause":null|"noise"|…
//          "n":12,"median":1.01|null,"low":…|null,"high":…|null,
//          "verdict":null (no bounds)|"confirmed"|"refuted"|"not shown","reason":null|"…"} ],
//       "real":[ {"runtime":"CPython","verdict":"confirmed"|"refuted"|"not shown"|null (not here),"reason":null|"…",
//                 "deciding":0|null,"figures":[…same…]} ],
//       "disagreement":null|"…" } ],
//    "counts":{"confirmed":28,"refuted":2,"not_shown":4},
//    "predictions":null|{"asked":8,"answered":8,"counted":7 (whose claim is confirmed),"right":5},
//    "notes":["…"], "status":0 }
#pragma once

#include <stdbool.h>

#include "reports/document/document.h"

struct cJSON;

#define CLAIMS_SCHEMA "ccbench-claims/1"

// Whether this is such a document.
bool claims_is(const struct cJSON *document);

// 0, or -EINVAL with `error` filled, for a stored document that no renderer can choke on (validate_claims.c).
int validate_claims(const struct cJSON *document, char error[DOCUMENT_ERROR]);
