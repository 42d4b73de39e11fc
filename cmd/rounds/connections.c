// SPDX-License-Identifier: MIT
#include "cmd/rounds/connections.h"

#include <errno.h>
#include <math.h>

#include "measure/base/task_status.h"
#include "measure/base/utf8.h"
#include "measure/machine/ports.h"
#include "measure/slot.h"
#include "reports/document/fields.h"

// Nobody closes what has been idle for less: Node's fetch() waits 4 s, httpx 5 s, aiohttp 15 s.
#define PATIENCE_NS 3e9

// What tasks came to.
struct tally {
    uint64_t failed;
    struct fetch_counts plain, tls; // of those that succeeded
};

static void add_counts(struct fetch_counts *sum, const struct fetch_counts *more)
{
    sum->fresh += more->fresh;
    sum->kept += more->kept;
}

static struct tally tally_of(const struct block *block, const struct slot *slots)
{
    struct tally tally = {.failed = 0};

    for (uint32_t i = 0; i < block->tasks; i++) {
        if (slots[i].status != TASK_STATUS_OK || slots[i].class_index >= block->workload.mix.count) {
            tally.failed++;
            continue;
        }
        add_counts(&tally.plain, &block->weights[slots[i].class_index].cost.plain);
        add_counts(&tally.tls, &block->weights[slots[i].class_index].cost.tls);
    }
    return tally;
}

// Whether there may be more kept-open connections than lanes keep: children that are processes keep none, as those under
// other runtimes may be, whose clients may also close what has been idle for some seconds.
static bool is_unbounded(const struct block *block, const struct cell *cell, const struct cJSON *sample)
{
    const struct model *model = cell->entry->model;

    if (block->kinds & STEP_BIT(STEP_GATHER))
        return model->forks || model->runtime != NULL;
    return model->runtime != NULL && field_number(sample, "run_ns") > PATIENCE_NS;
}

// How many connections are kept open at the most, of one sort, by so many fetches. Whoever makes a client for each task
// keeps none for the next.
static uint64_t kept_most(const struct block *block, const struct cell *cell, bool unbounded, uint64_t fetches)
{
    uint64_t lanes = cell->entry->model->per_task || cell->lanes > block->tasks ? block->tasks : cell->lanes;
    uint64_t most = lanes * (block->connections > 1 ? block->connections : 1);

    return unbounded || fetches < most ? fetches : most;
}

// `sort` is what they speak, for the message.
static void judge_sort(const char *sort, const struct fetch_counts *done, uint64_t most, uint64_t connections,
                       struct judgement *judgement)
{
    uint64_t least = done->fresh + (done->kept > 0);

    if (connections < least)
        judgement_wrong(judgement, "the origin accepted %llu %s, expected %llu at the least",
                        (unsigned long long)connections, sort, (unsigned long long)least);
    if (connections > most)
        judgement_wrong(judgement, "the origin accepted %llu %s, expected %llu at the most",
                        (unsigned long long)connections, sort, (unsigned long long)most);
}

static void judge_handshakes(const struct tally *tally, uint64_t spare, const struct origin_reading *used,
                             struct judgement *judgement)
{
    uint64_t all = used->tls_handshakes + used->tls_resumed;

    if (all > used->tls_connections || used->tls_connections - all > spare)
        judgement_wrong(judgement, "the origin shook hands %llu times on %llu connections with TLS",
                        (unsigned long long)all, (unsigned long long)used->tls_connections);
    if (used->tls_handshakes < tally->tls.fresh)
        judgement_wrong(judgement,
                        "%llu TLS handshakes were whole, %llu resumed an earlier session, expected %llu whole ones",
                        (unsigned long long)used->tls_handshakes, (unsigned long long)used->tls_resumed,
                        (unsigned long long)tally->tls.fresh);
}

void connections_judge(const struct block *block, const struct cell *cell, const struct slot *slots,
                       const struct origin_reading *used, const struct cJSON *sample, struct judgement *judgement)
{
    double again = field_number(sample, "counters.http_retries");
    struct tally tally = tally_of(block, slots);
    // What a task that failed, or a child of it, was fetching has lost its connection.
    uint64_t spare = tally.failed * (block->connections > 1 ? block->connections : 1) + (uint64_t)fmax(again, 0);
    bool unbounded = is_unbounded(block, cell, sample);
    uint64_t plain = block->plain.fresh + kept_most(block, cell, unbounded, block->plain.kept) + spare;
    uint64_t tls = block->tls.fresh + kept_most(block, cell, unbounded, block->tls.kept) + spare;

    if (cell->entry->model->pretends)
        return;
    judge_sort("connections", &tally.plain, plain, used->connections - used->tls_connections, judgement);
    judge_sort("connections with TLS", &tally.tls, tls, used->tls_connections, judgement);
    judge_handshakes(&tally, spare, used, judgement);
}

void connections_name_ports(const struct block *block, const struct slot *slots, struct judgement *judgement)
{
    struct judgement named = {.status = SAMPLE_OK, .all_failed = judgement->all_failed};
    uint32_t lacking = 0;

    for (uint32_t i = 0; i < block->tasks; i++)
        lacking += slots[i].status == TASK_STATUS_ERRNO + EADDRNOTAVAIL;
    if (judgement->status != SAMPLE_FAILED || lacking == 0)
        return;
    judgement_fail(&named,
                   "%.*s; no free ports: %llu connections were closed within a minute; "
                   "fewer tasks, or net.ipv4.ip_local_port_range",
                   UTF8_CLIPPED(judgement->reason, 120), (unsigned long long)ports_waiting());
    *judgement = named;
}
