// SPDX-License-Identifier: MIT
// What was typed. The table of what may be typed is cmd/console/option_table.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/console/command.h"
#include "cmd/console/names.h"
#include "measure/base/cpus.h"
#include "measure/base/http_client.h"
#include "measure/base/range.h"

#define OPTIONS_OUTPUTS 32
#define OPTIONS_METRICS 96 // names of all metrics, each once
#define OPTIONS_CPUS 16
#define OPTIONS_HOST 256
#define OPTIONS_SERVER_STOP_NS UINT64_C(2000000000)
#define OPTIONS_GIL_INTERVAL_NS UINT64_C(5000000) // as gil declares it

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    struct typed_list models, workloads;
    struct range tasks;       // count 0: the workload's own; above 1: a sweep
    struct range concurrency; // likewise
    struct range rates;       // per minute; count 0: the workload's own, or a closed loop; above 1: a sweep
    bool rate_constant;       // of these
    bool rate_max;            // instead of rates: the highest is searched for that holds what is required
    uint64_t duration_ns;     // with a rate; 0: the workload's own
    uint32_t repeat;          // trials of a cell, or pairs of a gate's, in each round; 0: as many as are worth it
    uint32_t rounds;          // 0: until --precision is reached or the time is up
    uint32_t memory_rounds;   // memory trials of each cell; of a run that names none, until it is parsed, 0
    double precision;
    uint64_t time_limit_ns; // 0: by the number of workloads; none where rounds are given
    uint64_t timeout_ns;    // per trial; 0: by the cell
    uint64_t task_timeout_ns;
    struct model_defaults defaults;
    const char *url;
    bool url_varies;
    struct http_client client; // that fetches; for https with the certificates that the environment names
    const char *server_ready;  // path that answers 2xx when a server is ready; NULL: it is when it accepts a connection
    uint64_t server_stop_ns;   // what a started server is given to end by itself
    const char *server;        // a command with {port} in it, started for each trial that fetches; NULL: none
    bool gates;                // trials are those of two programs, which know themselves what is there
    // Of a gate: base, then new.
    const char *sides[2];                   // commands; NULL: this program, if the sides differ in something else
    struct typed_list side_environments[2]; // NAME=VALUE each
    const char *side_servers[2];            // NULL: `server`
    double allowed;
    char metrics[OPTIONS_METRICS];    // names, commas between them; "": by the workload
    unsigned inconclusive;            // enum gate_inconclusive (reports/document/gate.h)
    struct typed_list hosts;          // where else the run is made; commas between, or @FILE
    const char *via, *remote_ccbench; // the commands that start one there, and that is started; NULL: the usual ones
    uint64_t host_timeout_ns;         // until a host must have answered
    bool lifeline;                    // the run ends with its standard input
    unsigned given;                   // of options that need others, by cmd/console/option_needs.c
    bool elsewhere;                   // hosts are given, each of which knows what its CPUs are
    struct cpus cpus[OPTIONS_CPUS];   // each given is a value of a sweep
    unsigned cpus_count;              // 0: all allowed
    struct cpus origin_cpus;          // none: the last allowed
    uint32_t origin_workers;          // 0: by the machine (cmd/plan/place_origin.h)
    uint64_t seed;
    const char *reference;
    struct typed_list require; // what is required of models, checked; commas between
    const char *outputs[OPTIONS_OUTPUTS];
    unsigned output_count;
    const char *format;
    bool quiet, verbose, dry_run, example, hardware;
    bool fixed;                               // a gate's batches have all their rounds
    bool list, questions, predict, stand_ins; // of claims
    unsigned by_lane;                         // of a timeline: 0 or 1
    unsigned color;                           // enum color_when
    const char *tls;                          // serve: the file for the certificate; NULL: no TLS
    uint32_t port;
    char listen_host[OPTIONS_HOST]; // serve: to listen on; "": 127.0.0.1, on `port`
    uint32_t listen_port;
    const char *origin;        // where ccbench's own server is, started elsewhere; NULL: it is started here
    const char *token;         // of such a server; NULL: none
    const char *under, *slots; // of replay; NULL: none
    char **arguments;          // what is not an option
    int argument_count;
};

// Parses into *ret_options, which gets the initial values first. 0, or EXIT_USAGE with one line printed on standard error.
int options_parse(const struct command *command, int argc, char **argv, struct options *ret_options);

// Calls `take` for each option of the command that was typed, in that order, with its value, NULL: it takes none. 0, the first status that is
// not, or EXIT_USAGE where options_parse() would refuse it.
struct option_spec;
int options_each(const struct command *command, int argc, char **argv,
                 int (*take)(const struct option_spec *spec, const char *value, void *data), void *data);

// Whether fetches go to a server that somebody else runs, which gets nothing but the tasks that count.
bool options_foreign_server(const struct options *options);

// The help of one of the commands; for the first of them, which needs no name, also what the others are called.
void options_help(const struct command *command, const struct command *const *commands, FILE *out);
