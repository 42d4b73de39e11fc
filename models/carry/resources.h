// SPDX-License-Identifier: MIT
// What the tasks of a trial use together and no model makes: the shared counter and its lock, the file that is read, and
// the argument that is handed to tasks. There before the first lane is.
#pragma once

#include "models/carry/trial.h"

// `file` is the path of the file to read, or NULL: then one is made.
// 0 or -errno with trial_fail() called; close in any case.
int resources_open(struct trial *trial, const char *file);
void resources_close(struct trial *trial);
