// SPDX-License-Identifier: MIT
// What the reader expects, asked before anything is measured.
#pragma once

struct cJSON;

// Asks, on standard error, what each claim of the document has to ask, and reads a line with the number of an answer from
// standard input; an empty one, and its end, is no answer. Sets "predicted". 0; or EXIT_USAGE with one line printed, where
// what is read is no answer and nobody is there to be asked again.
int predict_ask(struct cJSON *document);
