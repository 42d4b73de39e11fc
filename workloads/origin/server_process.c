// SPDX-License-Identifier: MIT
#include "workloads/origin/server_process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"
#include "measure/supervisor.h"
#include "measure/base/words.h"

// Between two tries to connect.
#define TRY_EVERY_NS (2 * NS_PER_MS)
// What is kept of its messages: the beginning, which says why it would not start.
#define MESSAGES 16384
// Descendants deeper than this are not looked for.
#define DEEPEST 16

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

// One that was free a moment ago: the kernel hands out others first before it comes to this one again.
static int free_port(unsigned *ret_port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        err = -errno;
    else
        *ret_port = ntohs(address.sin_port);
    close(fd);
    return err;
}

// A file that holds so much and no more, for a server that talks without end; written and read at the beginning.
static int open_messages(void)
{
    int fd = memfd_create("ccbench-server", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && ftruncate(fd, MESSAGES) == 0)
        fcntl(fd, F_ADD_SEALS, F_SEAL_GROW);
    return fd;
}

static _Noreturn void child_main(char *const *words, const cpu_set_t *cpus, int messages_fd, pid_t parent)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    supervisor_child_setup(parent);
    if (cpus != NULL)
        sched_setaffinity(0, sizeof *cpus, cpus);
    dup2(null_fd, STDIN_FILENO);
    dup2(null_fd, STDOUT_FILENO);
    dup2(messages_fd, STDERR_FILENO);
    execvp(words[0], words);
    dprintf(STDERR_FILENO, "%s\n", strerror(errno));
    _exit(127);
}

// The last line of what it said, in brackets; "" where it said nothing.
static void last_message(int fd, char text[160])
{
    char messages[MESSAGES + 1] = "", *end, *line;

    text[0] = '\0';
    if (fd < 0 || pread(fd, messages, MESSAGES, 0) <= 0)
        return;
    for (end = messages + strlen(messages); end > messages && end[-1] == '\n'; end--)
        end[-1] = '\0';
    line = strrchr(messages, '\n');
    line = line != NULL ? line + 1 : messages;
    if (line[0] != '\0')
        snprintf(text, 160, " (%.150s)", line);
}

static bool accepts(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

    if (fd >= 0)
        close(fd);
    return connected;
}

// Whether the process is still there. One that has put itself into the background could neither be measured nor killed.
static int check_alive(struct server_process *server, int messages_fd, char error[SERVER_ERROR])
{
    char said[160];
    int status;

    if (waitpid(server->pid, &status, WNOHANG) != server->pid)
        return 0;
    server->pid = 0;
    last_message(messages_fd, said);
    if (status == 0)
        snprintf(error, SERVER_ERROR, "ended with status 0, expected it to stay in the foreground%s", said);
    else
        snprintf(error, SERVER_ERROR, "ended with %s %d before it accepted a connection%s",
                 WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                 said);
    return -ECHILD;
}

static int wait_ready(struct server_process *server, int messages_fd, uint64_t timeout_ns, char error[SERVER_ERROR])
{
    uint64_t deadline_ns = clock_now_ns() + timeout_ns;
    char said[160];

    for (;;) {
        bool accepted = accepts(server->port);
        int err = check_alive(server, messages_fd, error);

        if (err != 0 || accepted)
            return err;
        if (supervisor_interrupted() != 0)
            return -EINTR;
        if (clock_now_ns() >= deadline_ns) {
            last_message(messages_fd, said);
            snprintf(error, SERVER_ERROR, "accepted no connection on 127.0.0.1:%u within %.3g s%s", server->port,
                     (double)timeout_ns / (double)NS_PER_S, said);
            return -ETIMEDOUT;
        }
        clock_sleep_until_ns(clock_now_ns() + TRY_EVERY_NS);
    }
}

static int spawn(struct server_process *server, char *const *words, const cpu_set_t *cpus, int messages_fd)
{
    char port[16];
    char **replaced;
    pid_t parent = getpid(), pid;

    snprintf(port, sizeof port, "%u", server->port);
    replaced = words_replace(words, "{port}", port);
    if (replaced == NULL)
        return -ENOMEM;
    pid = fork();
    if (pid == 0)
        child_main(replaced, cpus, messages_fd, parent);
    free(replaced);
    if (pid < 0)
        return -errno;
    server->pid = pid;
    setpgid(pid, pid); // also here, so that its group exists when it is to be killed
    supervisor_spare(pid);
    return 0;
}

int server_process_start(struct server_process *server, char *const *words, const cpu_set_t *cpus, uint64_t timeout_ns,
                         char error[SERVER_ERROR])
{
    int messages_fd = open_messages(), err = messages_fd < 0 ? -errno : free_port(&server->port);

    if (err == 0)
        err = spawn(server, words, cpus, messages_fd);
    if (err != 0)
        snprintf(error, SERVER_ERROR, "could not be started: %s", strerror(-err));
    else
        err = wait_ready(server, messages_fd, timeout_ns, error);
    if (messages_fd >= 0)
        close(messages_fd);
    if (err != 0)
        server_process_stop(server);
    return err;
}

// Of children that a process has waited for.
static uint64_t waited_cpu_ns(pid_t pid)
{
    char *stat = procfs_text("/proc/%d/stat", (int)pid);
    uint64_t ticks = procfs_stat_field(stat, PROCFS_STAT_CUTIME) + procfs_stat_field(stat, PROCFS_STAT_CSTIME);

    free(stat);
    return ticks * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t tree_cpu_ns(pid_t pid, unsigned depth);

// Of the children of one thread.
static uint64_t children_cpu_ns(pid_t pid, const char *tid, unsigned depth)
{
    char *children = procfs_text("/proc/%d/task/%s/children", (int)pid, tid), *rest = NULL;
    uint64_t sum_ns = 0;

    if (children == NULL)
        return 0;
    for (char *word = strtok_r(children, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest))
        sum_ns += tree_cpu_ns((pid_t)atoi(word), depth + 1);
    free(children);
    return sum_ns;
}

static uint64_t tree_cpu_ns(pid_t pid, unsigned depth)
{
    uint64_t sum_ns = clock_cpu_of_ns(pid) + waited_cpu_ns(pid);
    const struct dirent *entry;
    char path[64];
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = depth < DEEPEST ? opendir(path) : NULL;
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.')
            sum_ns += children_cpu_ns(pid, entry->d_name, depth);
    }
    if (tasks != NULL)
        closedir(tasks);
    return sum_ns;
}

uint64_t server_process_cpu_ns(const struct server_process *server)
{
    return server->pid > 0 ? tree_cpu_ns(server->pid, 0) : 0;
}

void server_process_stop(struct server_process *server)
{
    if (server->pid > 0) {
        kill(-server->pid, SIGKILL);
        kill(server->pid, SIGKILL);
        while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    server->pid = 0;
    supervisor_spare(0);
    // What it started in groups of their own is an orphan now, and ours.
    supervisor_clean();
}
