// SPDX-License-Identifier: MIT
// What the sentences of findings and warnings are put together with. Models are always named in the order of the plan,
// never of the ranking, so that two runs that show the same say the same.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cJSON;
struct text_stream;

// "threads", "threads and gil", "threads, gil or async", in the order of `cells`.
void write_names(FILE *out, const struct cJSON *const *cells, size_t n, const char *conjunction);

// Whether a verb goes with them in the plural: "threads" are many by their name, "threads:stack=64k" too.
bool names_are_plural(const struct cJSON *const *cells, size_t n);

// How the tasks of an open loop arrive: "500/s (poisson)".
void write_arrivals(FILE *out, const struct cJSON *block);

// The block's competing cells of which `holds` says true (NULL: all), in the order of the plan. To be freed with free(); NULL
// when out of memory.
const struct cJSON **cells_where(const struct cJSON *block,
                                 bool (*holds)(const struct cJSON *block, const struct cJSON *cell), size_t *ret_n);

// Ends a sentence that was written into a stream of its own, and adds it to an array of strings; nothing written is no
// sentence. 0 or -ENOMEM; the stream's text is freed in any case.
int sentence_end(struct text_stream *text, struct cJSON *array);

// Writes `before`, the names of those cells and `after`, where there are any. Whether there were.
bool write_names_where(FILE *out, const struct cJSON *block,
                       bool (*holds)(const struct cJSON *block, const struct cJSON *cell), const char *before,
                       const char *after);

// An array of what each writer of a list, ended by NULL, has to say; those that write nothing leave no trace.
// NULL when out of memory.
typedef void sentence_writer(FILE *out, const struct cJSON *document, const struct cJSON *block);
struct cJSON *sentences_make(sentence_writer *const *writers, const struct cJSON *document, const struct cJSON *block);
