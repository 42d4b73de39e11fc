// SPDX-License-Identifier: MIT
// What is asked of an origin elsewhere, and answered in JSON: over one connection, by libcurl.
#pragma once

#include "workloads/origin/remote.h"

struct cJSON;

// Loads libcurl and makes the handle that asks; nothing is sent. 0 or -errno with `error`.
int remote_ask_open(struct origin_remote *remote, const char *token, char error[REMOTE_ERROR]);
void remote_ask_close(struct origin_remote *remote); // also one that is not open

// 0 with the answer, which is the caller's; -ENOLCK: the lease is lost; -EINTR: a signal for ccbench came; or another -errno with
// `error`.
int remote_ask(struct origin_remote *remote, const char *path, struct cJSON **ret_answer, char error[REMOTE_ERROR]);

// That was connected to last.
const char *remote_ask_address(const struct origin_remote *remote);

// A whole number of an answer; 0 where there is none.
uint64_t remote_number(const struct cJSON *answer, const char *name);

// Writes `error`, in which one %s is `what`; returns `err`.
int remote_fail(char error[REMOTE_ERROR], int err, const char *format, const char *what);
