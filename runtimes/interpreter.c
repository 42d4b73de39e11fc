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
#include "measure/base/text.h"
#include "measure/base/utf8.h"

#define LANGUAGES 2
#define NOTED 64
#define ANSWER_BYTES 16384
#define PATIENCE_NS (20 * NS_PER_S)
#define MOMENT_NS (5 * NS_PER_S)
#define LATE 256 // no exit status
// Of what it says where it cannot start.
#define WORDS_MOST 120

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

static _Noreturn void ask_in_child(const struct language *language, const char *program, int out_fd, int error_fd)
{
    char *words[NOTED + 4] = {(char *)program, (char *)language->option, (char *)language->script};
    int null_fd = open("/dev/null", O_RDWR);

    setpgid(0, 0); // so that what it starts can be ended with it
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; i < noted_count; i++)
        words[3 + i] = noted[i];
    dup2(null_fd, STDIN_FILENO);
    dup2(out_fd, STDOUT_FILENO);
    dup2(error_fd, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execvp(program, words);
    // 127 where there is no such program, as a shell has it.
    _exit(errno == ENOENT ? 127 : 126);
}

// What is there of a stream, behind what there was of it. False: it has ended, or there is no room left.
static bool read_some(int fd, char text[ANSWER_BYTES])
{
    size_t length = strlen(text);
    ssize_t n = read(fd, text + length, ANSWER_BYTES - 1 - length);

    text[length + (n > 0 ? (size_t)n : 0)] = '\0';
    return n > 0 || (n < 0 && errno == EINTR);
}

// Of what is long, as PYTHONVERBOSE has it, the end is kept.
static char *make_room(char text[ANSWER_BYTES])
{
    size_t length = strlen(text);

    if (length >= ANSWER_BYTES / 2)
        memmove(text, text + length - ANSWER_BYTES / 4, ANSWER_BYTES / 4 + 1);
    return text;
}

// What it prints, and complains of, until it ends, or its time is up, which it tells. Where it
// printed nothing, whatever still might complain has a moment for it.
static bool read_answer(int out_fd, int error_fd, char answer[ANSWER_BYTES], char complaint[ANSWER_BYTES])
{
    uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    struct pollfd waits[] = {{.fd = out_fd, .events = POLLIN}, {.fd = error_fd, .events = POLLIN}};

    while (waits[0].fd >= 0 || (waits[1].fd >= 0 && answer[0] == '\0')) {
        uint64_t now_ns = clock_now_ns();
        int ready = now_ns < deadline_ns ? poll(waits, 2, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1) : 0;

        if (ready == 0)
            return waits[0].fd >= 0;
        if (ready < 0)
            continue; // by a signal: what there was of each is not known anew
        if (waits[1].revents != 0 && !read_some(error_fd, make_room(complaint)))
            waits[1].fd = -1;
        if (waits[0].revents != 0 && !read_some(out_fd, answer)) {
            waits[0].fd = -1;
            deadline_ns = now_ns + MOMENT_NS;
        }
    }
    return false;
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

// The line of a complaint that says what is wrong: the last with an error's name, as Python's and Node's have, else the last.
static void write_words(char *complaint, char words[WORDS_MOST])
{
    const char *line = last_line(complaint), *found = NULL;
    char *clean;

    for (char *rest = complaint, *one; (one = strsep(&rest, "\n")) != NULL;) {
        if (strstr(one, "rror: ") != NULL)
            found = one;
    }
    clean = text_clean(found != NULL ? found : line, true);
    if (clean != NULL)
        snprintf(words, WORDS_MOST, "%.*s", UTF8_CLIPPED(clean, WORDS_MOST - 1));
    free(clean);
}

// The answer as JSON; NULL where there is none, with the exit status, or 128 + the signal, or LATE, and with its own words.
static cJSON *ask(const struct language *language, const char *program, int *ret_status, char words[WORDS_MOST])
{
    char answer[ANSWER_BYTES] = "", complaint[ANSWER_BYTES] = "";
    int out_fds[2], error_fds[2], status = 0;
    pid_t pid;

    *ret_status = 126;
    if (pipe2(out_fds, O_CLOEXEC) != 0)
        return NULL;
    if (pipe2(error_fds, O_CLOEXEC) != 0) {
        close(out_fds[0]);
        close(out_fds[1]);
        return NULL;
    }
    pid = fork();
    if (pid == 0)
        ask_in_child(language, program, out_fds[1], error_fds[1]);
    close(out_fds[1]);
    close(error_fds[1]);
    if (pid > 0) {
        bool late = read_answer(out_fds[0], error_fds[0], answer, complaint);

        kill(-pid, SIGKILL); // the group is still its: it has not been reaped
        kill(pid, SIGKILL);  // which may not have begun to be one
        waitpid(pid, &status, 0);
        *ret_status = late ? LATE : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    close(out_fds[0]);
    close(error_fds[0]);
    write_words(complaint, words);
    return cJSON_Parse(last_line(answer));
}

static void explain(struct interpreter *interpreter, const struct language *language, bool asked_for, int status,
                    const char *words)
{
    if (status == 127 && !asked_for)
        snprintf(interpreter->missing, RUNTIME_REASON, "no %s in PATH (apt-get install %s)", interpreter->typed,
                 language->debian);
    else if (status == 127)
        snprintf(interpreter->missing, RUNTIME_REASON, "no program '%.200s'", interpreter->typed);
    else if (status == LATE)
        snprintf(interpreter->missing, RUNTIME_REASON,
                 "'%.200s' did not answer within 20 s, expected a %s that can be run", interpreter->typed,
                 language->name);
    else
        snprintf(interpreter->missing, RUNTIME_REASON, "'%.120s' is no %s that can be run%s%s", interpreter->typed,
                 language->name, words[0] != '\0' ? ": " : "", words);
}

static char *copy_of(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

    return text != NULL && text[0] != '\0' ? strdup(text) : NULL;
}

static void learn(struct interpreter *interpreter, const struct language *language, const char *program, bool asked_for)
{
    char words[WORDS_MOST] = "";
    int status;
    cJSON *answer = ask(language, program, &status, words);

    interpreter->language = language->name;
    interpreter->typed = strdup(program);
    interpreter->path = copy_of(answer, "path");
    interpreter->version = copy_of(answer, "version");
    interpreter->modules = cJSON_DetachItemFromObjectCaseSensitive(answer, "modules");
    cJSON_Delete(answer);
    if (interpreter->path == NULL)
        explain(interpreter, language, asked_for, status, words);
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
