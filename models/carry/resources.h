// SPDX-License-Identifier: MIT
// What the tasks of a trial use together and no model makes: the shared counter and its lock, the file that is read, the one
// with a number in it, the memory that is copied, and the argument that is handed to tasks. There before the first lane is.
#pragma once

#include "models/carry/trial.h"

struct handover;

// `file` is the path of the file to read, or NULL: then one is made.
// 0 or -errno with trial_fail() called; close in any case.
int resources_open(struct trial *trial, const char *file);
// The same in a worker that is a program of its own; an argument is the model's to map.
int resources_open_worker(struct trial *trial, const struct handover *given);
void resources_close(struct trial *trial);

// What tasks have counted together: the shared counter, and the number in the shared file, where there is one. 0, or -errno
// where that cannot be read.
int resources_counted(const struct trial *trial, uint64_t *ret_counted);
