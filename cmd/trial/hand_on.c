// SPDX-License-Identifier: MIT
#include "cmd/trial/hand_on.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/trial/answer.h"
#include "cmd/trial/read_plan.h"
#include "measure/base/write_all.h"
#include "runtimes/registry.h"

// What was read, and then whatever else comes, such as the answers to marks. A process of its own, since a pipe may be
// smaller than a plan; it ends with the program it writes to, or with what it reads from.
static _Noreturn void pass_on(int to, const char *line, pid_t parent)
{
    char buffer[4096];
    ssize_t n;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || write_all(to, line, strlen(line)) != 0 || write_all(to, "\n", 1) != 0)
        _exit(0);
    while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR)) {
        if (n > 0 && write_all(to, buffer, (size_t)n) != 0)
            break;
    }
    _exit(0);
}

// The program finds one child that it has not made itself, as it would under a shell.
static int start_passing(const char *line)
{
    pid_t parent = getpid(), pid;
    int fds[2];

    if (pipe(fds) != 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        pass_on(fds[1], line, parent);
    }
    if (pid < 0)
        return -errno;
    dup2(fds[0], STDIN_FILENO);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

int hand_on(const cJSON *plan, const char *line)
{
    const char *carrier = read_plan_text(plan, "carrier"), *interpreter = read_plan_text(plan, "interpreter"), *missing;
    const char *name = carrier != NULL ? carrier : read_plan_text(plan, "model");
    const struct model_entry *entry = name != NULL && model_find(name) == NULL ? registry_find(name) : NULL;
    struct runtime *runtime;
    int err;

    if (entry != NULL && interpreter != NULL)
        entry = registry_variant(entry, interpreter);
    if (entry == NULL)
        return 0;
    runtime = entry->model->runtime;
    missing = runtime_ready(runtime);
    if (missing != NULL)
        return answer_refuse(REFUSED_LACKS, "%s is not here: %s", name, missing);
    err = start_passing(line);
    if (err == 0) {
        execv(runtime->program, runtime->command);
        err = -errno;
    }
    return answer_refuse(REFUSED, "%s cannot be started: %s", name, strerror(-err));
}
