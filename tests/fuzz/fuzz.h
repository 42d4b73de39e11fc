// SPDX-License-Identifier: MIT
// What the fuzz targets share. A target is a file fuzz_NAME.c with the two functions below. With libFuzzer it is fed by
// that, otherwise by replay.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads the input as what the target is about. Whatever it is, this returns 0: what must not be ends the process.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Where the JSON text of the input begins, at most `size`: there it is changed as JSON too.
size_t fuzz_json_offset(const uint8_t *data, size_t size);

// Ends the process with a message, as a crash, unless `holds`.
#define FUZZ_MUST(holds) ((holds) ? (void)0 : fuzz_fail(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *what, const char *file, int line);

// A copy with a NUL at its end and nothing readable behind that, to be freed.
char *fuzz_text(const uint8_t *data, size_t size);

// Whether the text is UTF-8 throughout.
bool fuzz_is_utf8(const char *text);

// Changes the JSON text in data[offset … size) as JSON: a value becomes another, goes, comes twice, is nested; which and
// how depends on `seed` alone. Returns the new size, 0 where the text is no JSON or would need more than `room` bytes.
size_t fuzz_mutate_json(uint8_t *data, size_t offset, size_t size, size_t room, unsigned seed);
