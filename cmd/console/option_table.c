// SPDX-License-Identifier: MIT
#include "cmd/console/option.h"

#include "reports/render/timeline_format.h"
#include "workloads/origin/origin.h"

#define RUN COMMAND_RUN
#define GATE COMMAND_GATE
#define CHECK COMMAND_CHECK
#define SERVE COMMAND_SERVE
#define CLAIMS COMMAND_CLAIMS
#define TIMELINE COMMAND_TIMELINE
#define REPLAY COMMAND_REPLAY
#define MEASURING (RUN | GATE)
// What one trial of a cell can have said of it.
#define TRYING (MEASURING | TIMELINE)
#define COMPARING (GATE | COMMAND_COMPARE)
#define REPORTING (RUN | COMMAND_REPORT | COMPARING | CLAIMS)
#define ALL (REPORTING | COMMAND_LIST | SERVE | CHECK | TIMELINE | REPLAY)

#define WHAT OPTION_WHAT
#define MUCH OPTION_MUCH
#define WHERE OPTION_WHERE
#define SERVERS OPTION_SERVERS
#define RULE OPTION_RULE
#define SHOWN OPTION_SHOWN

#define AT(field) offsetof(struct options, field)

const struct option_spec option_specs[] = {
    {"base", 0, "CMD", GATE, WHAT, option_command, AT(sides[0]),
     .help = "the build to compare with, by its command, such as ./old/ccbench [this ccbench]"},
    {"new", 0, "CMD", GATE, WHAT, option_command, AT(sides[1]),
     .help = "the build in question, by its command, such as ./new/ccbench [this ccbench]"},
    {"base-env", 0, "SETTING", GATE, WHAT, option_variable, AT(side_environments[0]),
     .help = "NAME=VALUE in the environment of base, such as PYTHONPATH=./trio-old"},
    {"new-env", 0, "SETTING", GATE, WHAT, option_variable, AT(side_environments[1]),
     .help = "the same for new, such as PYTHONPATH=./trio-new"},
    {"model", 'm', "LIST", RUN, WHAT, option_list, AT(models),
     .help = "models by name (see ccbench list), or basic, all, python, runtimes [basic]"},
    {"model", 'm', "LIST", GATE, WHAT, option_list, AT(models),
     .help = "models by name (see ccbench list), or basic, or all [threads,eventloop]"},
    {"workload", 'w', "LIST", RUN, WHAT, option_list, AT(workloads),
     .help = "workloads such as fib:30 or http:1ms,10ms, or a file page.json [sleep,http,fib]"},
    {"workload", 'w', "LIST", GATE, WHAT, option_list, AT(workloads),
     .help = "workloads such as fib:30 or http:1ms,10ms, or a file page.json [sleep,http:1ms,fib:25]"},
    {"model", 'm', "LIST", TIMELINE, WHAT, option_list, AT(models),
     .help = "models by name (see ccbench list) [basic, and asyncio and gevent where they are here]"},
    {"workload", 'w', "TEXT", TIMELINE, WHAT, option_list, AT(workloads),
     .help = "a workload such as hog or fib:27, or a file page.json [the breakfast.json of the examples]"},
    {"reference", 0, "MODEL", RUN, WHAT, option_text, AT(reference),
     .help = "the model that the others' speed is relative to", .initial = "sequential"},
    {"gil-interval", 0, "TIME", TRYING, WHAT, option_parameter, AT(defaults.gil_interval),
     .help = "as gil:interval=TIME, for each gil without", .initial = "5ms", .words = "gil interval"},
    {"client", 0, "WORD", TRYING, WHAT, option_word, AT(defaults.client),
     .help = "as async:client=bare or asyncio:client=idiom, for each model that has that choice",
     .words = "plain idiom bare", .initial = "plain"},

    {"stand-ins", 0, NULL, CLAIMS, WHAT, option_flag, AT(stand_ins),
     .help = "the models in C alone, and not the runtimes that they stand for"},

    {"under", 0, "CMD", REPLAY, WHAT, option_command, AT(under),
     .help = "the instrument that the trial runs under, such as 'perf record -g', strace, 'gdb --args' or valgrind",
     .words = "perf record -g"},
    {"slots", 0, "FILE", REPLAY, WHAT, option_text, AT(slots),
     .help = "keep there what became of each task, 32 bytes each (docs/trial-protocol.md)"},

    {"tasks", 'n', "N", MEASURING, MUCH, option_counts, AT(tasks),
     .help = "tasks of a trial [the workload's]; several, such as 1,4 or 16..4k:x4, make a sweep", .low = 1,
     .high = 100000000},
    {"concurrency", 'c', "K", MEASURING, MUCH, option_counts, AT(concurrency),
     .help = "how many of them may be in flight [the workload's]; several make a sweep", .low = 1, .high = 1000000},
    {"concurrency", 'c', "K", CHECK, MUCH, option_counts, AT(concurrency),
     .help = "tasks in flight that the limits should allow [10k]", .low = 1, .high = 1000000},
    {"tasks", 'n', "N", TIMELINE, MUCH, option_counts, AT(tasks),
     .help = "tasks of the trial [the workload's, at most 8, or 24 of several classes]", .low = 1, .high = 1000000},
    {"concurrency", 'c', "K", TIMELINE, MUCH, option_counts, AT(concurrency),
     .help = "how many of them may be in flight [the workload's, at most as many as there are]", .low = 1,
     .high = 1000000},
    {"rate", 'R', "RATE", RUN, MUCH, option_rates, 0,
     .help =
         "tasks arrive on their own, such as 500/s, 30/m or 500/s:constant [each when one in flight has ended]; several, "
         "such as 100..1600:x4, make a sweep; max: each model's highest that holds what --require says"},
    {"rate", 'R', "RATE", GATE | TIMELINE, MUCH, option_rate, 0,
     .help = "tasks arrive on their own, such as 500/s, 30/m or 500/s:constant [each when one in flight has ended]"},
    {"duration", 'd', "TIME", TRYING, MUCH, option_duration, AT(duration_ns),
     .help = "for how long they arrive [5s, or the workload's; of several rates the time of 400 tasks, 1s to 5s]"},
    {"rounds", 'r', "N", RUN, MUCH, option_count, AT(rounds),
     .help = "exactly N rounds [until the precision is reached]", .low = 1, .high = 10000},
    {"memory-rounds", 0, "N", RUN, MUCH, option_count, AT(memory_rounds),
     .help =
         "memory trials of each cell; six have an interval, by which compare can judge memory [1; 6 where --require "
         "names memory]",
     .low = 1, .high = 1000},
    {"rounds", 'r', "N", GATE, MUCH, option_count, AT(rounds), .help = "rounds of base and new, at most [20]", .low = 1,
     .high = 10000},
    {"fixed", 0, NULL, GATE, MUCH, option_flag, AT(fixed), .help = "all of them, also where fewer are plain"},
    {"repeat", 0, "K", GATE, MUCH, option_count, AT(repeat),
     .help = "pairs of a cell in each round [12, or what 300 ms allow]", .low = 1, .high = 1000},
    {"repeat", 0, "K", RUN, MUCH, option_count, AT(repeat),
     .help = "trials of a cell in each round [11, or what 300 ms and the time limit allow; 1 with --rounds]", .low = 1,
     .high = 1000},
    {"precision", 0, "SHARE", RUN, MUCH, option_share, AT(precision),
     .help = "rounds end when each interval is within +- SHARE", .initial = "5%", .high = 100},
    {"time-limit", 0, "TIME", RUN, MUCH, option_duration, AT(time_limit_ns),
     .help =
         "the run ends after that [9s a workload, 27s at least, 4s a value of a sweep; none where rounds are given]"},
    {"time-limit", 0, "TIME", CLAIMS, MUCH, option_duration, AT(time_limit_ns),
     .help = "what is not measured by then is not shown [none]"},
    {"timeout", 0, "TIME", TRYING | CLAIMS, MUCH, option_duration, AT(timeout_ns),
     .help = "a trial that takes longer has failed [60s, more where it needs more]"},
    {"task-timeout", 0, "TIME", TRYING, MUCH, option_duration, AT(task_timeout_ns),
     .help = "a fetch that takes longer has failed [none]"},
    {"seed", 0, "N", TRYING | CLAIMS, MUCH, option_seed, 0, .help = "what the order of cells and tasks follows from",
     .initial = "1"},

    {"cpus", 0, "LIST", MEASURING, WHERE, option_cpu_sets, AT(cpus),
     .help = "CPUs of the trials [all]; given several times, each is a value of a sweep"},
    {"cpus", 0, "LIST", CLAIMS | TIMELINE, WHERE, option_cpus, AT(cpus[0]), .help = "CPUs of the trials [all]"},
    {"origin-cpus", 0, "LIST", TRYING | CLAIMS, WHERE, option_cpus, AT(origin_cpus),
     .help = "CPUs of the server that is fetched from [the last]"},
    {"origin-workers", 0, "N", TRYING | CLAIMS, WHERE, option_count, AT(origin_workers),
     .help = "threads that ccbench's own server has, all on one port [1; a quarter of more than 7 CPUs, at most 8]",
     .low = 1, .high = ORIGIN_WORKERS_MOST},
    {"hosts", 0, "LIST", RUN, WHERE, option_hosts, AT(hosts),
     .help = "run there instead, as a,b,c or @FILE with one a line, and put their reports in one (docs/CLUSTER.md)"},
    {"via", 0, "CMD", RUN, WHERE, option_command, AT(via),
     .help = "what starts a command on {host}; no shell is run here [ssh {host}]", .words = "ssh {host}"},
    {"remote-ccbench", 0, "CMD", RUN, WHERE, option_command, AT(remote_ccbench),
     .help = "what ccbench is called there [ccbench]", .words = "/opt/ccbench/bin/ccbench"},
    {"host-timeout", 0, "TIME", RUN, WHERE, option_duration, AT(host_timeout_ns),
     .help = "a host that has not answered by then is left out", .initial = "30s"},
    {"lifeline", 0, NULL, RUN, WHERE, option_flag, AT(lifeline),
     .help = "stop as on Ctrl-C when standard input ends, or is silent for 5s"},

    {"url", 0, "URL", TRYING, SERVERS, option_url, AT(url),
     .help = "what http fetches [ccbench's own server]; {port} in it is that of a started server"},
    {"url-varies", 0, NULL, TRYING, SERVERS, option_flag, AT(url_varies),
     .help = "its answers may differ from each other"},
    {"header", 'H', "HEADER", TRYING, SERVERS, option_header, 0,
     .help =
         "sent with every fetch, such as 'Accept: text/html', or @FILE with one a line; may be given several times"},
    {"cacert", 0, "FILE", TRYING, SERVERS, option_file, AT(client.cacert),
     .help = "certificates that a server's is verified by [CURL_CA_BUNDLE, SSL_CERT_FILE, or the system's]"},
    {"insecure", 'k', NULL, TRYING, SERVERS, option_flag, AT(client.insecure),
     .help = "a server's certificate is not verified"},
    {"unix-socket", 0, "PATH", TRYING, SERVERS, option_socket, AT(client.unix_socket),
     .help = "connect to this Unix socket, whatever host the URL names; {port} in it as in --url"},
    {"server", 0, "CMD", MEASURING, SERVERS, option_command, AT(server),
     .help = "a server to start afresh for each trial, such as './srv {port}'"},
    {"base-server", 0, "CMD", GATE, SERVERS, option_command, AT(side_servers[0]),
     .help = "the server of base, where it is another"},
    {"new-server", 0, "CMD", GATE, SERVERS, option_command, AT(side_servers[1]),
     .help = "the server of new, where it is another"},
    {"server-ready", 0, "PATH", MEASURING, SERVERS, option_path, AT(server_ready),
     .help = "wait until the server answers 2xx there [until it accepts a connection]"},
    {"server-stop", 0, "TIME", MEASURING, SERVERS, option_duration, AT(server_stop_ns),
     .help = "what a started server is given to end after SIGTERM, before it is killed", .initial = "2s"},
    {"origin", 0, "URL", TRYING | REPLAY, SERVERS, option_origin, AT(origin),
     .help = "where ccbench's own server is, started there by 'ccbench serve --listen' [it is started here]"},
    {"token", 0, "TEXT", TRYING | REPLAY | SERVE, SERVERS, option_token, AT(token),
     .help = "what shows that a run may use the server; others see it in the list of processes"},
    {"token-file", 0, "FILE", TRYING | REPLAY | SERVE, SERVERS, option_token_file, AT(token),
     .help = "the same, out of the first line of a file"},
    {"listen", 0, "PLACE", SERVE, SERVERS, option_listen, 0,
     .help =
         "where to serve, such as 0.0.0.0:8080 or [::1]:0 [127.0.0.1:0]; beyond this machine with a token, which is made "
         "where none is given"},
    {"port", 0, "PORT", SERVE, SERVERS, option_count, AT(port),
     .help = "of 127.0.0.1, to serve on [0: the kernel chooses]", .high = 65535},
    {"origin-workers", 0, "N", SERVE, SERVERS, option_count, AT(origin_workers),
     .help = "threads that serve, all on one port [1; a quarter of more than 7 CPUs, at most 8]", .low = 1,
     .high = ORIGIN_WORKERS_MOST},
    {"tls", 0, "FILE", SERVE, SERVERS, option_text, AT(tls),
     .help = "HTTPS too, on another port; FILE gets its certificate, to be trusted"},

    {"require", 0, "LIST", RUN, RULE, option_requirements, AT(require),
     .help =
         "what models must keep to, such as 'p99<=40ms', 'page.p99<=40ms' (a class), 'throughput>=2k/s' or 'memory<=64m': "
         "status 1 where broken, 3 where not shown"},
    {"allow", 0, "SHARE", COMPARING, RULE, option_share, AT(allowed), .help = "by how much new may be worse",
     .initial = "3%", .high = 1000},
    {"metric", 0, "LIST", COMPARING, RULE, option_metrics, 0,
     .help =
         "out of time, cpu, p99, memory, throughput, server-cpu and server-memory, commas between [time; of http cpu, of servers server-cpu]"},
    {"inconclusive", 0, "WORD", COMPARING, RULE, option_word, AT(inconclusive),
     .help = "where nothing can be told: fail (status 3), pass (0), or skip (125, which git bisect skips)",
     .initial = "fail", .words = "fail pass skip"},

    {"output", 'o', "FILE", REPORTING, SHOWN, option_output, 0,
     .help =
         "also save the report, once or several times; in it %h is the host, %t the time in s, %r the job's rank; as",
     .names = report_format_suffixes},
    {"by", 0, "WORD", TIMELINE, SHOWN, option_word, AT(by_lane), .help = "a row for each task, or for each lane",
     .initial = "task", .words = "task lane"},
    {"output", 'o', "FILE", TIMELINE, SHOWN, option_drawing, 0,
     .help = "also save it, once or several times; in it %h is the host, %t the time in s, %r the job's rank; as",
     .names = timeline_format_suffixes},
    {"format", 0, "NAME", REPORTING, SHOWN, option_format, AT(format),
     .help = "as what it is shown:", .names = report_format_names, .initial = "table"},
    {"format", 0, "NAME", CHECK, SHOWN, option_format, AT(format), .help = "table or json", .initial = "table",
     .words = "table json"},
    {"list", 0, NULL, CLAIMS, SHOWN, option_flag, AT(list), .help = "what there is; nothing is measured"},
    {"questions", 0, NULL, CLAIMS, SHOWN, option_flag, AT(questions),
     .help = "the questions that they ask, and nothing else: a page to print"},
    {"predict", 0, NULL, CLAIMS, SHOWN, option_flag, AT(predict),
     .help = "asks first what you expect, and shows that beside what was measured"},
    {"verbose", 'v', NULL, CLAIMS, SHOWN, option_flag, AT(verbose), .help = "each claim in full, as where it is named"},
    {"verbose", 'v', NULL, RUN | COMMAND_REPORT, SHOWN, option_flag, AT(verbose),
     .help = "all columns, and each value of a sweep"},
    {"hardware", 0, NULL, RUN, SHOWN, option_flag, AT(hardware),
     .help = "count cycles, instructions and cache misses, too"},
    {"color", 0, "WHEN", REPORTING | CHECK | TIMELINE, SHOWN, option_word, AT(color),
     .help = "auto, always or never; NO_COLOR is honoured", .initial = "auto", .words = "auto always never"},
    {"quiet", 'q', NULL, TRYING | SERVE | CLAIMS | REPLAY, SHOWN, option_flag, AT(quiet), .help = "no progress"},
    {"dry-run", 0, NULL, MEASURING, SHOWN, option_flag, AT(dry_run),
     .help = "only the plan, and how long it will take"},
    {"example", 0, NULL, COMMAND_LIST, SHOWN, option_flag, AT(example), .help = "a workload of your own, to edit"},
    {"help", 'h', NULL, ALL, SHOWN, NULL, 0, .help = "this text"},
    {"version", 'V', NULL, ALL, SHOWN, NULL, 0, .help = "ccbench's version, build type and libraries"},
    {0},
};

_Static_assert(sizeof option_specs / sizeof *option_specs <= OPTION_SPECS_MOST, "more rows than are passed to getopt");

const char *option_group_title(enum option_group group)
{
    static const char *const titles[OPTION_GROUPS] = {
        [OPTION_WHAT] = "What is compared", [OPTION_MUCH] = "How much",         [OPTION_WHERE] = "Where it runs",
        [OPTION_SERVERS] = "Servers",       [OPTION_RULE] = "What is required", [OPTION_SHOWN] = "What is shown",
    };

    return titles[group];
}
