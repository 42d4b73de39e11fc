// SPDX-License-Identifier: MIT
// The setters of what only gates, comparisons and servers of the user's own are asked: see struct option_spec.
#ifndef CCBENCH_CMD_OPTIONS_GATE_H
#define CCBENCH_CMD_OPTIONS_GATE_H

#include "cmd/console/options.h"

#define OPTIONS_EXPECTED 160

int options_set_base(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_new(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_server(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_base_server(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_new_server(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_allow(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_metrics(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);
int options_set_inconclusive(struct options *options, const char *value, char expected[OPTIONS_EXPECTED]);

// What the options on servers leave open once all are there: where --server is fetched from. 0, or EXIT_USAGE with one
// line printed.
int options_settle_servers(struct options *options);

#endif
