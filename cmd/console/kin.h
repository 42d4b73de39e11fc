// SPDX-License-Identifier: MIT
// Models by what others call them: "ThreadPoolExecutor", "GIL", "goroutines".
#pragma once

#define KIN_MODELS 120

// Writes "python-threads, gil" into `buf`: the models, ccbench's own last, in whose "known as" the word stands, whatever its
// capitals; "" where there is none, or the word is shorter than two letters. Returns `buf`.
const char *kin_models(const char *word, char buf[KIN_MODELS]);
