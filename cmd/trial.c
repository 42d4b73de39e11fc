// SPDX-License-Identifier: MIT
// ccbench trial (hidden): one measurement in this process. Reads a plan, carries the tasks, writes the result; speaks
// docs/trial-protocol.md.
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/trial/burden.h"
#include "measure/base/json.h"
#include "measure/machine/hardware.h"
#include "measure/protocol.h"
#include "measure/sample.h"
#include "models/carry/http_get.h"
#include "measure/machine/limits.h"
#include "models/model.h"
#include "models/carry/resources.h"
#include "workloads/program/json.h"
#include "workloads/program/slots.h"

static struct burden burden; // none, but to try a gate

// 31 years: far from where a deadline would overflow.
#define MOST_NS UINT64_C(1000000000000000000)

struct usage {
    uint64_t cpu_ns;
    uint64_t switches_own, switches_forced;
};

static void add_usage(int who, struct usage *usage)
{
    struct rusage rusage;

    getrusage((__rusage_who_t)who, &rusage);
    usage->switches_own += (uint64_t)rusage.ru_nvcsw;
    usage->switches_forced += (uint64_t)rusage.ru_nivcsw;
}

static struct usage usage_now(void)
{
    struct usage usage = {.cpu_ns = clock_cpu_ns()};

    add_usage(RUSAGE_SELF, &usage);
    add_usage(RUSAGE_CHILDREN, &usage);
    return usage;
}

// Without a supervisor's pipe at 3, results go to standard output, so that a trial can be run by hand; and 3 is taken, so
// that nothing the trial opens later can be mistaken for the pipe.
static void settle_result_fd(void)
{
    struct stat stat;

    if (fstat(PROTOCOL_RESULT_FD, &stat) != 0 || !S_ISFIFO(stat.st_mode))
        dup3(STDOUT_FILENO, PROTOCOL_RESULT_FD, O_CLOEXEC);
}

// Says why there will be no result; `key`, where it is not NULL, is true.
static int write_refusal(const char *key, const char *text)
{
    cJSON *message = cJSON_CreateObject();
    char *line;

    cJSON_AddStringToObject(message, "error", text);
    if (key != NULL)
        cJSON_AddTrueToObject(message, key);
    cJSON_AddNumberToObject(message, "speaks", PROTOCOL_VERSION);
    line = cJSON_PrintUnformatted(message);
    dprintf(PROTOCOL_RESULT_FD, "%s\n", line);
    free(line);
    cJSON_Delete(message);
    return EXIT_USAGE;
}

// JSON is made before the lanes and after them: no process of the model is left by this.
static void end_without_memory(void)
{
    dprintf(PROTOCOL_RESULT_FD, "{\"error\":\"out of memory\"}\n");
    _exit(EXIT_USAGE);
}

static int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int refuse(const char *format, ...)
{
    va_list arguments;
    char text[512];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return write_refusal(NULL, text);
}

static int refuse_unknown(const char *format, ...) __attribute__((format(printf, 1, 2)));

// What this build does not have: a model, a step.
static int refuse_unknown(const char *format, ...)
{
    va_list arguments;
    char text[512];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return write_refusal("lacks", text);
}

// One line, byte by byte: what follows it are the supervisor's answers to marks.
static char *read_line(int fd)
{
    char *line = NULL;
    size_t length = 0, capacity = 0;
    char byte;

    for (;;) {
        ssize_t n = read(fd, &byte, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || byte == '\n')
            break;
        if (length + 1 >= capacity) {
            char *grown = realloc(line, capacity = capacity * 2 + 1024);

            if (grown == NULL)
                break;
            line = grown;
        }
        line[length++] = byte;
    }
    if (line != NULL)
        line[length] = '\0';
    return line;
}

static double number(const cJSON *plan, const char *name, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan, name);

    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

// As a whole number from 0 to `most`, whatever is there.
static uint64_t whole(const cJSON *plan, const char *name, double otherwise, uint64_t most)
{
    double value = number(plan, name, otherwise);

    return value >= (double)most ? most : value > 0 ? (uint64_t)value : 0;
}

static const char *text(const cJSON *plan, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plan, name));
}

// The shared slots at fd 4, or own ones.
static int map_slots(struct trial *trial, const struct arrivals *arrivals, uint64_t seed)
{
    size_t bytes = (size_t)trial->tasks * sizeof(struct slot);
    struct stat stat;
    bool given = fstat(PROTOCOL_SLOTS_FD, &stat) == 0 && S_ISREG(stat.st_mode) && (size_t)stat.st_size == bytes;
    void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_POPULATE | (given ? 0 : MAP_ANONYMOUS), given ? PROTOCOL_SLOTS_FD : -1, 0);

    if (slots == MAP_FAILED)
        return -errno;
    trial->slots = slots;
    if (!given)
        slots_fill(trial->slots, trial->tasks, &trial->mix, arrivals, seed);
    return 0;
}

// In memory that processes forked later share.
static int share_memory(struct trial *trial)
{
    uint32_t chunks = (trial->tasks + trial->chunk - 1) / trial->chunk; // the lane that gets one does it alone
    void *memory = mmap(NULL, sizeof *trial->memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        return -errno;
    trial->memory = memory;
    trial->memory->expected = chunks < trial->lanes ? chunks : trial->lanes;
    trial->memory->held = trial->model->forks;
    return 0;
}

static void weigh_mix(struct trial *trial)
{
    bool cheap = true;

    for (size_t i = 0; i < trial->mix.count; i++) {
        struct program_cost cost;

        program_cost(&trial->mix.classes[i].program, trial->foreign, &cost);
        trial->kinds |= cost.kinds;
        if (cost.depth > trial->depth)
            trial->depth = cost.depth;
        if (cost.payload_most > trial->payload_most)
            trial->payload_most = cost.payload_most;
        if (cost.read_most > trial->read_most)
            trial->read_most = cost.read_most;
        trial->direct |= cost.direct;
        cheap &= (cost.kinds & ~(STEP_BIT(STEP_YIELD) | STEP_BIT(STEP_CALL))) == 0;
    }
    // Empty tasks are claimed 64 at a time: else the shared counter would be what is measured. But never more than a lane's
    // share: else the first lanes would take all, and fewer be in flight than asked for.
    trial->claim_chunk = 1;
    if (cheap && !trial->open_loop && trial->tasks > trial->lanes)
        trial->claim_chunk = trial->tasks / trial->lanes < 64 ? trial->tasks / trial->lanes : 64;
}

// 0, or the exit status with the refusal written.
static int read_plan(const cJSON *plan, struct trial *trial)
{
    const char *name = text(plan, "model"), *url = text(plan, "url"), *origin = text(plan, "origin");
    const struct model_entry *entry = name != NULL ? model_find(name) : NULL;
    char error[JSON_ERROR] = "out of memory";
    struct json_fault fault;
    const char *cannot;
    int err;

    if (number(plan, "protocol", 0) != PROTOCOL_VERSION)
        return refuse("trial protocol %g is not spoken here, expected %d", number(plan, "protocol", 0), PROTOCOL_VERSION);
    if (entry == NULL)
        return refuse_unknown("no model '%.40s'", name != NULL ? name : "");
    if (entry->model == NULL)
        return refuse_unknown("%s is not built: %s", name, entry->missing);
    trial->model = entry->model;
    trial->tasks = (uint32_t)whole(plan, "tasks", 0, UINT32_MAX);
    trial->lanes = (uint32_t)whole(plan, "lanes", 0, UINT32_MAX);
    trial->cores = (unsigned)whole(plan, "cores", 1, CPU_SETSIZE);
    trial->foreign = url != NULL;
    trial->task_timeout_ns = whole(plan, "task_timeout_ns", 0, MOST_NS);
    trial->open_loop = number(plan, "rate_per_s", 0) > 0;
    trial->chunk = (uint32_t)fmax(1, (double)whole(plan, "chunk", 1, UINT32_MAX));
    trial->gil_interval_ns = whole(plan, "gil_interval_ns", 5e6, MOST_NS);
    if (trial->tasks == 0 || trial->lanes == 0)
        return refuse("tasks and lanes must be at least 1");
    if (trial->chunk > MODEL_CHUNK_MAX || (trial->chunk > 1 && !trial->model->takes_chunk))
        return refuse("%s takes no chunk of %u tasks", name, trial->chunk);
    err = task_mix_read(plan, false, &trial->mix, &fault);
    if (err == -EINVAL)
        return refuse_unknown("%s", json_fault_write(&fault, error));
    if (err != 0)
        return refuse("%s", error);
    if (burden_read(&burden) != 0 || burden_add(&burden, &trial->mix) != 0)
        return refuse("CCBENCH_BURDEN is not a burden");
    for (size_t i = 0; i < trial->mix.count; i++) {
        if (program_resolve_urls(&trial->mix.classes[i].program, origin != NULL ? origin : "", url) != 0)
            return refuse("out of memory");
    }
    weigh_mix(trial);
    cannot = model_cannot(trial->model, trial->kinds, error, sizeof error);
    return cannot != NULL ? refuse_unknown("%s %s", name, cannot) : 0;
}

// Everything that is not the model's: limits, libraries, shared memory.
static int prepare(const cJSON *plan, struct trial *trial)
{
    struct arrivals arrivals = {
        .rate_per_s = number(plan, "rate_per_s", 0),
        .constant = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "rate_constant")),
    };

    limits_raise();
    // 50 us of slack by default would be added to every sleep that blocks.
    prctl(PR_SET_TIMERSLACK, 1);
    if (map_slots(trial, &arrivals, whole(plan, "seed", 1, MOST_NS)) != 0)
        return refuse("cannot map %u slots: %s", trial->tasks, strerror(errno));
    if (resources_open(trial, text(plan, "file")) != 0)
        return refuse("%s", trial->error);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "memory")) && share_memory(trial) != 0)
        return refuse("cannot share memory: %s", strerror(errno));
    if (trial->kinds & STEP_BIT(STEP_FETCH) && http_load(trial) != 0)
        return refuse("%s", trial->error);
    if (trial->kinds & STEP_BIT(STEP_FETCH) && !trial->model->forks && http_global_open(trial) != 0)
        return refuse("cannot initialise libcurl");
    return 0;
}

struct phases {
    uint64_t setup_ns, run_ns, teardown_ns;
    struct usage before, after;
    bool counted; // by `hardware`
    struct hardware hardware;
};

static void carry(struct trial *trial, struct phases *phases)
{
    const struct model *model = trial->model;
    uint64_t opened_ns, ran_ns, closed_ns, begin_ns;
    int err;

    if (trial->memory != NULL)
        trial_mark("before_lanes");
    burden_touch(&burden);
    if (phases->counted) {
        hardware_open(&phases->hardware);
        hardware_start(&phases->hardware);
    }
    phases->before = usage_now();
    begin_ns = clock_now_ns();
    err = model->open(trial);
    opened_ns = clock_now_ns();
    trial->run_start_ns = opened_ns;
    if (err == 0)
        err = model->run(trial);
    ran_ns = clock_now_ns();
    if (trial->memory != NULL)
        trial_mark("before_close");
    closed_ns = clock_now_ns();
    model->close(trial);
    closed_ns = clock_now_ns() - closed_ns;
    phases->after = usage_now();
    if (phases->counted)
        hardware_stop(&phases->hardware);
    phases->setup_ns = opened_ns - begin_ns;
    phases->run_ns = ran_ns - opened_ns;
    phases->teardown_ns = closed_ns;
    if (err != 0)
        trial_fail(trial, err, "%s", strerror(-err));
}

static bool add_counters(const struct trial *trial, cJSON *result)
{
    cJSON *counters = cJSON_AddObjectToObject(result, "counters");
    bool added = counters != NULL;

    for (int i = 0; i < TRIAL_COUNTERS && trial->counters[i].name != NULL; i++)
        added &= cJSON_AddNumberToObject(counters, trial->counters[i].name, (double)trial->counters[i].value) != NULL;
    return added;
}

static bool add_in_flight(const struct trial *trial, cJSON *result)
{
    uint32_t in_flight;

    if (trial->memory != NULL)
        in_flight = atomic_load(&trial->memory->peak);
    else if (trial->work_ended_ns != NULL && trial->error[0] == '\0')
        in_flight = sample_in_flight(trial->slots, trial->work_ended_ns, trial->tasks);
    else
        return true;
    return in_flight != UINT32_MAX && cJSON_AddNumberToObject(result, "in_flight", in_flight) != NULL;
}

static bool add_phases(const struct phases *phases, uint64_t run_start_ns, cJSON *result)
{
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {
        {"setup_ns", phases->setup_ns},
        {"run_ns", phases->run_ns},
        {"teardown_ns", phases->teardown_ns},
        {"run_start_ns", run_start_ns},
        {"startup_cpu_ns", phases->before.cpu_ns},
        {"cpu_ns", phases->after.cpu_ns - phases->before.cpu_ns},
        {"switches_own", phases->after.switches_own - phases->before.switches_own},
        {"switches_forced", phases->after.switches_forced - phases->before.switches_forced},
    };
    bool added = true;

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        added &= cJSON_AddNumberToObject(result, figures[i].name, (double)figures[i].value) != NULL;
    return added;
}

static bool add_hardware(struct phases *phases, cJSON *result)
{
    char reason[HARDWARE_REASON], text[HARDWARE_REASON + 8];
    bool added = true;

    if (!phases->counted)
        return true;
    added &= cJSON_AddItemToObject(result, "hardware", hardware_read(&phases->hardware));
    if (hardware_reason(&phases->hardware, reason)) {
        snprintf(text, sizeof text, "n/a: %s", reason);
        added &= cJSON_AddStringToObject(result, "hardware_reason", text) != NULL;
    }
    hardware_close(&phases->hardware);
    return added;
}

// A result that lacks something for want of memory is none.
static int write_result(const struct trial *trial, struct phases *phases)
{
    cJSON *message = cJSON_CreateObject();
    cJSON *result = cJSON_AddObjectToObject(message, "result");
    bool added = add_counters(trial, result);
    char *line;

    if (trial->error[0] != '\0')
        added &= cJSON_AddStringToObject(result, "error", trial->error) != NULL;
    added &= add_in_flight(trial, result);
    if (trial->kinds & STEP_SHARED)
        added &= cJSON_AddNumberToObject(result, "counter", (double)atomic_load(&trial->shared->counter)) != NULL;
    added &= add_phases(phases, trial->run_start_ns, result);
    added &= add_hardware(phases, result);
    line = added ? cJSON_PrintUnformatted(message) : NULL;
    cJSON_Delete(message);
    if (line == NULL)
        return refuse("out of memory");
    dprintf(PROTOCOL_RESULT_FD, "%s\n", line);
    free(line);
    return EXIT_DONE;
}

static int command_main(int argc, char **argv)
{
    static struct trial trial; // static: zeroed and aligned
    struct phases phases = {.counted = false};
    cJSON *plan;
    char *line;
    int status;

    (void)argc, (void)argv;
    settle_result_fd();
    json_end_without_memory(end_without_memory);
    line = read_line(STDIN_FILENO);
    plan = line != NULL ? cJSON_Parse(line) : NULL;
    free(line);
    if (!cJSON_IsObject(plan)) {
        cJSON_Delete(plan);
        return refuse("the plan is not a line of JSON");
    }
    status = read_plan(plan, &trial);
    if (status == 0)
        status = prepare(plan, &trial);
    phases.counted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "hardware"));
    cJSON_Delete(plan);
    if (status == 0) {
        carry(&trial, &phases);
        burden_settle(&burden, trial.slots, trial.tasks);
        status = write_result(&trial, &phases);
    }
    if (trial.kinds & STEP_BIT(STEP_FETCH) && trial.model != NULL && !trial.model->forks)
        http_global_close();
    resources_close(&trial);
    if (trial.slots != NULL)
        munmap(trial.slots, (size_t)trial.tasks * sizeof(struct slot));
    free(trial.work_ended_ns);
    task_mix_release(&trial.mix);
    return status;
}

const struct command command_trial = {
    .name = "trial",
    .hidden = true,
    .main = command_main,
};
