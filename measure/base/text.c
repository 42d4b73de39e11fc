// SPDX-License-Identifier: MIT
#include "measure/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "measure/base/utf8.h"

#define UNKNOWN '?'

static const char *in_ascii(int32_t code)
{
    static const struct {
        int32_t code;
        const char *ascii;
    } table[] = {
        {0xb1, "+-"},   {0xd7, "x"},     {0xb5, "u"},    {0x3bc, "u"},   {0xb7, "-"},
        {0x2013, "-"},  {0x2014, "-"},   {0x2018, "'"},  {0x2019, "'"},  {0x201c, "\""},
        {0x201d, "\""}, {0x2026, "..."}, {0x2192, "->"}, {0x2264, "<="}, {0x2265, ">="},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return table[i].ascii;
    return NULL;
}

// Letters of ASCII with marks that it has not ("é") without these. Returns false for all else.
static bool write_bare(FILE *out, const char *character, size_t length)
{
    const utf8proc_option_t bare = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK;
    utf8proc_int32_t codes[8];
    utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)character, (utf8proc_ssize_t)length, codes,
                                            sizeof codes / sizeof *codes, bare);

    if (n < 1 || (size_t)n > sizeof codes / sizeof *codes)
        return false;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        if (codes[i] < ' ' || codes[i] > '~')
            return false;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        fputc((int)codes[i], out);
    return true;
}

// A character in ASCII: what is like it, or else its code points as they are written in JSON and in many languages, so that
// no two names look the same.
static void write_ascii(FILE *out, const char *character, size_t length)
{
    const char *end = character + length, *like;
    int32_t code = 0;

    if (utf8_decode(character, &code) == length && (like = in_ascii(code)) != NULL) {
        fputs(like, out);
        return;
    }
    if (write_bare(out, character, length))
        return;
    while (character < end) {
        character += utf8_decode(character, &code);
        fprintf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)code);
    }
}

void text_write(FILE *out, const char *text, bool utf8)
{
    while (*text != '\0') {
        unsigned width;
        size_t length = utf8_character(text, &width);

        if (width == 0)
            fputc(UNKNOWN, out);
        else if (utf8 || length == 1)
            fwrite(text, 1, length, out);
        else
            write_ascii(out, text, length);
        text += length;
    }
}

char *text_clean(const char *text, bool utf8)
{
    struct text_stream clean;

    if (text_stream_open(&clean) != 0)
        return NULL;
    text_write(clean.out, text, utf8);
    if (text_stream_close(&clean) == 0)
        return clean.text;
    free(clean.text);
    return NULL;
}

void text_repair(char *text)
{
    int32_t code;

    while (*text != '\0') {
        unsigned length = utf8_decode(text, &code);

        if (length == 0)
            *text = UNKNOWN;
        text += length > 0 ? length : 1;
    }
}

static size_t width_of_bytes(const char *text, size_t length)
{
    const char *end = text + length;
    size_t sum = 0;

    while (text < end) {
        unsigned width;

        text += utf8_character(text, &width);
        sum += width;
    }
    return sum;
}

size_t text_width(const char *text)
{
    return width_of_bytes(text, strlen(text));
}

size_t text_cut(const char *text, size_t width)
{
    const char *end = text;

    while (*end != '\0') {
        unsigned needed;
        size_t length = utf8_character(end, &needed);

        if (needed > width)
            break;
        width -= needed;
        end += length;
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

static void new_line(FILE *out, size_t indent)
{
    fputc('\n', out);
    text_spaces(out, indent);
}

// A chunk wider than a whole line is cut wherever the line ends. Returns the column it ends in.
static size_t write_chunk(FILE *out, const char *text, size_t length, size_t column, size_t indent, size_t width)
{
    size_t needed = width_of_bytes(text, length);
    unsigned character;

    while (column + needed > width) {
        size_t fit = text_cut(text, width - column);

        // A character that is wider than any line could be stands in one of its own.
        if (fit == 0 && column == indent)
            fit = utf8_character(text, &character);
        if (fit == length)
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
