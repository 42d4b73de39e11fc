// SPDX-License-Identifier: MIT
#include "cmd/hosts/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/console/command.h"
#include "measure/base/descriptors.h"
#include "measure/base/program_find.h"
#include "measure/base/text.h"
#include "measure/base/words.h"
#include "measure/machine/outside.h"
#include "measure/supervisor.h"

#define HOST "{host}"
#define COMMAND "{command}"

static size_t count(char *const *words)
{
    size_t n = 0;

    while (words[n] != NULL)
        n++;
    return n;
}

// Both arrays in one block, as words_split() makes it.
static char **join(char *const *first, char *const *second)
{
    size_t n = count(first), m = count(second), bytes = 0;
    char **words, *out;

    for (size_t i = 0; i < n + m; i++)
        bytes += strlen(i < n ? first[i] : second[i - n]) + 1;
    words = malloc((n + m + 1) * sizeof *words + bytes);
    if (words == NULL)
        return NULL;
    out = (char *)(words + n + m + 1);
    for (size_t i = 0; i < n + m; i++) {
        words[i] = out;
        out = stpcpy(out, i < n ? first[i] : second[i - n]) + 1;
    }
    words[n + m] = NULL;
    return words;
}

static int split(const char *option, const char *text, char ***ret_words)
{
    char error[WORDS_ERROR] = "out of memory";

    return words_split(text, ret_words, error) == 0 ? 0 : complain("--%s: %s", option, error);
}

static int check_here(const char *program)
{
    char *path = strstr(program, HOST) == NULL ? program_find(program) : strdup(program);

    if (path == NULL)
        return complain("--via: there is no program '%s' here, expected one that starts a command on {host}", program);
    free(path);
    return 0;
}

int launcher_open(const char *via, const char *remote, struct launcher *ret_launcher)
{
    char lifeline[] = LAUNCHER_LIFELINE, *const behind[] = {lifeline, NULL}, **words = NULL;
    int status;

    *ret_launcher = (struct launcher){.via = NULL};
    status = split("via", via != NULL ? via : LAUNCHER_VIA, &ret_launcher->via);
    if (status == 0)
        status = check_here(ret_launcher->via[0]);
    if (status == 0)
        status = split("remote-ccbench", remote != NULL ? remote : LAUNCHER_REMOTE, &words);
    if (status == 0 && (ret_launcher->remote = join(words, behind)) == NULL)
        status = complain("out of memory");
    free(words);
    return status;
}

void launcher_release(struct launcher *launcher)
{
    free(launcher->via);
    free(launcher->remote);
    *launcher = (struct launcher){.via = NULL};
}

// The words so that a shell reads them, blanks between them, to be freed; NULL: no memory.
static char *quoted(char *const *words)
{
    struct text_stream text;

    if (text_stream_open(&text) != 0)
        return NULL;
    for (size_t i = 0; words[i] != NULL; i++) {
        fputs(i > 0 ? " " : "", text.out);
        words_write(text.out, words[i]);
    }
    if (text_stream_close(&text) == 0)
        return text.text;
    free(text.text);
    return NULL;
}

static bool is_ssh(const char *program)
{
    const char *slash = strrchr(program, '/'), *name = slash != NULL ? slash + 1 : program;

    return strcmp(name, "ssh") == 0;
}

// What is put behind words without {command}.
static char **put_behind(char *const *words, char *const *remote, char *command)
{
    size_t n = count(words);
    bool by_shell = strcmp(words[n - 1], "-c") == 0;
    char *const one[] = {command, NULL};
    char *twice, **joined;

    if (!is_ssh(words[0]))
        return join(words, by_shell ? one : remote);
    if (!by_shell)
        return join(words, one);
    twice = quoted(one); // ssh's own shell reads it, and hands it to the other
    if (twice == NULL)
        return NULL;
    joined = join(words, (char *const[]){twice, NULL});
    free(twice);
    return joined;
}

static bool has_command(char *const *words)
{
    for (; *words != NULL; words++) {
        if (strstr(*words, COMMAND) != NULL)
            return true;
    }
    return false;
}

char **launcher_words(const struct launcher *launcher, const char *host)
{
    char *command = quoted(launcher->remote);
    char **words = command != NULL ? words_replace(launcher->via, HOST, host) : NULL, **whole = NULL;

    if (words != NULL)
        whole = has_command(launcher->via) ? words_replace(words, COMMAND, command)
                                           : put_behind(words, launcher->remote, command);
    free(words);
    free(command);
    return whole;
}

// A launcher that asks for a password would wait for a terminal that others wait for, too.
static void leave_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

    if (fd >= 0)
        ioctl(fd, TIOCNOTTY);
}

static _Noreturn void child_main(char *const *words, pid_t parent, const int fds[3])
{
    int high[3];

    supervisor_child_setup(parent);
    leave_terminal();
    outside_restore();
    for (int i = 0; i < 3; i++)
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
    for (int i = 0; i < 3; i++)
        dup2(high[i], i);
    execvp(words[0], words);
    dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
}

int launcher_start(char *const *words, struct launched *ret_launched)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, said[2] = {-1, -1}, err = 0;
    pid_t parent = getpid(), pid = -1;

    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(said, O_CLOEXEC) == 0)
        pid = fork();
    if (pid == 0)
        child_main(words, parent, (const int[]){in[0], out[1], said[1]});
    if (pid < 0)
        err = -errno;
    close_fd(&in[0]);
    close_fd(&out[1]);
    close_fd(&said[1]);
    *ret_launched = (struct launched){
        .pid = pid, .in_fd = keep_fd(in[1]), .out_fd = keep_fd(out[0]), .err_fd = keep_fd(said[0])};
    if (err != 0)
        launcher_close(ret_launched);
    else
        setpgid(pid, pid); // also here, so that its group is there when it is to be killed
    return err;
}

void launcher_close(struct launched *launched)
{
    close_fd(&launched->in_fd);
    close_fd(&launched->out_fd);
    close_fd(&launched->err_fd);
}
