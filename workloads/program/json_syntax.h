// SPDX-License-Identifier: MIT
// Where a text is no JSON (RFC 8259), and what people write that JSON has not: comments, commas behind the last item, zeros
// in front of numbers and the like. cJSON takes some of them and is vague about the place of others.
#pragma once

#include <stddef.h>

#define JSON_SYNTAX_ERROR 160

// Looks at a text in UTF-8, ended by a zero; a byte order mark in front is passed over. 0; or -EINVAL with the offset of what
// is wrong, and `what`: what that is, and what was expected.
int json_syntax_check(const char *text, size_t *ret_offset, char what[JSON_SYNTAX_ERROR]);
