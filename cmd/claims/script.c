// SPDX-License-Identifier: MIT
#include "cmd/claims/script.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/text.h"
#include "measure/supervisor.h"
#include "reports/document/fields.h"

#define PATIENCE_NS (120 * NS_PER_S)
#define TICK_MS 100
#define OUTPUT_BYTES ((size_t)1 << 16)
#define WORDS_MOST 32
#define SKIPPED 77

static cJSON *answer(const char *status, const char *reason, cJSON *values)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "status", status);
    json_add_text(object, "reason", reason);
    cJSON_AddItemToObject(object, "values", values != NULL ? values : cJSON_CreateObject());
    return object;
}

static _Noreturn void become(const struct claim_file *claim, char **words, int out_fd, pid_t parent)
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    supervisor_child_setup(parent);
    if (length > 0) {
        own[length] = '\0';
        setenv("CCBENCH", own, 1);
    }
    dup2(null_fd, STDIN_FILENO);
    dup2(out_fd, STDOUT_FILENO);
    dup2(null_fd, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    if (chdir(claim->folder) == 0)
        execvp(words[0], words);
    // 127 where there is no such program, as a shell has it.
    _exit(errno == ENOENT ? 127 : 126);
}

static bool has_time(uint64_t deadline_ns)
{
    return supervisor_interrupted() == 0 && clock_now_ns() < deadline_ns;
}

static bool has_exited(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_pid != 0;
}

// What it prints until it closes its output, or has ended: what it has started may hold the output open for longer. Or until there is
// no more room. False: its time is up, or a signal arrived.
static bool read_output(pid_t pid, int fd, uint64_t deadline_ns, char output[OUTPUT_BYTES])
{
    size_t length = 0;
    bool ended = false;

    while (!ended && has_time(deadline_ns)) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        bool exited = has_exited(pid); // before what there is then is read
        int ready = poll(&wait, 1, exited ? 0 : TICK_MS);
        ssize_t n;

        ended = exited && ready == 0;
        if (ready <= 0)
            continue;
        n = read(fd, output + length, OUTPUT_BYTES - 1 - length);
        ended = n == 0 || (n < 0 && errno != EINTR);
        length += n > 0 ? (size_t)n : 0;
    }
    output[length] = '\0';
    return ended;
}

// The last line that is not empty, at its end cut off.
static char *last_line(char *output)
{
    size_t length = strlen(output);
    char *line;

    while (length > 0 && (output[length - 1] == '\n' || output[length - 1] == ' '))
        output[--length] = '\0';
    line = strrchr(output, '\n');
    return line != NULL ? line + 1 : output;
}

static cJSON *conclude(char *output, const char *program, int status)
{
    char reason[300], how[SUPERVISOR_HOW];
    cJSON *values = NULL;
    const cJSON *value;

    text_repair(output);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        return answer("skipped",
                      last_line(output)[0] != '\0' ? last_line(output) : "it says that it cannot be run here", NULL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        snprintf(reason, sizeof reason, "no program '%.200s' is here", program);
        return answer("skipped", reason, NULL);
    }
    supervisor_how_ended(status, how);
    snprintf(reason, sizeof reason, "'%.150s' %s", program, how);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        snprintf(reason, sizeof reason, "'%.150s' printed no JSON object of numbers", program);
        values = cJSON_Parse(last_line(output));
    }
    if (!cJSON_IsObject(values)) {
        cJSON_Delete(values);
        return answer("failed", reason, NULL);
    }
    cJSON_ArrayForEach(value, values) {
        if (!cJSON_IsNumber(value) || !isfinite(value->valuedouble)) {
            cJSON_Delete(values);
            return answer("failed", reason, NULL);
        }
    }
    return answer("ok", NULL, values);
}

// Waits for its end and leaves nothing of it behind. NULL: a signal arrived.
static cJSON *watch(pid_t pid, int fd, const char *program)
{
    static char output[OUTPUT_BYTES];
    uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    bool ended = read_output(pid, fd, deadline_ns, output);
    int status = 0;

    // It has closed its output, and so is about to end; what it started is killed with it.
    while (ended && !has_exited(pid)) {
        ended = has_time(deadline_ns);
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
    supervisor_clean();
    if (ended)
        return conclude(output, program, status);
    return supervisor_interrupted() != 0 ? NULL : answer("failed", "it took longer than two minutes", NULL);
}

cJSON *script_run(const struct claim_file *claim, const cJSON *experiment)
{
    const cJSON *word;
    char *words[WORDS_MOST + 1] = {NULL};
    int fds[2], n = 0;
    pid_t parent = getpid(), pid;
    cJSON *result;

    cJSON_ArrayForEach(word, field(experiment, "script")) {
        if (n < WORDS_MOST)
            words[n++] = word->valuestring;
    }
    if (pipe2(fds, O_CLOEXEC) != 0)
        return answer("failed", strerror(errno), NULL);
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        become(claim, words, fds[1], parent);
    close(fds[1]);
    if (pid > 0) {
        setpgid(pid, pid);
        result = watch(pid, fds[0], words[0]);
    } else {
        result = answer("failed", strerror(errno), NULL);
    }
    close(fds[0]);
    return result;
}
