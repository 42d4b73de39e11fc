// SPDX-License-Identifier: MIT
// What a server prints: read by a thread as fast as it comes, so that the server never waits for it, and of which the end
// is kept.
#pragma once

#include <stddef.h>

#define SERVER_OUTPUT_LINES 2048
#define SERVER_OUTPUT_LINE 160

struct server_output;

// *ret_write_fd is the end for the server, the caller's to close. 0 or -errno.
int server_output_open(struct server_output **ret_output, int *ret_write_fd);

// Takes what is there and reads no more. Again is nothing.
void server_output_end(struct server_output *output);

// After the end: the last whole lines, at most so many bytes, without secrets and control characters; "" for nothing.
void server_output_lines(const struct server_output *output, char text[SERVER_OUTPUT_LINES]);

// The last of them, in brackets behind a blank, to be put behind a sentence; "" for none.
void server_output_line(const struct server_output *output, char text[SERVER_OUTPUT_LINE]);

void server_output_close(struct server_output *output); // accepts NULL
