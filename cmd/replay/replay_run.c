// SPDX-License-Identifier: MIT
#include "cmd/replay/replay_run.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "cmd/console/options.h"
#include "cmd/plan/server_ready.h"
#include "cmd/trial/setup.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "measure/base/words.h"
#include "measure/machine/outside.h"
#include "measure/protocol.h"
#include "measure/supervisor.h"
#include "workloads/origin/process.h"
#include "workloads/origin/remote.h"
#include "workloads/origin/server_process.h"
#include "workloads/program/json.h"

#define READY_NS (60 * UINT64_C(1000000000))

// A trial's surroundings while it is replayed.
struct scene {
    const struct options *options;
    struct replay *replay;
    struct task_mix mix;
    struct origin_process origin;
    struct origin_remote remote; // with --origin
    struct server_process server;
    char **words;           // of the instrument; NULL: none
    char program[PATH_MAX]; // this one
    int plan_fd;
    char plan_path[32]; // of the same, in whatever process has inherited it
    int slots_fd;       // -1: the trial makes its own
    struct cpus cpus;
};

// What the trial's tasks ask of the origin.
static void ask(const struct task_mix *mix, bool *ret_fetches, bool *ret_tls)
{
    *ret_fetches = *ret_tls = false;
    for (size_t i = 0; i < mix->count; i++) {
        struct program_cost cost;

        program_cost(&mix->classes[i].program, false, &cost);
        *ret_fetches |= cost.fetches > 0;
        *ret_tls |= cost.tls.fresh + cost.tls.kept > 0;
    }
}

static void aim(struct scene *scene, bool tls, const char *url, const char *tls_url, const char *certificate)
{
    json_set(scene->replay->plan, "origin", cJSON_CreateString(url));
    if (!tls)
        return;
    json_set(scene->replay->plan, "origin_tls", cJSON_CreateString(tls_url));
    json_set(scene->replay->plan, "origin_certificate", cJSON_CreateString(certificate));
}

// One that is elsewhere, which need not be that of the report.
static int use_origin(struct scene *scene, bool tls)
{
    const struct options *options = scene->options;
    char error[REMOTE_ERROR];
    int err = origin_remote_open(&scene->remote, options->origin, options->token, scene->replay->seed, error);

    if (err == 0)
        err = origin_remote_begin(&scene->remote, error);
    if (err != 0)
        return complain_masked("origin", options->origin, error);
    if (tls && scene->remote.certificate[0] == '\0')
        return complain_masked("origin", options->origin, "speaks no TLS, expected 'ccbench serve --tls=FILE'");
    aim(scene, tls, scene->remote.trial_url, scene->remote.trial_tls_url, scene->remote.certificate);
    return 0;
}

// Where something is fetched from it.
static int start_origin(struct scene *scene)
{
    struct cpus cpus;
    char how[ORIGIN_HOW];
    bool fetches, tls;
    int err;

    ask(&scene->mix, &fetches, &tls);
    if (fetches && scene->options->origin != NULL)
        return use_origin(scene, tls);
    if (!fetches)
        return 0;
    if (scene->replay->origin_cpus == NULL || cpus_parse(scene->replay->origin_cpus, &cpus) != 0)
        cpus_allowed(&cpus);
    err = origin_process_start(&scene->origin, &cpus, scene->replay->origin_workers, tls, scene->replay->seed, how);
    if (err != 0)
        return complain("replay: the HTTP origin %s", how);
    aim(scene, tls, scene->origin.url, scene->origin.tls_url, scene->origin.certificate);
    return 0;
}

static int start_server(struct scene *scene)
{
    char error[SERVER_ERROR] = "out of memory", **words = NULL;
    struct server_request request = {
        .url = scene->replay->url,
        .unix_socket = scene->replay->unix_socket,
        .timeout_ns = READY_NS,
        .stop_ns = OPTIONS_SERVER_STOP_NS,
    };
    struct options options = *scene->options;
    uint64_t deadline_ns = clock_now_ns() + READY_NS;
    int err = words_split(scene->replay->server, &words, error);

    request.words = words;
    if (err == 0)
        err = server_process_start(&scene->server, &request, error);
    options.server_ready = scene->replay->ready;
    if (err == 0 && options.server_ready != NULL)
        err = server_ready_wait(&options, &scene->server, deadline_ns, error);
    free(words);
    if (err != 0)
        return complain("replay: the server '%.*s' %s", UTF8_CLIPPED(scene->replay->server, 100), error);
    json_set(scene->replay->plan, "url", cJSON_CreateString(scene->server.url));
    if (scene->server.unix_socket != NULL)
        json_set(scene->replay->plan, "unix_socket", cJSON_CreateString(scene->server.unix_socket));
    return 0;
}

// What the trial fetches from.
static int start_servers(struct scene *scene)
{
    if (scene->replay->url != NULL)
        return scene->replay->server != NULL ? start_server(scene) : 0;
    return start_origin(scene);
}

// The file that is kept, laid out for the trial.
static int make_slots(struct scene *scene)
{
    const struct trial trial = {.tasks = scene->replay->tasks, .mix = scene->mix};
    size_t bytes = (size_t)scene->replay->tasks * sizeof(struct slot);
    struct slot *slots = MAP_FAILED;

    if (scene->options->slots == NULL)
        return 0;
    scene->slots_fd = open(scene->options->slots, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (scene->slots_fd >= 0 && ftruncate(scene->slots_fd, (off_t)bytes) == 0)
        slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, scene->slots_fd, 0);
    if (slots == MAP_FAILED)
        return complain("--slots: '%.*s': %s", UTF8_CLIPPED(scene->options->slots, 80), strerror(errno));
    setup_fill_slots(scene->replay->plan, &trial, slots);
    munmap(slots, bytes);
    return 0;
}

// The instrument's words, and behind them the trial's. Ended by NULL, in a block of its own; NULL: no memory.
static char **arguments_of(const struct scene *scene)
{
    static char command[] = "trial";
    size_t n = 0;
    char **arguments;

    while (scene->words != NULL && scene->words[n] != NULL)
        n++;
    arguments = calloc(n + 4, sizeof *arguments);
    if (arguments == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        arguments[i] = scene->words[i];
    arguments[n] = (char *)scene->program;
    arguments[n + 1] = command;
    arguments[n + 2] = (char *)scene->plan_path;
    return arguments;
}

static _Noreturn void child_main(const struct scene *scene, char **arguments, int result_fd, const sigset_t *mask)
{
    int result = fcntl(result_fd, F_DUPFD_CLOEXEC, PROTOCOL_SLOTS_FD + 1);
    int slots = scene->slots_fd >= 0 ? fcntl(scene->slots_fd, F_DUPFD_CLOEXEC, PROTOCOL_SLOTS_FD + 1) : -1;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    outside_restore();
    dup2(result, PROTOCOL_RESULT_FD);
    if (slots >= 0)
        dup2(slots, PROTOCOL_SLOTS_FD);
    else
        close(PROTOCOL_SLOTS_FD);
    fcntl(scene->plan_fd, F_SETFD, 0);
    cpus_use(&scene->cpus);
    execvp(arguments[0], arguments);
    fprintf(stderr, "ccbench: --under: '%s': %s\n", arguments[0], strerror(errno));
    _exit(EXIT_USAGE);
}

// The last line that the trial wrote to descriptor 3; NULL: none that is JSON. To be deleted.
static cJSON *read_result(int fd)
{
    char *text = NULL;
    size_t length = 0;
    FILE *in = fdopen(fd, "r");
    cJSON *result = NULL;

    while (in != NULL && getline(&text, &length, in) > 0) {
        cJSON_Delete(result);
        result = cJSON_Parse(text);
    }
    free(text);
    if (in != NULL)
        fclose(in);
    return result;
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

// What the trial says of itself, in a line.
static int tell(const struct scene *scene, const cJSON *message)
{
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(message, "result");
    const char *error = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(cJSON_IsObject(result) ? result : message, "error"));
    double ns = number(result, "setup_ns") + number(result, "run_ns") + number(result, "teardown_ns");
    char time[UNITS_TEXT], cpu[UNITS_TEXT];

    fflush(stdout);
    if (error != NULL) {
        fprintf(stderr, "ccbench: %s/%s failed: %s\n", scene->replay->workload, scene->replay->model, error);
        return EXIT_CELL;
    }
    if (!scene->options->quiet)
        fprintf(stderr, "ccbench: %s/%s: %u tasks in %s, CPU time %s; under an instrument no figure is the report's\n",
                scene->replay->workload, scene->replay->model, scene->replay->tasks, units_format_duration(time, ns),
                units_format_duration(cpu, number(result, "cpu_ns")));
    return EXIT_DONE;
}

static int status_of(int status)
{
    return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

// In the foreground: what is typed, Ctrl-C too, is the instrument's.
static int run(const struct scene *scene, char **arguments)
{
    sigset_t ignored, mask;
    int fds[2], status = 0;
    cJSON *message;
    pid_t pid;

    sigemptyset(&ignored);
    sigaddset(&ignored, SIGINT);
    sigaddset(&ignored, SIGQUIT);
    if (pipe2(fds, O_CLOEXEC) != 0)
        return complain("replay: %s", strerror(errno));
    sigprocmask(SIG_BLOCK, &ignored, &mask);
    pid = fork();
    if (pid == 0)
        child_main(scene, arguments, fds[1], &mask);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return complain("replay: cannot start the trial: %s", strerror(errno));
    }
    message = read_result(fds[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    status = message != NULL ? tell(scene, message) : status_of(status);
    cJSON_Delete(message);
    return status;
}

static int run_in(struct scene *scene)
{
    ssize_t length = readlink("/proc/self/exe", scene->program, sizeof scene->program - 1);
    char **arguments;
    int status;

    scene->program[length > 0 ? length : 0] = '\0';
    scene->plan_fd = replay_write_plan(scene->replay);
    if (scene->plan_fd < 0)
        return EXIT_USAGE;
    snprintf(scene->plan_path, sizeof scene->plan_path, "/proc/self/fd/%d", scene->plan_fd);
    arguments = arguments_of(scene);
    status = arguments != NULL ? run(scene, arguments) : complain_of(-ENOMEM);
    free(arguments);
    close(scene->plan_fd);
    return status;
}

static int split_instrument(struct scene *scene)
{
    char error[WORDS_ERROR] = "out of memory";

    if (scene->options->under == NULL || words_split(scene->options->under, &scene->words, error) == 0)
        return 0;
    return complain("--under: '%.*s': %s", UTF8_CLIPPED(scene->options->under, 80), error);
}

int replay_run(struct replay *replay, const struct options *options)
{
    struct scene scene = {.options = options, .replay = replay, .slots_fd = -1};
    int status = split_instrument(&scene);
    struct json_fault fault;

    if (replay->stand_in != NULL && !options->quiet)
        fprintf(stderr, "ccbench: the report's trials were those of '%.*s' (CCBENCH_TRIAL); this is ccbench's own\n",
                UTF8_CLIPPED(replay->stand_in, 100));

    if (replay->cpus == NULL || cpus_parse(replay->cpus, &scene.cpus) != 0)
        cpus_allowed(&scene.cpus);
    if (status == 0 && task_mix_read(replay->plan, false, &scene.mix, &fault) != 0)
        status = complain("replay: the cell's trial has no tasks that this ccbench knows");
    if (status == 0)
        status = start_servers(&scene);
    if (status == 0)
        status = make_slots(&scene);
    if (status == 0)
        status = run_in(&scene);
    origin_process_stop(&scene.origin);
    origin_remote_close(&scene.remote);
    server_process_stop(&scene.server);
    if (scene.slots_fd >= 0)
        close(scene.slots_fd);
    task_mix_release(&scene.mix);
    free(scene.words);
    return status;
}
