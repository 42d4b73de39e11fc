// SPDX-License-Identifier: MIT
#include "workloads/origin/server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/cpus.h"
#include "measure/base/descriptors.h"
#include "measure/base/url.h"
#include "measure/base/utf8.h"
#include "measure/base/words.h"
#include "measure/machine/outside.h"
#include "measure/machine/tree_cpu.h"
#include "measure/supervisor.h"

// Between two looks.
#define TRY_EVERY_NS (2 * NS_PER_MS)
// A process that has closed its sockets in order to end ends within this, and closes the one that it listens on within that
// of the first.
#define ENDING_NS (2 * NS_PER_S)
#define CLOSING_NS (50 * NS_PER_MS)

static void pause_briefly(void)
{
    clock_sleep_until_ns(clock_now_ns() + TRY_EVERY_NS);
}

// The text with the port in it, to be freed with free(); NULL: no memory.
static char *with_port(const char *text, const char *port)
{
    char *copy = strdup(text), *const words[] = {copy, NULL};
    char **replaced = copy != NULL ? words_replace(words, "{port}", port) : NULL;
    char *result = replaced != NULL ? strdup(replaced[0]) : NULL;

    free(replaced);
    free(copy);
    return result;
}

// The host of a URL that has no port yet.
static int host_of(const char *url, struct url *ret_url, char error[SERVER_ERROR])
{
    char *plain = with_port(url, "1"), reason[URL_ERROR];
    int err = plain != NULL ? url_split(plain, ret_url, reason) : -ENOMEM;

    if (err == -EINVAL)
        snprintf(error, SERVER_ERROR, "cannot be reached: expected %s", reason);
    free(plain);
    return err;
}

static int find_address(struct server_process *server, char error[SERVER_ERROR])
{
    struct url url;
    int err;

    if (server->unix_socket != NULL) {
        err = server_address_of_path(server->unix_socket, &server->address);
        server_address_forget(&server->address);
        if (err == 0 && server_address_accepts(&server->address)) {
            snprintf(error, SERVER_ERROR, "cannot have '%s': another one listens there", server->unix_socket);
            return -EADDRINUSE;
        }
        return err;
    }
    err = host_of(server->url, &url, error);
    return err == 0 ? server_address_of_host(url.host, url.port, &server->address) : err;
}

// A port, and all in which it stands: the URL, the address, *ret_words.
static int settle(struct server_process *server, const struct server_request *request, char ***ret_words,
                  char error[SERVER_ERROR])
{
    struct url url = {.host = ""};
    char text[16];
    unsigned port = 0;
    int err = host_of(request->url, &url, error);

    // With a Unix socket the URL's host is a name for the server's eyes alone.
    if (err == 0)
        err = server_address_free_port(request->unix_socket != NULL ? "127.0.0.1" : url.host, &port);
    if (err == -ENXIO)
        snprintf(error, SERVER_ERROR, "cannot be reached: no host '%s' is known here", url.host);
    else if (err == -EADDRNOTAVAIL)
        snprintf(error, SERVER_ERROR, "cannot listen on '%s', which is no address of this machine", url.host);
    if (err != 0)
        return err;
    snprintf(text, sizeof text, "%u", port);
    server->url = with_port(request->url, text);
    server->unix_socket = request->unix_socket != NULL ? with_port(request->unix_socket, text) : NULL;
    *ret_words = words_replace(request->words, "{port}", text);
    if (server->url == NULL || *ret_words == NULL || (request->unix_socket != NULL && server->unix_socket == NULL))
        return -ENOMEM;
    return find_address(server, error);
}

static _Noreturn void child_main(char *const *words, const struct cpus *cpus, int stdin_fd, int output_fd, pid_t parent)
{
    int err;

    supervisor_child_setup(parent);
    outside_restore();
    // Above 2 first: 0, 1 or 2 may have been closed where ccbench was started.
    stdin_fd = fcntl(stdin_fd, F_DUPFD_CLOEXEC, 3);
    output_fd = fcntl(output_fd, F_DUPFD_CLOEXEC, 3);
    dup2(stdin_fd, STDIN_FILENO);
    dup2(output_fd, STDOUT_FILENO);
    dup2(output_fd, STDERR_FILENO);
    err = cpus != NULL ? cpus_use(cpus) : 0;
    if (err != 0) {
        dprintf(STDERR_FILENO, "cannot be put on its CPUs: %s\n", strerror(-err));
        _exit(127);
    }
    execvp(words[0], words);
    dprintf(STDERR_FILENO, "%s\n", strerror(errno));
    _exit(127);
}

// Its standard input is a pipe that nothing is written into, since some servers end with their input.
static int spawn(struct server_process *server, const struct server_request *request, char *const *words)
{
    int input[2] = {-1, -1}, output_fd = -1, err;
    pid_t parent = getpid(), pid;

    err = server_output_open(&server->output, &output_fd);
    if (err == 0 && pipe2(input, O_CLOEXEC) != 0)
        err = -errno;
    pid = err == 0 ? fork() : -1;
    if (pid == 0)
        child_main(words, request->cpus, input[0], output_fd, parent);
    if (err == 0 && pid < 0)
        err = -errno;
    close_fd(&input[0]);
    close_fd(&output_fd);
    server->stdin_fd = input[1];
    if (err != 0)
        return err;
    server->pid = pid;
    setpgid(pid, pid); // also here, so that its group exists when it is to be stopped
    supervisor_spare(pid);
    return 0;
}

static uint64_t cpu_of(const struct rusage *usage)
{
    return ((uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec) * NS_PER_S +
           ((uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec) * NS_PER_US;
}

// "ended with status 70", then `when` and the last line it printed.
static void describe_end(struct server_process *server, int status, const char *when, char error[SERVER_ERROR])
{
    char line[SERVER_OUTPUT_LINE], how[SUPERVISOR_HOW];

    server_output_end(server->output);
    server_output_line(server->output, line);
    supervisor_how_ended(status, how);
    snprintf(error, SERVER_ERROR, "%s%.60s%s", how, when, line);
}

static bool ended(struct server_process *server, const char *when, char error[SERVER_ERROR])
{
    struct rusage usage;
    int status;

    if (server->pid == 0 || wait4(server->pid, &status, WNOHANG, &usage) != server->pid)
        return false;
    server->ended_cpu_ns = cpu_of(&usage);
    describe_end(server, status, when, error);
    kill(-server->pid, SIGKILL); // what is left of its group answers for nobody
    server->pid = 0;
    supervisor_spare(0);
    return true;
}

bool server_process_ended(struct server_process *server, char error[SERVER_ERROR])
{
    return ended(server, "", error);
}

bool server_process_ending(struct server_process *server, char error[SERVER_ERROR])
{
    uint64_t begin_ns = clock_now_ns();

    while (!ended(server, "", error)) {
        bool accepts = server_address_accepts(&server->address);

        if (server->pid == 0 || clock_now_ns() >= begin_ns + (accepts ? CLOSING_NS : ENDING_NS))
            return ended(server, "", error);
        pause_briefly();
    }
    return true;
}

// One that has put itself into the background could be neither measured nor stopped.
static bool ended_early(struct server_process *server, char error[SERVER_ERROR])
{
    char line[SERVER_OUTPUT_LINE];

    if (!ended(server, " before it accepted a connection", error))
        return false;
    if (strncmp(error, "ended with status 0 ", 20) == 0) {
        server_output_line(server->output, line);
        snprintf(error, SERVER_ERROR, "ended with status 0, expected it to stay in the foreground%s", line);
    }
    return true;
}

static void say_late(struct server_process *server, uint64_t timeout_ns, char error[SERVER_ERROR])
{
    char line[SERVER_OUTPUT_LINE];

    server_output_end(server->output);
    server_output_line(server->output, line);
    snprintf(error, SERVER_ERROR, "accepted no connection on %.*s within %.3g s (--timeout=TIME gives it longer)%s",
             UTF8_CLIPPED(server->address.text, 200), (double)timeout_ns / (double)NS_PER_S, line);
}

static int wait_ready(struct server_process *server, uint64_t timeout_ns, char error[SERVER_ERROR])
{
    uint64_t deadline_ns = clock_now_ns() + timeout_ns;

    for (;;) {
        bool accepted = server_address_accepts(&server->address);

        if (ended_early(server, error))
            return -ECHILD;
        if (accepted)
            return 0;
        if (supervisor_interrupted() != 0)
            return -EINTR;
        if (clock_now_ns() >= deadline_ns) {
            say_late(server, timeout_ns, error);
            return -ETIMEDOUT;
        }
        pause_briefly();
    }
}

int server_process_start(struct server_process *server, const struct server_request *request, char error[SERVER_ERROR])
{
    uint64_t begin_ns = clock_now_ns();
    char **words = NULL;
    int err;

    error[0] = '\0';
    *server = (struct server_process){.stop_ns = request->stop_ns, .stdin_fd = -1, .open = true};
    err = settle(server, request, &words, error);
    if (err == 0)
        err = spawn(server, request, words);
    free(words);
    if (err != 0 && error[0] == '\0')
        snprintf(error, SERVER_ERROR, "could not be started: %s", strerror(-err));
    if (err == 0)
        err = wait_ready(server, request->timeout_ns, error);
    server->start_ns = clock_now_ns() - begin_ns;
    if (err != 0)
        server_process_stop(server);
    return err;
}

uint64_t server_process_cpu_ns(const struct server_process *server)
{
    return server->pid > 0 ? tree_cpu_ns(server->pid) : server->ended_cpu_ns;
}

// Reaps what has ended of its group, whose orphans are ours. Whether some of it is left.
static bool group_lives(pid_t group)
{
    while (waitpid(-group, NULL, WNOHANG) > 0)
        ;
    return kill(-group, 0) == 0;
}

static void stop_group(pid_t group, uint64_t patience_ns)
{
    uint64_t until_ns = clock_now_ns() + patience_ns;

    kill(-group, SIGTERM);
    kill(-group, SIGCONT); // one that is stopped could not end
    while (group_lives(group) && clock_now_ns() < until_ns)
        pause_briefly();
    kill(-group, SIGKILL);
    while (waitpid(group, NULL, 0) < 0 && errno == EINTR)
        ;
}

void server_process_stop(struct server_process *server)
{
    if (!server->open)
        return;
    if (server->pid > 0)
        stop_group(server->pid, server->stop_ns);
    server->pid = 0;
    supervisor_spare(0);
    // What it started in groups of their own is an orphan now, and ours.
    supervisor_clean();
    server_address_forget(&server->address);
    server_output_close(server->output);
    close_fd(&server->stdin_fd);
    free(server->url);
    free(server->unix_socket);
    *server = (struct server_process){.ended_cpu_ns = server->ended_cpu_ns};
}
