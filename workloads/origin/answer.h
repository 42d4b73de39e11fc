// SPDX-License-Identifier: MIT
// What the HTTP origin says to a path, formatted once and sent as often as the path is asked for. An answer is its
// text (the head, and the body if that is short) followed, if not, by so many bytes of one pattern that all answers of
// all connections share, so that a body of 1 GiB costs no memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "workloads/origin/origin.h"
#include "workloads/origin/path.h"

// Bodies are this line over and over, cut to length; the default body is the line without its newline.
#define ORIGIN_PATTERN_LINE "Hello, world!\n"
// A whole number of lines, so that the pattern can follow itself.
#define ORIGIN_PATTERN_SIZE ((sizeof ORIGIN_PATTERN_LINE - 1) * 16384)

// How many pieces go out in one write: what libuv keeps in a request without allocating.
#define ORIGIN_SLICES 4

// Room for the longest head and most text bodies.
#define ORIGIN_ANSWER_TEXT 512

// What the head has to say of the connection's future.
enum origin_persistence {
    ORIGIN_PERSIST,        // HTTP/1.1: nothing
    ORIGIN_PERSIST_STATED, // HTTP/1.0 that asked for it: keep-alive
    ORIGIN_CLOSE,          // close
};

struct origin_answer {
    struct origin_path path;
    enum origin_persistence persistence;
    size_t head_length;   // bytes of `text`
    size_t text_length;   // the same and a body that is in the text
    uint64_t body_length; // bytes of the page, or else of the pattern, that follow the text
    char *page;           // NULL: none; owned
    char text[ORIGIN_ANSWER_TEXT];
};

// Writes the first `size` bytes of an endless body.
void origin_pattern_fill(char *pattern, size_t size);

// Formats the answer to `path`.
void origin_answer_format(struct origin_answer *answer, const struct origin_path *path,
                          enum origin_persistence persistence);

// Formats the answer to what has no path, or is not answered: 404, 400 …, with a text body that says why.
void origin_answer_format_error(struct origin_answer *answer, unsigned status, enum origin_persistence persistence);

// Formats an answer in JSON, of which nothing is counted.
void origin_answer_format_json(struct origin_answer *answer, unsigned status, const char *json,
                               enum origin_persistence persistence);

// Frees what the answer holds, when it is not needed any more.
void origin_answer_release(struct origin_answer *answer);

// Bytes to send in all: the head alone for HEAD; where the path has /reset, so many that the answer is never whole, which is
// the head and half the body, or the head without its end where there is no body.
uint64_t origin_answer_length(const struct origin_answer *answer, bool head_only);

// Points `ret_slices` at the answer's bytes [from, to), or at as many of the first of them as fit; returns how many
// slices there are. They stay valid as long as the answer is not formatted anew.
unsigned origin_answer_slices(const struct origin_answer *answer, const char *pattern, uint64_t from, uint64_t to,
                              uv_buf_t ret_slices[ORIGIN_SLICES]);
