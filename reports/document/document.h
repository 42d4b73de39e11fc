// SPDX-License-Identifier: MIT
// The report document, schema "ccbench/1": what --format=json prints, and all that any other format is made from.
// docs/report.schema.json is its definition; this is its outline. Integers are ns and bytes; a name ends in its unit.
//
//  { "schema":"ccbench/1",
//    "ccbench":{"version","build_type","sanitizer":null|"address,undefined","burden":false,"revision":null|"1a2b3c","compiler",
//               "flags","libraries":{"libuv":"1.44.2",…}},
//    "command":["ccbench","-m","basic"], "seed":1, "started":"2026-11-20T12:00:00Z", "duration_ns":…,
//    "trials_ns":… (of that, while a trial's process was there; missing in older reports),
//    "interrupted":null|"SIGINT"|"SIGTERM"|"SIGHUP",
//    "environment":{…measure/machine/environment.h…}, "fingerprint":{…reports/document/fingerprint.h…},
//    "placement":{"cpus":"0-1","origin_cpus":"1"|null,"origin_workers":1 not with --origin,
//                 "origin":{"url","address","version","build_type","sanitizer","workers"?,"host","cpu","cores","kernel","os",
//                           "virtualisation","round_trip_ns":{"n","median","low","high","min","max"}} only with --origin},
//    "plan":{"models":["threads",…],"workloads":["sleep:10ms",…],"rounds":null|8,"repeat":5 (only if asked for),"precision":0.05,
//            "time_limit_ns":…|null,"timeout_ns":…,"task_timeout_ns":…|null,"reference":"sequential",
//            "url":null|"http://…","server":null|"./srv {port}","gil_interval_ns":5000000},
//    "workloads":[ {           one for each workload, tasks, concurrency and, where they are swept, CPUs
//       "workload":"sleep:10ms", "describe":"sleeps 10 ms", "tasks":64, "concurrency":32, "cores":2,
//       "cpus":"0-1",          only where they are swept (placement.cpus is null then)
//       "sweep":{"group":1,"axis":"rate"|"concurrency"|"tasks"|"argument"|"cpus","value":16|"0-1","label":"16"}, only in a sweep:
//                              blocks of a group differ in that alone; of an argument, the value is a count, bytes or ns
//       "rate":null|{"per_s":500,"constant":false,"span_ns":…(when the last task arrives, since the run phase began),"searched":true? (--rate=max)},
//       "kind":"I/O-bound" (cpu_share up to 20 %)|"CPU-bound" (from 80 %)|"mixed"|"empty" (no steps)|null (unknown),
//       "cpu_share":0.01|null,  CPU time over wall time, at most 1, of the reference or else the most sparing cell
//       "ideal_ns":20000000|null, "ideal_formula":"ceil(64 / 32) x 10 ms"|null, "ideal_reason":null|"no closed form",
//       "rounds":7 (0 only where no cell has a sample, or the first was interrupted), "warmup":true,
//       "duration_ns":9000000000, of all of it; missing in older reports
//       "stopped":"precision"|"time limit"|"rounds"|"failures"|"interrupted",
//       "calibration":{"task_cpu_ns":1700000,"samples":[…one per round, from round 1…]}|null,
//       "warnings":["…"], "findings":["…"],
//       "cells":[ {              one for each model
//          "model":"threads","kin":"threads without a GIL"|null,"lanes":32,
//          "status":"ok" (it has samples, and all are ok)|"skipped"|"failed"|"wrong",
//          "reason":null (only if ok)|"would take 40 s",
//          "trial":{…the plan that went to `ccbench trial`, for replaying…}|null,
//          "memory":{"bytes":…,"resident_bytes":…,"page_table_bytes":…,"kernel_stack_bytes":…,"idle_bytes":…,
//                    "tasks":64,"in_flight":32,"bytes_per_lane":…}|null, "memory_reason":null|"n/a: …",
//          "capacity":{"low_per_s":1900|null,"high_per_s":2050|null,"stopped":"found"|"noise"|"probes"|"faults"|"time limit"|
//                      "interrupted","closed_per_s":…|null,"probes":[{"per_s","tasks","trials","carried","medians_ns",
//                      "verdict":"held"|"broken"|"not shown","reason"}]}  only where the highest rate was searched for
//          "trials_per_round":5, only where there are several
//          "samples":[ {         one for each round; of one that is not ok only round, status and reason need be there
//             "round":1,"position":3,"start_ns":…(since the run began),
//             "status":"ok"|"failed"|"wrong","reason":null|"…",
//             "wall_ns":…(setup+run+teardown),"setup_ns","run_ns","teardown_ns",
//             "cpu_ns","startup_cpu_ns","trial_cpu_ns"(the whole process as wait4 saw it),
//             "switches_own","switches_forced","peak_rss_bytes",
//             "tasks":64,"failed":0 (that should not have),"failed_as_expected":3,"failures":{"HTTP 503":3} (all),
//             "in_flight":32,
//             "latency_ns":{"p50","p90","p99"|null,"p999"|null,"max","mean"},      arrival → end
//             "queued_ns":{…same…}, "service_ns":{…same…},
//             "classes":null (of a single one)|[{"name","tasks","failed","failed_as_expected","latency_ns","queued_ns",
//                                                "service_ns"}],
//             "updates":null|{"expected":1000,"lost":3} (of a counter that tasks share),
//             "kept_up":true|false,"reached_per_s":…,"behind_since_ns":…|null,"latest_ns":…  with a rate; else all null
//                (measure/lateness.h),
//             "origin":{"cpu_ns","requests","connections","bytes","busiest_cpu_ns"? of several workers,"tls_connections"?,
//             "tls_handshakes"?,"tls_resumed"?,"stranger_connections"?,"stranger_requests"?}|null, "server":{"cpu_ns"} (with --server),
//             "counters":{"gil_handovers":12,…}, "steal_share":0.0, "pressure_share":0.01|null,
//             "hardware":{"cycles":…|null,"instructions","cache_misses","migrations","context_switches","page_faults",
//             "user_only":false}|null, "hardware_reason":null|"n/a: …",    (both only with --hardware)
//             "trials":[{"position","start_ns","status","reason","wall_ns","cpu_ns"},…]  only of a round of several trials: what
//                each was; all else is of the one whose time is their median, or the first that is not ok } ],
//          "histograms":{ of all tasks of all trials; only if ok, and not in older documents:
//             "latency_ns":{"significant_digits":2,"total":448,"min":…,"max":…,"counts":[-2210,3,5,-1,2]},
//                by HdrHistogram's buckets from 0 up, a negative number: so many empty ones (measure/histogram.h)
//             "queued_ns":{…same shape…} },
//          "summary":{ "n":7, "<metric>":{"median","low"|null,"high"|null,"coverage"|null,"min","max","mean","sd",
//                                         "mad","outliers_mild","outliers_far"}|null, …
//                for each metric that reports/document/metrics.h has of a cell; null where no sample has it; no interval
//                below 6 samples;
//             "classes":null|[{"name","tasks","<metric>":{…same shape…}|null for those that it has of a class}],
//             "kept_up":null|true (in more than half of the rounds)|false,
//             "of_ideal":{…same shape…}|null,
//             "speedup":{…same shape, per-round ratios reference/this…}|null,
//             "speedup_reason":null|"n/a: sequential was not run",
//             "rank":1,"tied":true } | null (only if not ok)
//       } ] } ],
//    "sweeps":[ {              one for each group, only where there are any: what its blocks show together
//       "group":1,"workload":"sleep:10ms" ("fib" where the argument is swept),"axis":"concurrency","values":[1,4],
//       "labels":["1","4"],"models":[{"model":"threads","memory_slope_bytes":8300|null,"memory_points":2,"memory_r2":1|null,
//          "knee":{"verdict":"not shown"|"below"|"found"|"beyond","per_s":400|null (the last rate of flat latency)} only of rates}],
//       "findings":["…"] } ],
//    "status":0 }
#pragma once

#include <stddef.h>
#include <stdio.h>

struct cJSON;

#define DOCUMENT_SCHEMA "ccbench/1"
#define DOCUMENT_ERROR 256

// What a checked document is, by its schema: a report, the result of a gate or a comparison (reports/document/gate.h), reports of
// several machines (reports/document/several.h), or what claims came to (reports/document/claims.h).
enum document_kind { DOCUMENT_REPORT, DOCUMENT_GATE, DOCUMENT_SEVERAL, DOCUMENT_CLAIMS };
enum document_kind document_kind(const struct cJSON *document);

// Reads and checks a stored document ("-": standard input), of any kind. A report may lack
// its summaries: summarise_missing() (reports/findings/summary.h) makes them. 0, or with one line in `error` (what is wrong
// and where; the path is the caller's to put in front): -EINVAL, -ENOMEM, -EFBIG or -errno of opening or reading it.
// *ret_document is owned by the caller (cJSON_Delete), untouched on failure.
int document_read(const char *path, struct cJSON **ret_document, char error[DOCUMENT_ERROR]);

// The same of a text in memory, with a NUL at `length`.
int document_parse(const char *text, size_t length, struct cJSON **ret_document, char error[DOCUMENT_ERROR]);
