// SPDX-License-Identifier: MIT
#include "reports/findings/warnings_server.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/clock.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"

// Linux acknowledges after 40 ms what it has nothing to send back for; a task's own part of an answer comes on top.
#define DELAYED_LEAST_NS 40e6
#define DELAYED_MOST_NS 44e6
// A server that works for its 40 ms is none that waits.
#define IDLE_CPU_NS 4e6

static double retries_of(const cJSON *cell)
{
    const cJSON *sample;
    double sum = 0;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        double count = field_number(sample, "counters.http_retries");

        sum += isnan(count) ? 0 : count;
    }
    return sum;
}

static bool retried(const cJSON *block, const cJSON *cell)
{
    return retries_of(cell) > 0;
}

void say_retries(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *cell;
    double sum = 0;

    cJSON_ArrayForEach(cell, field(block, "cells"))
        sum += cell_competes(cell) ? retries_of(cell) : 0;
    if (sum <= 0)
        return;
    write_count(out, sum);
    write_names_where(
        out, block, retried,
        sum == 1 ? " request was sent again, because the server had closed the kept-open connection it went out "
                   "on, under "
                 : " requests were sent again, because the server had closed the kept-open connections they went "
                   "out on, under ",
        "; the time that took is in the figures");
}

static double side_retries(const cJSON *document, const char *side)
{
    const cJSON *cell, *pair;
    double sum = 0;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        cJSON_ArrayForEach(pair, field(cell, "pairs")) {
            double count = field_number(field(pair, side), "counters.http_retries");

            sum += isnan(count) ? 0 : count;
        }
    }
    return sum;
}

void say_gate_retries(FILE *out, const cJSON *document, const cJSON *block)
{
    double base = side_retries(document, "base"), new = side_retries(document, "new");

    if (base + new <= 0)
        return;
    fputs("requests were sent again, because the server had closed the kept-open connections they went out on: ", out);
    write_count(out, base);
    fputs(" of base, ", out);
    write_count(out, new);
    fputs(" of new; the time that took is in the figures", out);
}

// Nothing but one fetch from a user's server.
static bool only_fetches(const cJSON *cell)
{
    const cJSON *classes = field(cell, "trial.classes"), *steps = field(cJSON_GetArrayItem(classes, 0), "steps");

    return field_text(cell, "trial.url") != NULL && cJSON_GetArraySize(classes) == 1 &&
           cJSON_GetArraySize(steps) == 1 && field(cJSON_GetArrayItem(steps, 0), "fetch") != NULL;
}

static double per_task(const cJSON *cell, const char *path)
{
    double cpu_ns = sample_median(cell, path);

    return isnan(cpu_ns) ? 0 : cpu_ns / sample_median(cell, "tasks");
}

static bool delayed(const cJSON *block, const cJSON *cell)
{
    double service_ns = sample_median(cell, "service_ns.p50");

    return only_fetches(cell) && service_ns >= DELAYED_LEAST_NS && service_ns <= DELAYED_MOST_NS &&
           per_task(cell, "cpu_ns") < IDLE_CPU_NS && per_task(cell, "server.cpu_ns") < IDLE_CPU_NS;
}

void say_delayed(FILE *out, const cJSON *document, const cJSON *block)
{
    write_names_where(
        out, block, delayed,
        "half of the answers took about 40 ms at hardly any CPU, which is how long a delayed acknowledgement takes, "
        "under ",
        ": the server sends its answers in two parts without TCP_NODELAY; set that, or have it write head and body "
        "together");
}

// A gate has no plan but those of its cells' trials.
static bool is_insecure(const cJSON *document)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        if (cJSON_IsTrue(field(cell, "trial.insecure")))
            return true;
    }
    return cJSON_IsTrue(field(document, "plan.insecure"));
}

void say_insecure(FILE *out, const cJSON *document, const cJSON *block)
{
    if (is_insecure(document))
        fputs("the server's certificate was not verified (--insecure)", out);
}

static double sum_of(const cJSON *block, const char *path)
{
    const cJSON *cell, *sample;
    double sum = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        cJSON_ArrayForEach(sample, field(cell, "samples")) {
            double count = field_number(sample, path);

            sum += isnan(count) ? 0 : count;
        }
    }
    return sum;
}

void say_strangers(FILE *out, const cJSON *document, const cJSON *block)
{
    double connections = sum_of(block, "origin.stranger_connections");
    double requests = sum_of(block, "origin.stranger_requests");

    if (connections + requests <= 0)
        return;
    fputs("others talked to the origin meanwhile, over ", out);
    write_count(out, connections);
    fprintf(out, " connection%s with ", connections == 1 ? "" : "s");
    write_count(out, requests);
    fprintf(
        out,
        " request%s; nothing of that is counted, but what it cost is in the origin's CPU time, and may have made it slower",
        requests == 1 ? "" : "s");
}

static bool origin_bound(const cJSON *block, const cJSON *cell)
{
    return judge_origin_bound(cell);
}

// Of the origin for each request, over all rounds of the models that were bound by it: CPU time in all, and of its busiest worker.
// 0 where no requests were counted.
struct request_cost {
    double cpu_ns, busiest_ns;
};

static struct request_cost request_cost(const cJSON *block)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, origin_bound, &n), *sample;
    struct request_cost cost = {.cpu_ns = 0};
    double requests = 0;

    for (size_t i = 0; i < n; i++) {
        cJSON_ArrayForEach(sample, field(cells[i], "samples")) {
            double count = field_number(sample, "origin.requests");

            requests += isnan(count) ? 0 : count;
            cost.cpu_ns += isnan(count) ? 0 : field_number(sample, "origin.cpu_ns");
            cost.busiest_ns += isnan(count) ? 0 : judge_origin_busiest_ns(sample);
        }
    }
    free((void *)cells);
    if (requests <= 0)
        return (struct request_cost){.cpu_ns = 0};
    return (struct request_cost){.cpu_ns = cost.cpu_ns / requests, .busiest_ns = cost.busiest_ns / requests};
}

// 1 of documents that do not say.
static double origin_workers(const cJSON *document)
{
    double workers = field_number(document, field(document, "placement.origin") != NULL ? "placement.origin.workers"
                                                                                        : "placement.origin_workers");

    return workers > 1 ? workers : 1;
}

// The rate, rounded to two digits, that the origin could not exceed, since its busiest worker spends that on each request.
static double ceiling_per_s(double busiest_ns)
{
    double per_s = (double)NS_PER_S / busiest_ns, unit = pow(10, floor(log10(per_s)) - 1);

    return round(per_s / unit) * unit;
}

void say_origin(FILE *out, const cJSON *document, const cJSON *block)
{
    const struct request_cost cost = request_cost(block);
    const double workers = origin_workers(document), cores = field_number(document, "environment.cpu.allowed_count");
    char text[UNITS_TEXT];

    if (!write_names_where(out, block, origin_bound,
                           "the HTTP origin was busy all the time, so its speed was measured, not that of ", ""))
        return;
    if (cost.cpu_ns > 0 && workers > 1)
        fprintf(out,
                ": with %s of CPU for a request, and connections dealt as they were, its %.0f workers answer no more "
                "than %.0f/s",
                units_format_duration(text, cost.cpu_ns), workers, ceiling_per_s(cost.busiest_ns));
    else if (cost.cpu_ns > 0)
        fprintf(out, ": with %s of CPU for a request it answers no more than %.0f/s",
                units_format_duration(text, cost.cpu_ns), ceiling_per_s(cost.busiest_ns));
    fputs("; try a longer delay", out);
    if (field(document, "placement.origin") == NULL)
        fputs(", or a core of its own with --origin-cpus", out);
    // Beside as many cores for the trials.
    if (field(document, "placement.origin") == NULL && cores >= 2 * (workers + 1))
        fputs(", or more threads of it with --origin-workers", out);
}
