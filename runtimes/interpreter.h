// SPDX-License-Identifier: MIT
// Interpreters of languages, which are looked for once and asked what they are and have.
#pragma once

#include "runtimes/runtime.h"

// The language whose interpreter the word needs ("{python}/x" gives "python"); NULL: none.
const char *interpreter_language(const char *word);

// The interpreter as it was typed; where `typed` is NULL the one that the environment names (CCBENCH_PYTHON, CCBENCH_NODE),
// else the one in PATH. Asked about all modules that were ever noted, in one process, at the first call for it. Never NULL;
// not owned.
const struct interpreter *interpreter_ask(const char *language, const char *typed);

// What the next that is asked shall be asked about: a module's distribution. Copied.
void interpreter_note_module(const char *distribution);
