// SPDX-License-Identifier: MIT
#include "measure/base/utf8.h"

#include <string.h>

unsigned utf8_decode(const char *text, size_t length, uint32_t *ret_character)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    unsigned more = s[0] < 0x80             ? 0
                    : (s[0] & 0xe0) == 0xc0 ? 1
                    : (s[0] & 0xf0) == 0xe0 ? 2
                    : (s[0] & 0xf8) == 0xf0 ? 3
                                            : 4;
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3fU >> more);

    if (more == 4 || more >= length)
        return 0;
    for (unsigned i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *ret_character = c;
    return more + 1;
}

size_t utf8_valid(const char *text, size_t length)
{
    size_t at = 0, step = 1;
    uint32_t character;

    while (at < length && step > 0) {
        step = utf8_decode(text + at, length - at, &character);
        at += step;
    }
    return at;
}

size_t utf8_clip(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);

    if (length <= most)
        return length;
    length = most;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}
