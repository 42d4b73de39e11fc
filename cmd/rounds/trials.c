// SPDX-License-Identifier: MIT
#include "cmd/rounds/trials.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/plan/estimate.h"
#include "cmd/rounds/apart.h"
#include "cmd/rounds/stall.h"
#include "cmd/rounds/trials_origin.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/slot.h"
#include "measure/trace/trace_capture.h"
#include "workloads/program/datafile.h"
#include "workloads/program/slots.h"

// A trial that takes many times what it should is hung; short ones get time for a loaded machine.
#define LEAST_TIMEOUT_NS (60 * NS_PER_S)
#define TIMEOUT_FACTOR 10
// A trial in which a server has left connections unanswered for so long is given up; once that is known, sooner.
#define STALL_NS (3 * NS_PER_S)
#define STALL_AGAIN_NS NS_PER_S

static char own_name[] = "ccbench", own_command[] = "trial";
static char *const own_arguments[] = {own_name, own_command, NULL};

int trials_open(struct trials *trials, const struct plan *plan, uint64_t run_start_ns)
{
    const char *program = getenv("CCBENCH_TRIAL");
    int err = apart_from_inherited_children();

    *trials = (struct trials){.plan = plan, .run_start_ns = run_start_ns, .slots_fd = -1, .file_fd = -1};
    // By another program that speaks the trial protocol, other runtimes can be measured, and the protocol tested.
    trials->ours = program == NULL || program[0] == '\0';
    trials->program = trials->ours ? "/proc/self/exe" : program;
    trials->arguments = own_arguments;
    // Inherited by every trial and the origin: 50 us by default would be added to each sleep that blocks.
    prctl(PR_SET_TIMERSLACK, 1);
    trials->seen = calloc(1, sizeof *trials->seen);
    if (err == 0)
        err = trials->seen != NULL ? supervisor_open() : -ENOMEM;
    if (err != 0)
        free(trials->seen);
    return err;
}

static void release_slots(struct trials *trials)
{
    if (trials->slots != NULL)
        munmap(trials->slots, trials->slots_bytes);
    if (trials->slots_fd >= 0)
        close(trials->slots_fd);
    trials->slots = NULL;
    trials->slots_fd = -1;
}

static void drop_file(struct trials *trials)
{
    if (trials->file_fd >= 0)
        close(trials->file_fd);
    trials->file_fd = -1;
}

void trials_close(struct trials *trials)
{
    trials_origin_close(trials);
    server_process_stop(&trials->server);
    supervisor_clean();
    release_slots(trials);
    drop_file(trials);
    free(trials->seen);
    trials->seen = NULL;
}

// A trial can change the file, by its path or as /proc/self/fd has it; those after it get another.
static void drop_changed_file(struct trials *trials)
{
    struct timespec now = {.tv_sec = 0}, then = trials->file_changed_at;

    if (trials->file_fd >= 0)
        now = datafile_changed_at(trials->file_fd);
    if (now.tv_sec != then.tv_sec || now.tv_nsec != then.tv_nsec)
        drop_file(trials);
}

// The file that read steps read, large enough for every block of the run, and of those before it. 0 or -errno.
static int need_file(struct trials *trials)
{
    uint64_t most = 0, bytes;
    bool direct = false, reads = false;
    int err;

    for (unsigned i = 0; i < trials->plan->block_count; i++) {
        const struct block *block = &trials->plan->blocks[i];

        reads |= (block->kinds & STEP_BIT(STEP_READ)) != 0;
        direct |= block->direct;
        most = block->read_most > most ? block->read_most : most;
    }
    drop_changed_file(trials);
    bytes = datafile_bytes(most, direct);
    if (!reads || (trials->file_fd >= 0 && trials->file_bytes >= bytes))
        return 0;
    drop_file(trials);
    err = datafile_make(bytes, &trials->file_fd);
    if (err != 0)
        return err;
    trials->file_bytes = bytes;
    trials->file_changed_at = datafile_changed_at(trials->file_fd);
    return 0;
}

int trials_ready(struct trials *trials, const struct block *block, char error[TRIALS_ERROR])
{
    int err = trials_origin_ready(trials, block, error);
    char how[SERVER_ERROR] = "";

    if (err == 0)
        err = need_file(trials);
    if (err == 0)
        err = trials_server_start(trials, block, how);
    if (how[0] != '\0')
        snprintf(error, TRIALS_ERROR, "the server %s", how);
    return err;
}

// Fresh slots for `tasks` tasks. 0 or -errno.
static int lay_out(struct trials *trials, const struct block *block, uint32_t tasks, bool memory)
{
    struct arrivals arrivals = plan_arrivals(block, memory);
    size_t bytes = (size_t)tasks * sizeof(struct slot);

    if (trials->slots == NULL || trials->slots_bytes != bytes) {
        release_slots(trials);
        trials->slots_fd = memfd_create("ccbench-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (trials->slots_fd < 0 || ftruncate(trials->slots_fd, (off_t)bytes) != 0 ||
            // Else a trial could take the memory away that is read here.
            fcntl(trials->slots_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
            return -errno;
        trials->slots_bytes = bytes;
        trials->slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, trials->slots_fd, 0);
        if (trials->slots == MAP_FAILED) {
            trials->slots = NULL;
            return -errno;
        }
    }
    slots_fill(trials->slots, tasks, &block->workload.mix, &arrivals, trials->plan->options->seed);
    return 0;
}

// The trial's plan as one line, with where to find what only this process knows. To be freed.
static char *trial_plan(const struct trials *trials, const struct block *block, const struct cell *cell, uint32_t tasks,
                        bool memory)
{
    cJSON *plan = plan_trial(trials->plan, block, cell, NULL, memory);
    char path[64], *text;

    json_set(plan, "tasks", cJSON_CreateNumber(tasks));
    if (trials->capture != NULL)
        cJSON_AddTrueToObject(plan, "trace");
    trials_origin_aim(trials, block, plan);
    trials_server_aim(trials, plan);
    if (trials->file_fd >= 0) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), trials->file_fd);
        cJSON_AddStringToObject(plan, "file", path);
    }
    text = cJSON_PrintUnformatted(plan);
    cJSON_Delete(plan);
    return text;
}

static void show_progress(void *progress)
{
    progress_show(progress);
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// The most that the time limit leaves to a trial. Not nothing: it has to be started to be ended.
static uint64_t rest_of(const struct trials *trials, const struct cell *cell)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t left_ns = trials->deadline_ns > now_ns ? trials->deadline_ns - now_ns : 1;

    return least_of(left_ns, estimate_longest_trial(cell, trials->share_ns));
}

// How long the trial may take; whether it is the time limit that says so.
static uint64_t timeout_of(const struct trials *trials, const struct cell *cell, bool *ret_by_limit)
{
    uint64_t by_estimate = cell->estimate_ns * TIMEOUT_FACTOR, hung = trials->plan->options->timeout_ns;
    uint64_t rest_ns = trials->deadline_ns != 0 ? rest_of(trials, cell) : UINT64_MAX;

    if (trials->patience_ns != 0)
        hung = trials->patience_ns;
    if (hung == 0)
        hung = by_estimate > LEAST_TIMEOUT_NS ? by_estimate : LEAST_TIMEOUT_NS;
    *ret_by_limit = rest_ns < hung;
    return least_of(rest_ns, hung);
}

// Where tasks are fetched from a server of which nothing is known.
static bool may_stall(const struct trials *trials, const struct block *block)
{
    return trials->plan->options->url != NULL && block->fetches > 0;
}

// A model of another runtime is a program of its own. Where another than this one is asked to be started, it hands on what it
// does not carry itself.
static const struct runtime *runtime_of(const struct trials *trials, const struct cell *cell)
{
    return trials->arguments == own_arguments && trials->ours ? cell->entry->model->runtime : NULL;
}

static struct stall watch_of(const struct cell *cell, uint32_t tasks)
{
    uint32_t chunk = parameters_tasks(cell->entry->model->parameters, &cell->parameters);
    uint32_t chunks = (tasks + chunk - 1) / chunk;

    return (struct stall){.tasks = tasks, .chunk = chunk, .lanes = cell->lanes < chunks ? cell->lanes : chunks};
}

static const char *look_for_stall(void *stall)
{
    return stall_look(stall, clock_now_ns());
}

// What gives a trial up before its time is over.
static void watch_servers(struct trials *trials, const struct block *block, struct stall *stall,
                          struct trial_request *request)
{
    if (may_stall(trials, block)) {
        request->hopeless = look_for_stall;
        request->of = stall;
    } else if (block->needs_origin && trials_origin_apart(trials)) {
        request->hopeless = trials_origin_look;
        request->of = trials;
    }
}

bool trials_lack(const struct trials *trials, const struct cell *cell)
{
    return cell->entry->model->runtime != NULL && trials->refusal.refused && trials->refusal.lacks;
}

int trials_run(struct trials *trials, const struct block *block, const struct cell *cell, uint32_t tasks,
               void (*on_mark)(const char *mark, pid_t pid, void *data), void *data, struct trial_report *ret_report)
{
    struct stall stall = watch_of(cell, tasks);
    bool by_limit;
    const struct runtime *runtime = runtime_of(trials, cell);
    struct trial_request request = {
        .program = runtime != NULL ? runtime->program : trials->program,
        .arguments = runtime != NULL ? runtime->command : trials->arguments,
        .timeout_ns = timeout_of(trials, cell, &by_limit),
        .cpus = &block->cpus,
        .on_mark = on_mark,
        .on_tick = on_mark == NULL && trials->progress != NULL ? show_progress : NULL,
        .data = on_mark != NULL ? data : trials->progress,
        .capture = trials->capture,
    };
    char *plan;
    int err = lay_out(trials, plan_work(block, cell), tasks, on_mark != NULL);

    if (err != 0)
        return err;
    if (trials->capture != NULL)
        trace_capture_begin(trials->capture, tasks, cell->lanes, STEP_KIND_COUNT);
    plan = trial_plan(trials, block, cell, tasks, on_mark != NULL);
    request.plan = plan;
    watch_servers(trials, block, &stall, &request);
    request.slots_fd = trials->slots_fd;
    stall.slots = trials->slots;
    stall.open_loop = on_mark == NULL && plan_open_loop(block);
    stall.port = trials_server_port(trials);
    stall.patience_ns = trials->stalls ? STALL_AGAIN_NS : STALL_NS;
    supervisor_run(&request, ret_report);
    trials->spent_ns += ret_report->end_ns - ret_report->start_ns;
    trials->stalled = ret_report->outcome == TRIAL_TIMED_OUT && stall.text[0] != '\0';
    trials->stalls |= trials->stalled;
    free(plan);
    trials->outgrown = by_limit && ret_report->outcome == TRIAL_TIMED_OUT && !trials->stalled;
    trials->refusal.refused = ret_report->refused;
    trials->refusal.lacks = ret_report->lacks;
    trials->refusal.speaks = ret_report->speaks;
    return 0;
}
