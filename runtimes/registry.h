// SPDX-License-Identifier: MIT
// All models: those of this build, and those that descriptions add. Descriptions are read once they are asked for, from the
// folder that this program was built or installed with, and from $XDG_CONFIG_HOME/ccbench/models.
#pragma once

#include <stddef.h>

#include "runtimes/runtime.h"

// The i-th model, those of this build first; NULL behind the last.
const struct model_entry *registry_at(unsigned i);

// What is wrong with the i-th description that could not be read, one line each; NULL behind the last. Not owned.
const char *registry_error(unsigned i);

// The model of that name; NULL: none. Reads descriptions only where no model of this build has the name.
const struct model_entry *registry_find(const char *name);

// The same model, a described one, under another interpreter: "python-threads@python3.11". NULL: no memory.
const struct model_entry *registry_variant(const struct model_entry *entry, const char *interpreter);

// The bare loop of a runtime's family, as the program of its plain loop has it: a model called "raw". NULL: it has none, or
// no memory.
const struct model_entry *registry_raw(const struct runtime *runtime);

// A model that is described where it is typed, NAME=CMD. NULL, with `error` filled (JSON_FILE_ERROR bytes), where that will not
// do.
const struct model_entry *registry_add(const char *name, const char *command, char *error);

// Whether some model's group, or "runtimes", is called so.
bool registry_is_group(const char *name);

// Whether the model is of that group. "runtimes" has all that are described and here.
bool registry_in_group(const struct model_entry *entry, const char *group);
