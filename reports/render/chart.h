// SPDX-License-Identifier: MIT
// The charts of a report, each a function of the document that draws below what the drawing has. Each returns 0 or -ENOMEM, and
// draws nothing where there is nothing to show.
#pragma once

struct cJSON;
struct svg;
struct sweep_view;

// Who was faster: the median of what models are ranked by, its interval, and the ideal; those without figures, and why.
int chart_ranking(struct svg *svg, const struct cJSON *document, const struct cJSON *block);
// Each round's sample against the cell's median, in the order of the rounds: drift and outliers.
int chart_samples(struct svg *svg, const struct cJSON *document, const struct cJSON *block);
// What tasks took, on one logarithmic axis: p50, p99, the slowest.
int chart_latency(struct svg *svg, const struct cJSON *document, const struct cJSON *block);
// CPU time and memory.
int chart_costs(struct svg *svg, const struct cJSON *document, const struct cJSON *block);
// Until when each kept up with the rate at which tasks arrived.
int chart_rate(struct svg *svg, const struct cJSON *document, const struct cJSON *block);
// A sweep: a line for each model over its values, and where one overtakes another.
int chart_sweep(struct svg *svg, const struct sweep_view *view);
// A gate's or comparison's differences, with what is allowed.
int chart_gate(struct svg *svg, const struct cJSON *document);
