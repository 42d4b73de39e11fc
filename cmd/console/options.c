// SPDX-License-Identifier: MIT
#include "cmd/console/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/options_gate.h"
#include "measure/machine/environment.h"
#include "measure/base/units.h"
#include "reports/format.h"

#define EXPECTED OPTIONS_EXPECTED

static int count_in(const char *value, uint64_t low, uint64_t high, uint32_t *ret_count, char expected[EXPECTED])
{
    uint64_t count;

    if (units_parse_count(value, &count) == 0 && count >= low && count <= high) {
        *ret_count = (uint32_t)count;
        return 0;
    }
    snprintf(expected, EXPECTED, "a whole number from %llu to %llu such as 100 or 10k", (unsigned long long)low,
             (unsigned long long)high);
    return -EINVAL;
}

static int duration(const char *value, uint64_t *ret_ns, char expected[EXPECTED])
{
    uint64_t ns;

    if (units_parse_duration(value, &ns) == 0 && ns > 0) {
        *ret_ns = ns;
        return 0;
    }
    snprintf(expected, EXPECTED, "a time with a unit such as 500ms or 30s");
    return -EINVAL;
}

static int set_models(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)expected;
    options->models = value;
    return 0;
}

static int set_workloads(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)expected;
    options->workloads = value;
    return 0;
}

// One count or several, each from 1 to a million.
static int counts(const char *value, struct range *ret_range, char expected[EXPECTED])
{
    struct range range;

    if (range_parse(value, QUANTITY_COUNT, &range, NULL, expected) != 0) {
        if (expected[0] != '\0')
            return -EINVAL;
    } else if (range.values[0] >= 1 && range.values[range.count - 1] <= 1000000) {
        *ret_range = range;
        return 0;
    }
    snprintf(expected, EXPECTED, "whole numbers from 1 to 1000000 such as 100 or 10k or 1,4,16 or 16..4k:x4");
    return -EINVAL;
}

static int set_tasks(struct options *options, const char *value, char expected[EXPECTED])
{
    return counts(value, &options->tasks, expected);
}

static int set_concurrency(struct options *options, const char *value, char expected[EXPECTED])
{
    return counts(value, &options->concurrency, expected);
}

static int set_rate(struct options *options, const char *value, char expected[EXPECTED])
{
    if (units_parse_rate(value, &options->rate_per_s, &options->rate_constant) == 0)
        return 0;
    snprintf(expected, EXPECTED, "a rate up to 10m/s such as 500/s, 30/m or 500/s:constant");
    return -EINVAL;
}

static int set_duration(struct options *options, const char *value, char expected[EXPECTED])
{
    return duration(value, &options->duration_ns, expected);
}

static int set_rounds(struct options *options, const char *value, char expected[EXPECTED])
{
    return count_in(value, 1, 10000, &options->rounds, expected);
}

static int set_repeat(struct options *options, const char *value, char expected[EXPECTED])
{
    return count_in(value, 1, 1000, &options->repeat, expected);
}

static int set_precision(struct options *options, const char *value, char expected[EXPECTED])
{
    double share;

    if (units_parse_share(value, &share) == 0 && share > 0 && share < 1) {
        options->precision = share;
        return 0;
    }
    snprintf(expected, EXPECTED, "a share above 0 and below 100%% such as 5%%");
    return -EINVAL;
}

static int set_time_limit(struct options *options, const char *value, char expected[EXPECTED])
{
    return duration(value, &options->time_limit_ns, expected);
}

static int set_timeout(struct options *options, const char *value, char expected[EXPECTED])
{
    return duration(value, &options->timeout_ns, expected);
}

static int set_task_timeout(struct options *options, const char *value, char expected[EXPECTED])
{
    return duration(value, &options->task_timeout_ns, expected);
}

static int set_gil_interval(struct options *options, const char *value, char expected[EXPECTED])
{
    return duration(value, &options->gil_interval_ns, expected);
}

static int set_url(struct options *options, const char *value, char expected[EXPECTED])
{
    options->url = value;
    if ((strncmp(value, "http://", 7) == 0 && value[7] != '\0') || (strncmp(value, "https://", 8) == 0 && value[8] != '\0'))
        return 0;
    snprintf(expected, EXPECTED, "a URL that begins with http:// or https://");
    return -EINVAL;
}

static int set_url_varies(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->url_varies = true;
    return 0;
}

static int cpu_list(const char *value, cpu_set_t *ret_cpus, char expected[EXPECTED])
{
    cpu_set_t allowed, cpus, both;
    char text[64];

    sched_getaffinity(0, sizeof allowed, &allowed);
    if (environment_parse_cpus(value, &cpus) == 0 && CPU_COUNT(&cpus) > 0) {
        CPU_AND(&both, &allowed, &cpus);
        if (CPU_EQUAL(&both, &cpus)) {
            *ret_cpus = cpus;
            return 0;
        }
    }
    snprintf(expected, EXPECTED, "a list out of the allowed %s such as 0 or 0,1 or 0-1",
             environment_write_cpus(&allowed, text, sizeof text));
    return -EINVAL;
}

static int set_cpus(struct options *options, const char *value, char expected[EXPECTED])
{
    if (options->cpus_count == OPTIONS_CPUS) {
        snprintf(expected, EXPECTED, "at most %d of them", OPTIONS_CPUS);
        return -EINVAL;
    }
    if (cpu_list(value, &options->cpus[options->cpus_count], expected) != 0)
        return -EINVAL;
    for (unsigned i = 0; i < options->cpus_count; i++) {
        if (CPU_EQUAL(&options->cpus[i], &options->cpus[options->cpus_count]))
            return 0; // typed twice
    }
    options->cpus_count++;
    return 0;
}

static int set_origin_cpus(struct options *options, const char *value, char expected[EXPECTED])
{
    options->origin_cpus_given = cpu_list(value, &options->origin_cpus, expected) == 0;
    return options->origin_cpus_given ? 0 : -EINVAL;
}

static int set_seed(struct options *options, const char *value, char expected[EXPECTED])
{
    char *end;
    unsigned long long seed;

    errno = 0;
    seed = strtoull(value, &end, 10);
    // Seeds travel through JSON, whose numbers are doubles.
    if (isdigit((unsigned char)value[0]) && *end == '\0' && errno == 0 && seed < (1ull << 53)) {
        options->seed = seed;
        return 0;
    }
    snprintf(expected, EXPECTED, "a whole number from 0 to 2^53 - 1");
    return -EINVAL;
}

static int set_reference(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)expected;
    options->reference = value;
    return 0;
}

static int set_output(struct options *options, const char *value, char expected[EXPECTED])
{
    if (options->output_count == OPTIONS_OUTPUTS) {
        snprintf(expected, EXPECTED, "at most %d of them", OPTIONS_OUTPUTS);
        return -EINVAL;
    }
    if (report_format_by_suffix(value) == NULL) {
        snprintf(expected, EXPECTED, "a file name that ends in .json, .txt, .md or .xml");
        return -EINVAL;
    }
    options->outputs[options->output_count++] = value;
    return 0;
}

static int set_format(struct options *options, const char *value, char expected[EXPECTED])
{
    size_t length = 0;

    options->format = value;
    if (report_format_by_name(value) != NULL)
        return 0;
    for (const struct report_format *const *format = report_formats; *format != NULL; format++)
        length += (size_t)snprintf(expected + length, EXPECTED - length, "%s%s", length > 0 ? " or " : "", (*format)->name);
    return -EINVAL;
}

static int set_quiet(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->quiet = true;
    return 0;
}

static int set_verbose(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->verbose = true;
    return 0;
}

static int set_color(struct options *options, const char *value, char expected[EXPECTED])
{
    static const char *const words[] = {"auto", "always", "never"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(value, words[i]) == 0) {
            options->color = (enum color_when)i;
            return 0;
        }
    }
    snprintf(expected, EXPECTED, "auto, always or never");
    return -EINVAL;
}

static int set_dry_run(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->dry_run = true;
    return 0;
}

static int set_example(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->example = true;
    return 0;
}

static int set_hardware(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->hardware = true;
    return 0;
}

static int set_port(struct options *options, const char *value, char expected[EXPECTED])
{
    uint32_t port;
    int err = count_in(value, 0, 65535, &port, expected);

    if (err == 0)
        options->port = (uint16_t)port;
    return err;
}

static int set_help(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->help = true;
    return 0;
}

static int set_version(struct options *options, const char *value, char expected[EXPECTED])
{
    (void)value, (void)expected;
    options->version = true;
    return 0;
}

#define MEASURING (COMMAND_RUN | COMMAND_GATE)
#define COMPARING (COMMAND_GATE | COMMAND_COMPARE)
#define REPORTING (COMMAND_RUN | COMMAND_REPORT | COMPARING)
#define ALL (COMMAND_RUN | COMMAND_LIST | COMMAND_REPORT | COMMAND_SERVE | COMMAND_CHECK | COMPARING)

const struct option_spec option_specs[] = {
    {"base", 0, "CMD", COMMAND_GATE, "what is compared, such as ./old/ccbench", options_set_base},
    {"new", 0, "CMD", COMMAND_GATE, NULL, options_set_new},
    {"model", 'm', "LIST", COMMAND_RUN, "models by name, or basic, or all [basic]", set_models},
    {"model", 'm', "LIST", COMMAND_GATE, "models by name, or basic, or all [threads,eventloop]", set_models},
    {"workload", 'w', "LIST", MEASURING, "fib:30, http:1ms,10ms, page.json [sleep,http,fib]", set_workloads},
    {"tasks", 'n', "N", MEASURING, "of a trial; in flight; 1,4 16..4k:x4 sweep", set_tasks},
    {"concurrency", 'c', "K", MEASURING, NULL, set_concurrency},
    {"rate", 'R', "RATE", MEASURING, "arrivals: 500/s[:constant], for 5s", set_rate},
    {"duration", 'd', "TIME", MEASURING, NULL, set_duration},
    {"concurrency", 'c', "K", COMMAND_CHECK, "lanes that limits should allow [10,000]", set_concurrency},
    {"allow", 0, "SHARE", COMPARING, "by how much new may be worse [3%]", options_set_allow},
    {"metric", 0, "LIST", COMPARING, "time,cpu,p99,memory,throughput [time; http: cpu]", options_set_metrics},
    {"inconclusive", 0, "WORD", COMPARING, "where nothing can be told: fail (3) or pass (0) [fail]", options_set_inconclusive},
    {"rounds", 'r', "N", COMMAND_GATE, "rounds [20], of K pairs a cell [12, or 300 ms]", set_rounds},
    {"repeat", 0, "K", COMMAND_GATE, NULL, set_repeat},
    {"rounds", 'r', "N", COMMAND_RUN, "exactly N rounds [until the precision is reached]", set_rounds},
    {"precision", 0, "SHARE", COMMAND_RUN, "stop at intervals of +- SHARE [5%]", set_precision},
    {"time-limit", 0, "TIME", COMMAND_RUN, "of the run [9s a workload, 4s if swept; --rounds: none]", set_time_limit},
    {"timeout", 0, "TIME", MEASURING, "of a trial [60s]; of a fetch [none]", set_timeout},
    {"task-timeout", 0, "TIME", MEASURING, NULL, set_task_timeout},
    {"url", 0, "URL", MEASURING, "http fetches this; from './srv {port}'", set_url},
    {"url-varies", 0, NULL, MEASURING, NULL, set_url_varies},
    {"server", 0, "CMD", COMMAND_RUN, NULL, options_set_server},
    {"server", 0, "CMD", COMMAND_GATE, "each trial's './srv {port}'", options_set_server},
    {"base-server", 0, "CMD", COMMAND_GATE, NULL, options_set_base_server},
    {"new-server", 0, "CMD", COMMAND_GATE, NULL, options_set_new_server},
    {"cpus", 0, "LIST", MEASURING, "trials' [all], repeatable; origin's [last]", set_cpus},
    {"origin-cpus", 0, "LIST", MEASURING, NULL, set_origin_cpus},
    {"gil-interval", 0, "TIME", COMMAND_RUN, "switch interval of gil [5ms]; count cycles", set_gil_interval},
    {"hardware", 0, NULL, COMMAND_RUN, NULL, set_hardware},
    {"gil-interval", 0, "TIME", COMMAND_GATE, "switch interval of gil [5ms]", set_gil_interval},
    {"seed", 0, "N", MEASURING, "of the order of cells and tasks [1]", set_seed},
    {"reference", 0, "MODEL", COMMAND_RUN, "what x is relative to [sequential]", set_reference},
    {"output", 'o', "FILE", REPORTING, "also save as .json, .txt, .md or .xml (repeatable)", set_output},
    {"format", 0, "NAME", REPORTING, "table, json, markdown (junit: of gates) [table]", set_format},
    {"format", 0, "NAME", COMMAND_CHECK, "table or json [table]", set_format},
    {"quiet", 'q', NULL, MEASURING | COMMAND_SERVE, "no progress", set_quiet},
    {"verbose", 'v', NULL, COMMAND_RUN | COMMAND_REPORT, "all columns", set_verbose},
    {"color", 0, "WHEN", REPORTING | COMMAND_CHECK, "auto, always or never [auto]; NO_COLOR is honoured", set_color},
    {"dry-run", 0, NULL, MEASURING, "only the plan, and how long it will take", set_dry_run},
    {"example", 0, NULL, COMMAND_LIST, "a workload of your own, to edit", set_example},
    {"port", 0, "PORT", COMMAND_SERVE, "on 127.0.0.1 [0: the kernel chooses]", set_port},
    {"help", 'h', NULL, ALL, "this text", set_help},
    {"version", 'V', NULL, ALL, "ccbench's version, build type and libraries", set_version},
    {0},
};

// getopt_long's view of the table: short letters from 1 up are the specs' indices + 256 where there is none.
#define OPTION_BASE 256
#define OPTION_COUNT (sizeof option_specs / sizeof option_specs[0] - 1)

static void fill_getopt(unsigned bit, struct option longs[OPTION_COUNT + 1], char shorts[3 * OPTION_COUNT + 2])
{
    size_t n = 0, length = 0;

    shorts[length++] = ':'; // no messages of getopt's own
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *spec = &option_specs[i];

        if ((spec->commands & bit) == 0)
            continue;
        longs[n++] = (struct option){spec->name, spec->argument != NULL ? required_argument : no_argument, NULL,
                                     OPTION_BASE + (int)i};
        if (spec->letter == 0)
            continue;
        shorts[length++] = spec->letter;
        if (spec->argument != NULL)
            shorts[length++] = ':';
    }
    longs[n] = (struct option){0};
    shorts[length] = '\0';
}

static const struct option_spec *spec_of(int code, unsigned bit)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (code == OPTION_BASE + (int)i)
            return &option_specs[i];
        if (code == option_specs[i].letter && (option_specs[i].commands & bit) != 0)
            return &option_specs[i];
    }
    return NULL;
}

static const char *option_name(unsigned i)
{
    return i < OPTION_COUNT ? option_specs[i].name : NULL;
}

static int complain_unknown(const struct command *command, const char *word)
{
    char name[64];
    const char *meant;

    if (word[0] != '-' || word[1] != '-')
        return complain("unknown option '%.40s' (try 'ccbench %s --help')", word, command->name);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    meant = nearest(name, option_name);
    if (meant != NULL)
        return complain("unknown option '--%.40s', did you mean '--%s'? (try 'ccbench %s --help')", name, meant, command->name);
    return complain("unknown option '--%.40s' (try 'ccbench %s --help')", name, command->name);
}

static int complain_option(const struct command *command, int code, char **argv)
{
    const struct option_spec *spec = spec_of(optopt, command->bit);
    char letter[3] = {'-', (char)optopt, '\0'};

    if (code == ':')
        return complain("option '--%s' needs a value, such as --%s=%s (try 'ccbench %s --help')", spec->name, spec->name,
                        spec->argument, command->name);
    if (optopt >= OPTION_BASE)
        return complain("option '--%s' takes no value (try 'ccbench %s --help')", spec->name, command->name);
    return complain_unknown(command, optopt != 0 ? letter : argv[optind - 1]);
}

int options_parse(const struct command *command, int argc, char **argv, struct options *ret_options)
{
    struct option longs[OPTION_COUNT + 1];
    char shorts[3 * OPTION_COUNT + 2];
    int code;

    *ret_options = (struct options){
        .allowed = 0.03,
        .precision = 0.05,
        .gil_interval_ns = OPTIONS_GIL_INTERVAL_NS,
        .seed = 1,
        .reference = "sequential",
        .format = "table",
    };
    fill_getopt(command->bit, longs, shorts);
    optind = 1;
    opterr = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_spec *spec = spec_of(code, command->bit);
        char expected[EXPECTED] = "";

        if (code == '?' || code == ':')
            return complain_option(command, code, argv);
        if (spec->set(ret_options, optarg, expected) != 0)
            return complain("--%s: '%.60s' will not do, expected %s", spec->name, optarg, expected);
    }
    ret_options->arguments = argv + optind;
    ret_options->argument_count = argc - optind;
    return options_settle_servers(ret_options);
}
