// SPDX-License-Identifier: MIT
#include "cmd/trial/answer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/json.h"
#include "measure/machine/limits.h"
#include "measure/protocol.h"

static bool is_worker;

static int answer_fd(void)
{
    return is_worker ? STDERR_FILENO : PROTOCOL_RESULT_FD;
}

// JSON is made before the lanes and after them: this leaves no process of a model behind.
static void end_without_memory(void)
{
    char limit[LIMIT_TEXT];
    bool named = limit_of_memory(limit)[0] != '\0';

    dprintf(answer_fd(), "{\"error\":\"out of memory%s%s%s\"}\n", named ? " (" : "", limit, named ? ")" : "");
    _exit(2); // as after every refusal
}

void answer_open(void)
{
    struct stat stat;

    // 3 is taken in any case, so that nothing the trial opens later can be mistaken for the pipe.
    if (fstat(PROTOCOL_RESULT_FD, &stat) != 0 || !S_ISFIFO(stat.st_mode))
        dup3(STDOUT_FILENO, PROTOCOL_RESULT_FD, O_CLOEXEC);
    json_end_without_memory(end_without_memory);
}

void answer_by_diagnostics(void)
{
    is_worker = true;
    json_end_without_memory(end_without_memory);
}

void answer_write(cJSON *message)
{
    char *line = cJSON_PrintUnformatted(message);

    dprintf(answer_fd(), "%s\n", line);
    free(line);
    cJSON_Delete(message);
}

int answer_refuse(enum refusal refusal, const char *format, ...)
{
    cJSON *message = cJSON_CreateObject();
    va_list arguments;
    char text[512];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cJSON_AddStringToObject(message, "error", text);
    if (refusal == REFUSED_LACKS)
        cJSON_AddTrueToObject(message, "lacks");
    cJSON_AddNumberToObject(message, "speaks", PROTOCOL_VERSION);
    answer_write(message);
    return -EINVAL;
}
