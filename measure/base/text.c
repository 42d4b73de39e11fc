// SPDX-License-Identifier: MIT
#include "measure/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/utf8.h"

#define UNKNOWN '?'

// The next character; UNKNOWN for a byte that begins none: it is then passed over alone.
static uint32_t decode(const char **text)
{
    uint32_t character = UNKNOWN;
    unsigned length = utf8_decode(*text, strnlen(*text, 4), &character);

    *text += length > 0 ? length : 1;
    return character;
}

// Characters whose width every terminal agrees on (Unicode 15, EastAsianWidth.txt). Combining and bidirectional
// characters are left out on purpose: they let a file's text overwrite what stands around it.
static unsigned width_of(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        unsigned width;
    } printable[] = {
        {0x20, 0x7e, 1},     {0xa1, 0xac, 1},     {0xae, 0x2ff, 1},    {0x370, 0x377, 1},   {0x37a, 0x37f, 1},
        {0x384, 0x482, 1},   {0x48a, 0x52f, 1},   {0x1e00, 0x1eff, 1}, {0x2010, 0x2027, 1}, {0x2030, 0x205e, 1},
        {0x20a0, 0x20bf, 1}, {0x2190, 0x22ff, 1}, {0x2500, 0x25ff, 1}, {0x3041, 0x3096, 2}, {0x30a0, 0x30ff, 2},
        {0x3400, 0x4dbf, 2}, {0x4e00, 0x9fff, 2}, {0xac00, 0xd7a3, 2}, {0xff01, 0xff60, 2}, {0x20000, 0x2a6df, 2},
    };

    for (size_t i = 0; i < sizeof printable / sizeof *printable; i++)
        if (c >= printable[i].first && c <= printable[i].last)
            return printable[i].width;
    return 0;
}

static const char *in_ascii(uint32_t c)
{
    static const struct {
        uint32_t c;
        const char *ascii;
    } table[] = {
        {0xb1, "+-"},   {0xd7, "x"},     {0xb5, "u"},    {0x3bc, "u"},   {0xb7, "-"},
        {0x2013, "-"},  {0x2014, "-"},   {0x2018, "'"},  {0x2019, "'"},  {0x201c, "\""},
        {0x201d, "\""}, {0x2026, "..."}, {0x2192, "->"}, {0x2264, "<="}, {0x2265, ">="},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].c == c)
            return table[i].ascii;
    return "?";
}

char *text_clean(const char *text, bool utf8)
{
    // No replacement is longer than three times what it replaces ("..." for three bytes, '?' for one).
    char *clean = malloc(strlen(text) + 1), *end = clean;

    if (clean == NULL)
        return NULL;
    while (*text != '\0') {
        const char *start = text;
        uint32_t c = decode(&text);
        size_t length = (size_t)(text - start);

        if (c < 0x80 || width_of(c) == 0) {
            *end++ = (char)(width_of(c) > 0 ? c : UNKNOWN);
        } else if (utf8) {
            memcpy(end, start, length);
            end += length;
        } else {
            const char *ascii = in_ascii(c);

            while (*ascii != '\0')
                *end++ = *ascii++;
        }
    }
    *end = '\0';
    return clean;
}

void text_repair(char *text)
{
    while (*text != '\0') {
        const char *next = text;

        // A character of several bytes is passed over whole, a byte that begins none alone.
        if (decode(&next) == UNKNOWN)
            *text = UNKNOWN;
        text += next - text;
    }
}

size_t text_width(const char *text)
{
    size_t width = 0;

    while (*text != '\0')
        width += width_of(decode(&text));
    return width;
}

size_t text_cut(const char *text, size_t width)
{
    const char *end = text, *next = text;

    while (*next != '\0') {
        size_t needed = width_of(decode(&next));

        if (needed > width)
            break;
        width -= needed;
        end = next;
    }
    return (size_t)(end - text);
}

int text_stream_open(struct text_stream *stream)
{
    *stream = (struct text_stream){.out = NULL};
    stream->out = open_memstream(&stream->text, &stream->length);
    return stream->out != NULL ? 0 : -ENOMEM;
}

int text_stream_close(struct text_stream *stream)
{
    // glibc reports success and leaves no text where memory ran out at the very end.
    return fclose(stream->out) == 0 && stream->text != NULL ? 0 : -ENOMEM;
}

const char *text_plural(double n)
{
    return n == 1 ? "" : "s";
}

void text_spaces(FILE *out, size_t n)
{
    fprintf(out, "%*s", (int)n, "");
}

void text_aligned(FILE *out, const char *text, size_t width, bool left)
{
    size_t used = text_width(text), missing = width > used ? width - used : 0;

    if (!left)
        text_spaces(out, missing);
    fputs(text, out);
    if (left)
        text_spaces(out, missing);
}

// Bytes up to where a line may be broken: a word, and with a number also the short words of its unit.
static size_t chunk_length(const char *text)
{
    size_t length = strcspn(text, " ");

    while (length > 0 && text[length] == ' ' && isdigit((unsigned char)text[length - 1])) {
        size_t next = strcspn(text + length + 1, " ");

        if (next == 0 || next > 3 || isdigit((unsigned char)text[length + 1]))
            break;
        length += 1 + next;
    }
    return length;
}

static size_t width_of_bytes(const char *text, size_t length)
{
    const char *end = text + length;
    size_t width = 0;

    while (text < end)
        width += width_of(decode(&text));
    return width;
}

static void new_line(FILE *out, size_t indent)
{
    fputc('\n', out);
    text_spaces(out, indent);
}

// A chunk wider than a whole line is cut wherever the line ends. Returns the column it ends in.
static size_t write_chunk(FILE *out, const char *text, size_t length, size_t column, size_t indent, size_t width)
{
    size_t needed = width_of_bytes(text, length);

    while (column + needed > width) {
        size_t fit = text_cut(text, width - column);

        if (fit == 0 && column == indent)
            break;
        fwrite(text, 1, fit, out);
        new_line(out, indent);
        column = indent;
        text += fit;
        length -= fit;
        needed = width_of_bytes(text, length);
    }
    fwrite(text, 1, length, out);
    return column + needed;
}

void text_wrap(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
    bool first = true;

    if (width == 0)
        width = SIZE_MAX / 2;
    // Two columns hold any character there is.
    if (indent + 2 > width)
        indent = 0;
    while (*(text += strspn(text, " ")) != '\0') {
        size_t length = chunk_length(text);
        size_t needed = width_of_bytes(text, length);

        if (column + (first ? 0 : 1) + needed > width && column > indent && (!first || indent + needed <= width)) {
            new_line(out, indent);
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        column = write_chunk(out, text, length, column, indent, width);
        text += length;
        first = false;
    }
    fputc('\n', out);
}
