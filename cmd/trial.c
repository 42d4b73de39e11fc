// SPDX-License-Identifier: MIT
// ccbench trial (hidden): one measurement in this process. Reads a plan, carries the tasks, writes the result; speaks
// docs/trial-protocol.md.
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/trial/answer.h"
#include "cmd/trial/hand_on.h"
#include "cmd/trial/phases.h"
#include "cmd/trial/read_plan.h"
#include "cmd/trial/result.h"
#include "cmd/trial/setup.h"
#include "cmd/trial/worker.h"

// One line, byte by byte: what follows it are the supervisor's answers to marks. NULL: nothing, or no memory.
static char *read_line(int fd)
{
    char *line = NULL, byte;
    size_t length = 0, capacity = 0;
    ssize_t n;

    while ((n = read(fd, &byte, 1)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || byte == '\n')
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

// Of a plan that is in a file (ccbench replay), standard input is left alone: a debugger's user types there.
static char *read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *line = fd >= 0 ? read_line(fd) : NULL;

    if (fd >= 0)
        close(fd);
    return line;
}

static int command_main(int argc, char **argv)
{
    static struct trial trial; // static: zeroed and aligned
    struct burden burden;      // none, but in a build to try gates with
    struct phases phases = {.counted = false};
    cJSON *plan;
    char *line;
    int err;

    if (argc == 3 && strcmp(argv[1], "worker") == 0)
        return trial_worker(argv[2]) == 0 ? EXIT_DONE : EXIT_USAGE; // which its trial notices
    answer_open();
    line = argc == 2 ? read_file(argv[1]) : read_line(STDIN_FILENO);
    plan = line != NULL ? cJSON_Parse(line) : NULL;
    trial.plan = line;
    err = cJSON_IsObject(plan) ? hand_on(plan, line) : answer_refuse(REFUSED, "the plan is not a line of JSON");
    if (err == 0)
        err = read_plan(plan, &trial, &burden);
    if (err == 0)
        err = setup_open(plan, &trial);
    phases.counted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "hardware"));
    cJSON_Delete(plan);
    if (err == 0) {
        phases_carry(&trial, &burden, &phases);
        burden_settle(&burden, &trial);
        err = result_answer(&trial, &phases);
    }
    setup_close(&trial);
    free(line);
    return err == 0 ? EXIT_DONE : EXIT_USAGE;
}

const struct command command_trial = {
    .name = "trial",
    .hidden = true,
    .main = command_main,
};
