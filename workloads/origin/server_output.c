// SPDX-License-Identifier: MIT
#include "workloads/origin/server_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/secrets.h"
#include "measure/base/text.h"
#include "measure/base/utf8.h"

// As large as the kernel allows anybody: what comes meanwhile is read every PAUSE_NS, not line by line, since each time
// takes CPU time from what is measured.
#define PIPE_BYTES (1 << 20)
#define PAUSE_NS (2 * NS_PER_MS)

struct server_output {
    int fd, over_fd;
    bool roomy; // the pipe holds PIPE_BYTES
    pthread_t thread;
    bool running;
    char kept[2 * SERVER_OUTPUT_LINES + 1]; // the end of what was read
    size_t length;
    char chunk[65536];
};

static void keep(struct server_output *output, size_t n)
{
    size_t most = sizeof output->kept - 1, from = n > most ? n - most : 0, room;

    n -= from;
    room = most - n;
    if (output->length > room) {
        memmove(output->kept, output->kept + output->length - room, room);
        output->length = room;
    }
    for (size_t i = 0; i < n; i++) // as text
        output->kept[output->length++] = (char)(output->chunk[from + i] != '\0' ? output->chunk[from + i] : ' ');
}

// Reads what is there, at most as much as the pipe holds: others may still be writing. False: its end.
static bool drain(struct server_output *output)
{
    size_t sum = 0;
    ssize_t n;

    while (sum <= PIPE_BYTES && (n = read(output->fd, output->chunk, sizeof output->chunk)) != 0) {
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        keep(output, (size_t)n);
        sum += (size_t)n;
    }
    return sum > PIPE_BYTES;
}

static void *read_along(void *data)
{
    struct server_output *output = data;
    struct pollfd fds[] = {{.fd = output->fd, .events = POLLIN}, {.fd = output->over_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        if (!drain(output) || fds[1].revents != 0)
            break;
        if (output->roomy)
            clock_sleep_until_ns(clock_now_ns() + PAUSE_NS);
    }
    return NULL;
}

static int begin(struct server_output *output)
{
    int err = output->over_fd >= 0 ? pthread_create(&output->thread, NULL, read_along, output) : errno;

    output->running = err == 0;
    return -err;
}

int server_output_open(struct server_output **ret_output, int *ret_write_fd)
{
    struct server_output *output = calloc(1, sizeof *output);
    int ends[2], err;

    if (output == NULL)
        return -ENOMEM;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        err = -errno;
        free(output);
        return err;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    output->fd = ends[0];
    output->roomy = fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES) >= PIPE_BYTES;
    output->over_fd = eventfd(0, EFD_CLOEXEC);
    err = begin(output);
    if (err != 0) {
        close(ends[1]);
        server_output_close(output);
        return err;
    }
    *ret_output = output;
    *ret_write_fd = ends[1];
    return 0;
}

void server_output_end(struct server_output *output)
{
    uint64_t one = 1;

    if (output == NULL || !output->running)
        return;
    output->running = false;
    if (write(output->over_fd, &one, sizeof one) == (ssize_t)sizeof one)
        pthread_join(output->thread, NULL);
}

// Colours are left out, other control characters are blanks.
static void clean(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0'; in++) {
        if (in[0] == '\x1b' && in[1] == '[') {
            in += 2 + strspn(in + 2, "0123456789;?");
            if (*in == '\0')
                break;
        } else {
            *out++ = (char)(((unsigned char)*in < ' ' && *in != '\n') || *in == 0x7f ? ' ' : *in);
        }
    }
    while (out > text && (out[-1] == '\n' || out[-1] == ' '))
        out--;
    *out = '\0';
    text_repair(text);
}

void server_output_lines(const struct server_output *output, char text[SERVER_OUTPUT_LINES])
{
    char *masked, *line;
    size_t length;

    text[0] = '\0';
    if (output == NULL || output->length == 0)
        return;
    masked = secrets_mask(output->kept);
    if (masked == NULL)
        return;
    clean(masked);
    length = strlen(masked);
    line = length < SERVER_OUTPUT_LINES ? masked : masked + length - (SERVER_OUTPUT_LINES - 1);
    // Half a line only where there is no whole one.
    if (line > masked && strchr(line, '\n') != NULL)
        line = strchr(line, '\n') + 1;
    snprintf(text, SERVER_OUTPUT_LINES, "%s", line);
    text_repair(text);
    free(masked);
}

void server_output_line(const struct server_output *output, char text[SERVER_OUTPUT_LINE])
{
    char lines[SERVER_OUTPUT_LINES];
    const char *line;

    server_output_lines(output, lines);
    line = strrchr(lines, '\n');
    line = line != NULL ? line + 1 : lines;
    line += strspn(line, " ");
    text[0] = '\0';
    if (line[0] != '\0')
        snprintf(text, SERVER_OUTPUT_LINE, " (%.*s)", UTF8_CLIPPED(line, 150));
    text_repair(text);
}

void server_output_close(struct server_output *output)
{
    if (output == NULL)
        return;
    server_output_end(output);
    close(output->fd);
    if (output->over_fd >= 0)
        close(output->over_fd);
    free(output);
}
