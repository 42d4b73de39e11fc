// SPDX-License-Identifier: MIT
// The words that start ccbench on a host (--via, --remote-ccbench), and the process that they become here.
#pragma once

#include <sys/types.h>

#define LAUNCHER_LIFELINE "--lifeline"

// What is taken where an option is not given.
#define LAUNCHER_VIA "ssh {host}"
#define LAUNCHER_REMOTE "ccbench"

// What each host's words are made of.
struct launcher {
    char **via;    // of --via; owned
    char **remote; // of --remote-ccbench, and --lifeline behind them; owned
};

struct launched {
    pid_t pid;
    int in_fd, out_fd, err_fd; // this side's ends of its standard streams, which do not block; -1: closed
};

// Takes the options apart, either of which may be NULL. 0; or EXIT_USAGE with one line printed: not a command, or its program is not here. To be released in any
// case.
int launcher_open(const char *via, const char *remote, struct launcher *ret_launcher);
void launcher_release(struct launcher *launcher);

// The words for a host, in one block for free(); NULL: no memory. {host} is replaced by its name, {command} by the remote command
// as one word that a shell reads. Without {command} the remote command is put behind: to ssh, which has a shell read it there,
// each word quoted as that needs; behind a word -c as one such word; to all others as it is.
char **launcher_words(const struct launcher *launcher, const char *host);

// Starts it in a process group of its own, without a terminal, as it would run without ccbench; it dies with this process. What
// cannot be executed says so on its standard error. 0 or -errno.
int launcher_start(char *const *words, struct launched *ret_launched);

// Closes this side's ends. Again is nothing.
void launcher_close(struct launched *launched);
