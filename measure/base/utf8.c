// SPDX-License-Identifier: MIT
#include "measure/base/utf8.h"

#include <string.h>
#include <utf8proc.h>

#define NOT_PRINTED (-1)

unsigned utf8_decode(const char *text, int32_t *ret_code)
{
    utf8proc_int32_t code;
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &code);

    if (length <= 0)
        return 0;
    *ret_code = code;
    return (unsigned)length;
}

size_t utf8_valid(const char *text, size_t length)
{
    size_t at = 0, step = 1;
    int32_t code;

    while (at < length && step > 0) {
        step = utf8_decode(text + at, &code);
        at += step;
    }
    return at;
}

// The columns of a code point: 0 for what joins the one before it. Where terminals differ it is the wider, so that no line
// is wider than the screen: vowel signs that stand beside their letter, the parts of a joined emoji.
static int width_of(int32_t code)
{
    const utf8proc_property_t *property = utf8proc_get_property(code);

    switch (property->boundclass) {
    case UTF8PROC_BOUNDCLASS_CR:
    case UTF8PROC_BOUNDCLASS_LF:
    case UTF8PROC_BOUNDCLASS_CONTROL:
        return NOT_PRINTED;
    case UTF8PROC_BOUNDCLASS_PREPEND: // signs around Arabic numbers
        return 1;
    default:
        break;
    }
    if (property->category == UTF8PROC_CATEGORY_MC)
        return 1;
    // What came after the library's tables; in the blocks that are kept for emoji it can only be one.
    if (property->category == UTF8PROC_CATEGORY_CN)
        return code >= 0x1f300 && code <= 0x1faff ? 2 : NOT_PRINTED;
    return utf8proc_charwidth(code);
}

size_t utf8_character(const char *text, unsigned *ret_width)
{
    int32_t code, next, state = 0;
    size_t length = utf8_decode(text, &code), more;
    int width = length > 0 ? width_of(code) : NOT_PRINTED, sum = width;

    // A blank takes no marks: a line may be broken there, and they would begin the next.
    while (length > 0 && code != ' ' && (more = utf8_decode(text + length, &next)) > 0 &&
           !utf8proc_grapheme_break_stateful(code, next, &state)) {
        int further = width_of(next);

        sum = sum > 0 && further >= 0 ? sum + further : 0;
        length += more;
        code = next;
    }
    *ret_width = sum > 0 ? (unsigned)sum : 0;
    return length > 0 ? length : 1;
}

size_t utf8_clip(const char *text, size_t most)
{
    size_t length = 0, next = 0;
    unsigned width;

    while (next <= most) {
        length = next;
        if (text[length] == '\0')
            break;
        next += utf8_character(text + length, &width);
    }
    return length;
}
