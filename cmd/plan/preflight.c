// SPDX-License-Identifier: MIT
#include "cmd/plan/preflight.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/console/terminal.h"
#include "cmd/plan/estimate.h"
#include "cmd/plan/server_ready.h"
#include "measure/base/clock.h"
#include "measure/base/cpus.h"
#include "measure/base/libcurl.h"
#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "measure/slot.h"
#include "workloads/program/datafile.h"

#define CONNECT_MS 5000L
// What takes longer says so before it starts.
#define LONG_S 30

#ifdef CCBENCH_HAVE_CURL

// A connection is made and closed. 0 or a code of libcurl's, with what it says.
static CURLcode connect_once(CURL *easy, const struct http_client *client, const char *url, char error[CURL_ERROR_SIZE])
{
    http_client_apply(client, easy);
    libcurl.easy_setopt(easy, CURLOPT_URL, url);
    libcurl.easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    libcurl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    libcurl.easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
    return libcurl.easy_perform(easy);
}

static int try_url(const struct options *options)
{
    char error[CURL_ERROR_SIZE] = "", text[CURL_ERROR_SIZE + 80];
    CURL *easy = libcurl.easy_init();
    CURLcode code;

    if (easy == NULL)
        return complain("out of memory");
    code = connect_once(easy, &options->client, options->url, error);
    libcurl.easy_cleanup(easy);
    if (code == CURLE_OK)
        return 0;
    snprintf(text, sizeof text, "cannot be reached: %s%s", error[0] != '\0' ? error : libcurl.easy_strerror(code),
             code == CURLE_PEER_FAILED_VERIFICATION ? " (--cacert=FILE names the certificate to trust, --insecure any)"
                                                    : "");
    if (options->client.unix_socket != NULL)
        return complain_masked("unix-socket", options->client.unix_socket, text);
    return complain_masked("url", options->url, text);
}

static int await_ready(const struct options *options)
{
    uint64_t patience_ns = options->timeout_ns != 0 ? options->timeout_ns : SERVER_READY_NS;
    char error[SERVER_ERROR], text[SERVER_ERROR + 16];
    int err = options->server_ready != NULL ? server_ready_wait(options, NULL, clock_now_ns() + patience_ns, error) : 0;

    if (err == -EINTR)
        return EXIT_SIGNAL + supervisor_interrupted();
    snprintf(text, sizeof text, "the server %s", error);
    return err == 0 ? 0 : complain_masked("url", options->url, text);
}

int preflight_url(const struct options *options)
{
    const char *why = NULL;
    int status;

    if (!options_foreign_server(options))
        return 0;
    if (libcurl_load(&why) != 0)
        return complain("--url: cannot load libcurl: %s", why);
    status = try_url(options);
    return status == 0 ? await_ready(options) : status;
}

#else

int preflight_url(const struct options *options)
{
    return !options_foreign_server(options) ? 0 : complain("--url: fetching is not built: libcurl not found");
}

#endif

static bool reads_files(const struct block *block)
{
    return (block->kinds & STEP_BIT(STEP_READ)) != 0;
}

// How large the largest file is that tasks need; 0: none.
static uint64_t file_bytes(const struct block *block)
{
    if (reads_files(block))
        return datafile_bytes(block->read_most, block->direct);
    return block->kinds & STEP_SHARED_FILE ? DATAFILE_NUMBER_BYTES : 0;
}

// Of files that trials share, how large they may be (ulimit -f).
static int check_sizes(const struct block *block, const struct rlimit *limit)
{
    char most[UNITS_TEXT], needs[UNITS_TEXT];
    uint64_t file = file_bytes(block);
    uint64_t results = block->tasks * sizeof(struct slot);

    units_format_bytes(most, (double)limit->rlim_cur);
    units_format_bytes(needs, (double)(file > results ? file : results));
    if (results > limit->rlim_cur)
        return complain(
            "--tasks: the results of %u tasks take %s, a file may have %s here (ulimit -f), expected at most %llu",
            block->tasks, needs, most, (unsigned long long)(limit->rlim_cur / sizeof(struct slot)));
    if (file > limit->rlim_cur)
        return complain("%s needs a file of %s, one may have %s here (ulimit -f)", block->workload.label, needs, most);
    return 0;
}

static int check_folder(const struct block *block)
{
    char error[DATAFILE_ERROR];

    if (file_bytes(block) == 0 || datafile_check(file_bytes(block), block->direct, error) == 0)
        return 0;
    return complain("%s: '%.*s', where the file %s is made, %s (TMPDIR=FOLDER names another)", block->workload.label,
                    UTF8_CLIPPED(datafile_folder(), 200), reads_files(block) ? "to read" : "that tasks share", error);
}

int preflight_files(const struct plan *plan)
{
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    int status = 0;

    for (unsigned i = 0; status == 0 && i < plan->block_count; i++) {
        if (limited)
            status = check_sizes(&plan->blocks[i], &limit);
        if (status == 0)
            status = check_folder(&plan->blocks[i]);
    }
    return status;
}

// The values of a sweep, before its first block.
static void print_sweep(const struct plan *plan, unsigned first, FILE *out)
{
    const struct block *block = &plan->blocks[first];
    unsigned group = block->point.group;
    struct text_stream values;

    if (group == 0 || (first > 0 && block[-1].point.group == group))
        return;
    if (text_stream_open(&values) != 0)
        return;
    for (unsigned i = first; i < plan->block_count && plan->blocks[i].point.group == group; i++)
        fprintf(values.out, "%s %s", i > first ? "," : "", plan->blocks[i].point.label);
    if (text_stream_close(&values) == 0)
        terminal_say(out, 0, "sweep over %s:%s", sweep_axis_name(block->point.axis), values.text);
    free(values.text);
}

static void print_cell(const struct cell *cell, FILE *out)
{
    char time[UNITS_TEXT];
    int column = fprintf(out, "  %-18s ", cell->label);

    if (cell->ended)
        terminal_say(out, (size_t)column, "%s: %s", cell->status == CELL_SKIPPED ? "skipped" : "fails", cell->reason);
    else
        terminal_say(out, (size_t)column, "about %s a trial", units_format_duration(time, (double)cell->estimate_ns));
}

static void print_block(const struct plan *plan, const struct block *block, FILE *out)
{
    char arriving[64] = "", cpus[256], where[sizeof cpus + 16] = "";

    if (plan_open_loop(block))
        snprintf(arriving, sizeof arriving, "arriving at %.4g/s, at most ", block->arrivals.rate_per_s);
    if (plan->options->cpus_count > 1)
        snprintf(where, sizeof where, "; on CPUs %s", cpus_write(&block->cpus, cpus, sizeof cpus));
    terminal_say(out, 0, "%s: each task %s; %u task%s, %s%u in flight%s", block->workload.label,
                 block->workload.describe, block->tasks, text_plural(block->tasks), arriving, block->concurrency,
                 where);
    for (unsigned i = 0; i < block->cell_count; i++)
        print_cell(&block->cells[i], out);
}

// Whether all blocks end with the rounds that intervals need.
static bool only_enough(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (!estimate_enough(plan, &plan->blocks[i]))
            return false;
    }
    return true;
}

void preflight_print(const struct plan *plan, FILE *out)
{
    char time[UNITS_TEXT], limit[UNITS_TEXT], most[32] = "";

    for (unsigned i = 0; i < plan->block_count; i++) {
        print_sweep(plan, i, out);
        print_block(plan, &plan->blocks[i], out);
    }
    units_format_duration(time, (double)estimate_run(plan));
    if (only_enough(plan))
        snprintf(most, sizeof most, ", %d at the most", STATS_INTERVAL_LEAST);
    if (plan->options->rate_max)
        terminal_say(
            out, 0,
            "for each model a closed loop, then probes of its highest rate, of one to ten trials each: about %s, at most "
            "%s",
            time, units_format_duration(limit, (double)plan->time_limit_ns));
    else if (plan->options->rounds != 0)
        terminal_say(out, 0, "%u round%s of every cell: about %s", plan->options->rounds,
                     text_plural(plan->options->rounds), time);
    else
        terminal_say(out, 0, "rounds until the intervals are within %.3g %%%s: about %s, at most %s",
                     100 * plan->options->precision, most, time,
                     units_format_duration(limit, (double)plan->time_limit_ns));
}

void preflight_warn(const struct plan *plan)
{
    uint64_t s = (estimate_run(plan) + NS_PER_S / 2) / NS_PER_S;

    if (s > LONG_S)
        fprintf(stderr, "ccbench: about %llu %s; --time-limit=%s for less\n",
                (unsigned long long)(s < 120 ? s : (s + 30) / 60), s < 120 ? "s" : "min", s > 90 ? "60s" : "30s");
}
