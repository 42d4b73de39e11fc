// SPDX-License-Identifier: MIT
#include "cmd/plan/fetching.h"

#include <math.h>
#include <stdio.h>

#include "measure/base/url.h"
#include "measure/base/utf8.h"
#include "measure/machine/ports.h"
#include "models/carry/http_get.h"

// Estimates are right within this factor.
#define ESTIMATE_DOUBT 2

const char *fetching_lacks(const struct block *block)
{
#ifndef CCBENCH_HAVE_ORIGIN
    if (block->needs_origin && !block->origin_apart)
        return "the HTTP origin needs libuv and llhttp";
#endif
#ifndef CCBENCH_HAVE_TLS
    if (block->needs_tls && !block->origin_apart)
        return "TLS of the HTTP origin needs OpenSSL";
#endif
    return NULL;
}

int fetching_check(const struct options *options, const struct block *block)
{
    char wrong[WORKLOAD_LABEL + 80];
    bool tls = false, asked = false;

    for (size_t i = 0; i < block->workload.mix.count; i++)
        asked |= block->weights[i].cost.asks_tls;
    if (options->url == NULL || !asked || (url_scheme(options->url, &tls) > 0 && tls))
        return 0;
    snprintf(wrong, sizeof wrong, "%.*s asks for TLS, expected https://", UTF8_CLIPPED(block->typed, 100));
    return complain_masked("url", options->url, wrong);
}

bool fetching_needs_tls(const struct options *options, const struct block *block)
{
    bool tls = false;

    if (block->needs_tls)
        return true;
    return block->fetches > 0 && options->url != NULL && url_scheme(options->url, &tls) > 0 && tls;
}

bool fetching_speaks_tls(const struct cell *cell)
{
    const struct model *model = cell->entry->model;

    return model->runtime != NULL || parameters_client(model->parameters, &cell->parameters) != HTTP_BARE;
}

uint64_t fetching_connections(const struct block *block, const struct cell *cell)
{
    unsigned sorts = (block->plain.kept > 0) + (block->tls.kept > 0) + (block->plain.fresh + block->tls.fresh > 0);

    return (uint64_t)cell->lanes * block->connections * sorts;
}

bool fetching_lacks_ports(const struct block *block, const struct cell *cell, char reason[FETCHING_REASON])
{
    uint64_t fresh = block->plain.fresh > block->tls.fresh ? block->plain.fresh : block->tls.fresh;
    uint64_t ports = ports_count("");
    double at_once = fmin(1, (double)ports_held_ns("") / (ESTIMATE_DOUBT * (double)cell->estimate_ns));

    if (!block->needs_origin || cell->entry->model->pretends || ports == 0 || (double)fresh * at_once <= (double)ports)
        return false;
    snprintf(reason, FETCHING_REASON,
             "no free ports: %llu connections would be closed within a minute, of %llu ports; "
             "fewer tasks, or net.ipv4.ip_local_port_range",
             (unsigned long long)fresh, (unsigned long long)ports);
    return true;
}
