// SPDX-License-Identifier: MIT
#include "runtimes/interpreter.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"

#define LANGUAGES 2
#define NOTED 64
#define ANSWER_BYTES 16384
#define PATIENCE_NS (20 * NS_PER_S)
#define LATE 256 // no exit status

struct language {
    const char *name, *variable, *program, *debian;
    const char *option, *script; // that has it print what it is, as JSON, of the modules behind it
};

static const struct language languages[LANGUAGES] = {
    {"python", "CCBENCH_PYTHON", "python3", "python3", "-c",
     "import sys\n"
     "if sys.path[:1] == ['']:\n" // else a json.py where ccbench is started would be what is imported
     "    del sys.path[0]\n"
     "import json\n"
     "try:\n"
     "    from importlib.metadata import version\n"
     "except ImportError:\n"
     "    version = None\n"
     "def of(name):\n"
     "    try:\n"
     "        return version(name)\n"
     "    except Exception:\n"
     "        return None\n"
     "print(json.dumps({'path': sys.executable, 'version': '.'.join(map(str, sys.version_info[:3])),\n"
     "                  'modules': {name: of(name) for name in sys.argv[1:]}}))\n"},
    {"node", "CCBENCH_NODE", "node", "nodejs", "-e",
     "console.log(JSON.stringify({path: process.execPath, version: process.versions.node, modules: {}}))"},
};

static char *noted[NOTED];
static unsigned noted_count;

static const struct language *find_language(const char *name, size_t length)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (strlen(languages[i].name) == length && memcmp(languages[i].name, name, length) == 0)
            return &languages[i];
    }
    return NULL;
}

const char *interpreter_language(const char *word)
{
    for (const char *open = strchr(word, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const struct language *language = find_language(open + 1, strcspn(open + 1, "}"));

        if (language != NULL)
            return language->name;
    }
    return NULL;
}

void interpreter_note_module(const char *distribution)
{
    for (unsigned i = 0; i < noted_count; i++) {
        if (strcmp(noted[i], distribution) == 0)
            return;
    }
    if (noted_count < NOTED && (noted[noted_count] = strdup(distribution)) != NULL)
        noted_count++;
}

static _Noreturn void ask_in_child(const struct language *language, const char *program, int out_fd)
{
    char *words[NOTED + 4] = {(char *)program, (char *)language->option, (char *)language->script};
    int null_fd = open("/dev/null", O_RDWR);

    setpgid(0, 0); // so that what it starts can be ended with it
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; i < noted_count; i++)
        words[3 + i] = noted[i];
    dup2(null_fd, STDIN_FILENO);
    dup2(out_fd, STDOUT_FILENO);
    dup2(null_fd, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execvp(program, words);
    // 127 where there is no such program, as a shell has it.
    _exit(errno == ENOENT ? 127 : 126);
}

// What it prints until it ends, or its time is up, which it tells.
static bool read_answer(int fd, char answer[ANSWER_BYTES])
{
    uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    size_t length = 0;
    bool late = false;

    while (!late && length < ANSWER_BYTES - 1) {
        uint64_t now_ns = clock_now_ns();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        ssize_t n;

        late = now_ns >= deadline_ns || poll(&wait, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1) == 0;
        if (late)
            break;
        n = read(fd, answer + length, ANSWER_BYTES - 1 - length);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        length += n > 0 ? (size_t)n : 0;
    }
    answer[length] = '\0';
    return late;
}

// What a site has each start print stands before it.
static const char *last_line(char *answer)
{
    size_t length = strlen(answer);
    const char *before;

    while (length > 0 && answer[length - 1] == '\n')
        answer[--length] = '\0';
    before = strrchr(answer, '\n');
    return before != NULL ? before + 1 : answer;
}

// The answer as JSON; NULL where there is none, with the exit status, or 128 + the signal, or LATE.
static cJSON *ask(const struct language *language, const char *program, int *ret_status)
{
    char answer[ANSWER_BYTES] = "";
    int pipe_fds[2], status = 0;
    pid_t pid;

    *ret_status = 126;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return NULL;
    pid = fork();
    if (pid == 0)
        ask_in_child(language, program, pipe_fds[1]);
    close(pipe_fds[1]);
    if (pid > 0) {
        bool late = read_answer(pipe_fds[0], answer);

        kill(-pid, SIGKILL); // the group is still its: it has not been reaped
        kill(pid, SIGKILL);  // which may not have begun to be one
        waitpid(pid, &status, 0);
        *ret_status = late ? LATE : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    close(pipe_fds[0]);
    return cJSON_Parse(last_line(answer));
}

static void explain(struct interpreter *interpreter, const struct language *language, bool asked_for, int status)
{
    if (status == 127 && !asked_for)
        snprintf(interpreter->missing, RUNTIME_REASON, "no %s in PATH (apt-get install %s)", interpreter->typed,
                 language->debian);
    else if (status == 127)
        snprintf(interpreter->missing, RUNTIME_REASON, "no program '%.200s'", interpreter->typed);
    else
        snprintf(interpreter->missing, RUNTIME_REASON, "'%.200s' %s %s that can be run", interpreter->typed,
                 status == LATE ? "did not answer within 20 s, expected a" : "is no", language->name);
}

static char *copy_of(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

    return text != NULL && text[0] != '\0' ? strdup(text) : NULL;
}

static void learn(struct interpreter *interpreter, const struct language *language, const char *program, bool asked_for)
{
    int status;
    cJSON *answer = ask(language, program, &status);

    interpreter->language = language->name;
    interpreter->typed = strdup(program);
    interpreter->path = copy_of(answer, "path");
    interpreter->version = copy_of(answer, "version");
    interpreter->modules = cJSON_DetachItemFromObjectCaseSensitive(answer, "modules");
    cJSON_Delete(answer);
    if (interpreter->path == NULL)
        explain(interpreter, language, asked_for, status);
}

const struct interpreter *interpreter_ask(const char *name, const char *typed)
{
    static struct known {
        struct interpreter interpreter;
        struct known *next;
    } * all;
    static const struct interpreter nothing = {.missing = "out of memory"};
    const struct language *language = find_language(name, strlen(name));
    const char *variable = getenv(language->variable), *program = language->program;
    bool asked_for = typed != NULL || (variable != NULL && variable[0] != '\0');
    struct known *known;

    if (asked_for)
        program = typed != NULL ? typed : variable;
    for (known = all; known != NULL; known = known->next) {
        if (known->interpreter.language == language->name && strcmp(known->interpreter.typed, program) == 0)
            return &known->interpreter;
    }
    known = calloc(1, sizeof *known);
    if (known == NULL)
        return &nothing;
    learn(&known->interpreter, language, program, asked_for);
    known->next = all;
    all = known;
    return &known->interpreter;
}
