// SPDX-License-Identifier: MIT
// Gates by the ten thousand, without measuring: rounds of recorded A/A gates are drawn at random, all cells of a round together, a
// known effect is added to one cell, and the gate's own code judges, as soon as it is plain and at the end of each batch. Says how
// often there was an alarm and how many rounds it took.
//
//     build/bench/gate_replay GATES FILE.json ...      FILEs: of ccbench gate --fixed -o FILE.json, base against itself
//
// Its table in Markdown is what docs/METHODOLOGY.md has.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/rng.h"
#include "measure/base/stats.h"
#include "reports/document/document.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/findings/gate_early.h"
#include "reports/findings/gate_summary.h"

enum { CELLS_MOST = 32, ROUNDS = 20, ROUNDS_MOST = 10000 };

// What was recorded: the differences of each cell in each round, the control's last.
struct pool {
    double d[ROUNDS_MOST][CELLS_MOST];
    unsigned rounds, cells; // cells without the control
};

// What gates came to.
struct tally {
    unsigned gates, regressions, elsewhere, inconclusive;
    double *rounds; // of each gate, all batches together; owned
};

static _Noreturn void fail(const char *file, const char *what)
{
    fprintf(stderr, "gate_replay: %s: %s\n", file, what);
    exit(2);
}

static cJSON *read_file(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    ssize_t length = in != NULL ? getdelim(&text, &size, '\0', in) : -1;
    cJSON *json = length > 0 ? cJSON_Parse(text) : NULL;

    if (in != NULL)
        fclose(in);
    free(text);
    if (json == NULL || !gate_is(json))
        fail(path, "no report of a gate");
    return json;
}

// The differences of a cell's first batch, behind those of the files before.
static void add_cell(struct pool *pool, const char *path, const cJSON *cell, unsigned index)
{
    const struct metric *metric = metric_in_gate(field(cell, "metrics")->child);
    struct gate_columns columns;

    if (gate_columns_read(cell, metric, 1, &columns) != 0)
        fail(path, "out of memory");
    if (columns.n < ROUNDS || pool->rounds + ROUNDS > ROUNDS_MOST)
        fail(path, "a cell with fewer than 20 valid rounds (--fixed?), or too many in all");
    for (unsigned round = 0; round < ROUNDS; round++)
        pool->d[pool->rounds + round][index] = columns.d[round];
    gate_columns_release(&columns);
}

static void add_file(struct pool *pool, const char *path)
{
    cJSON *document = read_file(path);
    const cJSON *cell;
    unsigned index = 0;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        if (index + 1 < CELLS_MOST)
            add_cell(pool, path, cell, index++);
    }
    if (pool->cells != 0 && pool->cells != index)
        fail(path, "other cells than the file before");
    pool->cells = index;
    add_cell(pool, path, field(document, "control"), index);
    pool->rounds += ROUNDS;
    cJSON_Delete(document);
}

static cJSON *make_cell(void)
{
    return cJSON_Parse(
        "{\"workload\":\"w\",\"model\":\"m\",\"tasks\":1,\"concurrency\":1,\"status\":\"compared\",\"reason\":null,"
        "\"pairs\":[],\"metrics\":[{\"metric\":\"time\",\"unit\":\"ns\"}]}");
}

static cJSON *make_gate(unsigned cells, bool early)
{
    cJSON *document = cJSON_Parse(
        "{\"schema\":\"ccbench-gate/1\",\"kind\":\"gate\",\"interrupted\":null,\"mismatch\":null,\"rule\":{"
        "\"allowed\":0.03,\"level\":0.01,\"inconclusive\":\"fail\"},\"rounds\":[],\"cells\":[]}");
    cJSON *rule = cJSON_GetObjectItemCaseSensitive(document, "rule");

    cJSON_AddNumberToObject(rule, "rounds", ROUNDS);
    cJSON_AddNumberToObject(rule, "comparisons", cells);
    json_add_number(rule, "first_look", early, PAIRS_FIRST_LOOK);
    for (unsigned i = 0; i < cells; i++)
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(document, "cells"), make_cell());
    cJSON_AddItemToObject(document, "control", make_cell());
    return document;
}

static void add_side(cJSON *pair, const char *side, double wall_ns)
{
    cJSON *sample = cJSON_AddObjectToObject(pair, side);

    cJSON_AddStringToObject(sample, "status", "ok");
    cJSON_AddNumberToObject(sample, "tasks", 1);
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
}

static void add_pair(cJSON *cell, int batch, unsigned round, double d)
{
    cJSON *pair = cJSON_CreateObject();

    cJSON_AddNumberToObject(pair, "batch", batch);
    cJSON_AddNumberToObject(pair, "round", round);
    add_side(pair, "base", 1e6);
    add_side(pair, "new", 1e6 * exp(d));
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(cell, "pairs"), pair);
}

// A gate under way.
struct replay {
    const struct pool *pool;
    struct rng *rng;
    cJSON *document, *control;
    cJSON *cells[CELLS_MOST];
    bool active[CELLS_MOST], decided[CELLS_MOST];
    unsigned slow; // the cell that has the effect
    double effect; // as a difference of logarithms
    unsigned rounds;
};

static bool any_open(const struct replay *replay)
{
    for (unsigned i = 0; i < replay->pool->cells; i++) {
        if (replay->active[i] && !replay->decided[i])
            return true;
    }
    return false;
}

static void replay_round(struct replay *replay, const struct pairs_looks *looks, int batch, unsigned round, bool early)
{
    const double *d = replay->pool->d[rng_below(replay->rng, replay->pool->rounds)];
    unsigned cells = replay->pool->cells;

    for (unsigned i = 0; i < cells; i++) {
        if (replay->active[i] && !replay->decided[i])
            add_pair(replay->cells[i], batch, round, d[i] + (i == replay->slow ? replay->effect : 0));
    }
    add_pair(replay->control, batch, round, d[cells]);
    for (unsigned i = 0; early && i < cells; i++) {
        if (replay->active[i] && !replay->decided[i])
            replay->decided[i] = gate_cell_decided(replay->document, replay->cells[i], looks, batch);
    }
    replay->rounds++;
}

// As cmd/gate.c has it: batches, until all is settled or the machine is unfit.
static void replay_gate(struct replay *replay, bool early)
{
    struct gate_outcome outcome = {.control_differs = false};
    struct pairs_looks looks;

    if (gate_looks_make(replay->document, &looks) != 0)
        fail("gate", "out of memory");
    for (int batch = 1; batch <= GATE_BATCHES && !outcome.control_differs; batch++) {
        memset(replay->decided, 0, sizeof replay->decided);
        for (unsigned round = 1; round <= ROUNDS && any_open(replay); round++)
            replay_round(replay, &looks, batch, round, early);
        if (gate_summarise(replay->document, &outcome) != 0)
            fail("gate", "out of memory");
        for (unsigned i = 0; i < replay->pool->cells; i++)
            replay->active[i] = replay->active[i] && gate_cell_unsettled(replay->cells[i]);
    }
    pairs_looks_release(&looks);
}

static bool is_regression(const cJSON *cell)
{
    return field_is(field(cell, "metrics")->child, "verdict", "regression");
}

static void count(struct tally *tally, const struct replay *replay)
{
    bool elsewhere = false;

    for (unsigned i = 0; i < replay->pool->cells; i++)
        elsewhere |= is_regression(replay->cells[i]) && (i != replay->slow || replay->effect == 0);
    tally->elsewhere += elsewhere;
    tally->regressions += replay->effect != 0 && is_regression(replay->cells[replay->slow]);
    tally->inconclusive += field_is(replay->document, "verdict", "inconclusive");
    tally->rounds[tally->gates++] = replay->rounds;
}

static void run(const struct pool *pool, struct rng *rng, unsigned gates, double effect, bool early,
                struct tally *tally)
{
    while (tally->gates < gates) {
        struct replay replay = {
            .pool = pool, .rng = rng, .document = make_gate(pool->cells, early), .effect = log1p(effect)};
        cJSON *cells = cJSON_GetObjectItemCaseSensitive(replay.document, "cells");

        replay.slow = (unsigned)rng_below(rng, pool->cells);
        replay.control = cJSON_GetObjectItemCaseSensitive(replay.document, "control");
        for (unsigned i = 0; i < pool->cells; i++) {
            replay.cells[i] = cJSON_GetArrayItem(cells, (int)i);
            replay.active[i] = true;
        }
        replay_gate(&replay, early);
        count(tally, &replay);
        cJSON_Delete(replay.document);
    }
}

static void print_share(unsigned n, unsigned of)
{
    printf(" %u of %u = %.2f %% |", n, of, 100.0 * n / of);
}

int main(int argc, char **argv)
{
    static const double effects[] = {0, 0.03, 0.05, 0.12};
    static struct pool pool;
    struct rng rng = {.state = 1};
    unsigned gates = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

    if (gates == 0)
        fail("usage", "gate_replay GATES FILE.json ...");
    for (int i = 2; i < argc; i++)
        add_file(&pool, argv[i]);
    printf("%u recorded rounds of %u cells\n\n", pool.rounds, pool.cells);
    puts(
        "| effect on one cell | looks | found | false alarms | inconclusive | rounds a gate: median, 90 % |\n|---|---|---|---|---|---|");
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        for (int early = 0; early < 2; early++) {
            struct tally tally = {.rounds = calloc(gates, sizeof *tally.rounds)};

            if (tally.rounds == NULL)
                fail("gates", "out of memory");
            run(&pool, &rng, gates, effects[i], early, &tally);
            stats_sort(tally.rounds, gates);
            printf("| %+.0f %% | %s |", 100 * effects[i], early ? "each round" : "once");
            print_share(tally.regressions, gates);
            print_share(tally.elsewhere, gates);
            print_share(tally.inconclusive, gates);
            printf(" %.0f, %.0f |\n", stats_median(tally.rounds, gates), tally.rounds[(size_t)(0.9 * gates)]);
            fflush(stdout);
            free(tally.rounds);
        }
    }
    return 0;
}
