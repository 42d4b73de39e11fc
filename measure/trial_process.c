// SPDX-License-Identifier: MIT
#include "measure/trial_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/cpus.h"
#include "measure/base/descriptors.h"
#include "measure/protocol.h"
#include "measure/trace/trace_capture.h"

#define PLACED 6

// Moves the first `count` descriptors out of the way of 0 … 5 first, since any of them may be one of those.
// *ret_result_fd is where the result's is by then, in any case.
static bool place_descriptors(const int from[PLACED], int count, int *ret_result_fd)
{
    int high[PLACED];

    *ret_result_fd = from[PROTOCOL_RESULT_FD];
    for (int i = 0; i < count; i++) {
        high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, PLACED);
        if (high[i] < 0)
            return false;
    }
    *ret_result_fd = high[PROTOCOL_RESULT_FD];
    for (int i = 0; i < count; i++) {
        if (dup2(high[i], i) < 0)
            return false;
    }
    return true;
}

static _Noreturn void child_main(const struct trial_request *request, pid_t parent, int plan_fd, int result_fd,
                                 int output_fd)
{
    bool traced = request->capture != NULL;
    const int fds[PLACED] = {plan_fd,   output_fd,         output_fd,
                             result_fd, request->slots_fd, traced ? request->capture->fd : -1};
    const char *what = "start the trial's program";
    int said_fd;

    supervisor_child_setup(parent);
    if (place_descriptors(fds, traced ? PLACED : PLACED - 1, &said_fd)) {
        if (request->cpus == NULL || cpus_use(request->cpus) == 0)
            execv(request->program, request->arguments);
        else
            what = "put the trial on its CPUs";
    }
    dprintf(said_fd, "{\"error\":\"cannot %s: %s\",\"started\":false}\n", what, strerror(errno));
    _exit(127);
}

int trial_process_start(const struct trial_request *request, struct trial_process *ret_process)
{
    int plan[2] = {-1, -1}, result[2] = {-1, -1}, output[2] = {-1, -1}, err;
    pid_t parent = getpid(), pid = -1;

    if (pipe2(plan, O_CLOEXEC) == 0 && pipe2(result, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0)
        pid = fork();
    if (pid == 0)
        child_main(request, parent, plan[0], result[1], output[1]);
    err = pid < 0 ? -errno : 0;
    close_fd(&plan[0]);
    close_fd(&result[1]);
    close_fd(&output[1]);
    *ret_process = (struct trial_process){
        .pid = pid, .plan_fd = keep_fd(plan[1]), .result_fd = keep_fd(result[0]), .output_fd = keep_fd(output[0])};
    return err;
}

void trial_process_close(struct trial_process *process)
{
    close_fd(&process->plan_fd);
    close_fd(&process->result_fd);
    close_fd(&process->output_fd);
}
