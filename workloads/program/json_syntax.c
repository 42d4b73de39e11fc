// SPDX-License-Identifier: MIT
#include "workloads/program/json_syntax.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/utf8.h"

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"
#define MOST_DEPTH 1000 // as cJSON
#define SNIPPET_BYTES 20

struct scanner {
    const char *at;
    unsigned depth;
    char *what;
};

static int check_value(struct scanner *scanner);

static int __attribute__((format(printf, 2, 3))) refuse(struct scanner *scanner, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(scanner->what, JSON_SYNTAX_ERROR, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int snippet_length(const char *at)
{
    size_t length = strcspn(at, "\r\n");

    return (int)utf8_clip(at, length < SNIPPET_BYTES ? length : SNIPPET_BYTES);
}

// What stands here is nothing that JSON has in this place.
static int refuse_here(struct scanner *scanner, const char *expected)
{
    const char *at = scanner->at;

    if (at[0] == '\0')
        return refuse(scanner, "the text ends too early, expected JSON");
    if (at[0] == '\'')
        return refuse(scanner, "not JSON: %.*s, expected text in double quotes", snippet_length(at), at);
    return refuse(scanner, "not JSON: '%.*s', expected %s", snippet_length(at), at, expected);
}

// White space. 0, or -EINVAL at a comment.
static int skip_space(struct scanner *scanner)
{
    scanner->at += strspn(scanner->at, " \t\r\n");
    if (strncmp(scanner->at, "//", 2) != 0 && strncmp(scanner->at, "/*", 2) != 0 && scanner->at[0] != '#')
        return 0;
    return refuse(scanner, "JSON has no comments, expected none: '%.*s'", snippet_length(scanner->at), scanner->at);
}

// "\uD83D" wants a second half behind it, and none stands alone.
static int check_unicode(struct scanner *scanner)
{
    const char *at = scanner->at;
    bool first = strchr("dD", at[2]) != NULL && strchr("89abAB", at[3]) != NULL;
    bool second = strchr("dD", at[2]) != NULL && strchr("cdefCDEF", at[3]) != NULL;

    if (second || (first && (strncmp(at + 6, "\\u", 2) != 0 || strspn(at + 8, HEX) < 4 || strchr("dD", at[8]) == NULL ||
                             strchr("cdefCDEF", at[9]) == NULL)))
        return refuse(scanner, "half a character: '%.6s', expected both halves of a pair", at);
    scanner->at += first ? 12 : 6;
    return 0;
}

static int check_escape(struct scanner *scanner)
{
    const char *at = scanner->at;

    if (at[1] == 'u' && strspn(at + 2, HEX) >= 4)
        return check_unicode(scanner);
    if (at[1] == '\0')
        return refuse_here(scanner, "JSON");
    if (strchr("\"\\/bfnrt", at[1]) == NULL)
        return refuse(scanner, "not JSON: '%.*s', expected an escape such as \\\\, \\n or \\u00e9",
                      at[1] == 'u' ? 6 : 2, at);
    scanner->at += 2;
    return 0;
}

static int check_string(struct scanner *scanner)
{
    const char *begin = scanner->at++;
    int err = 0;

    while (err == 0 && *scanner->at != '"') {
        unsigned char c = (unsigned char)*scanner->at;

        if (c == '\0') {
            return refuse(scanner, "the text ends too early, expected a \" for %.*s", snippet_length(begin), begin);
        } else if (c == '\\') {
            err = check_escape(scanner);
        } else if (c < ' ') {
            return refuse(scanner, "a %s in text, expected %s",
                          c == '\n' || c == '\r' ? "line break"
                          : c == '\t'            ? "tab"
                                                 : "control character",
                          c == '\n'   ? "its closing \" before, or \\n"
                          : c == '\t' ? "\\t"
                                      : "an escape such as \\u0001");
        } else {
            scanner->at++;
        }
    }
    scanner->at += err == 0;
    return err;
}

static int check_number(struct scanner *scanner)
{
    const char *begin = scanner->at, *at = begin + (*begin == '-');
    size_t whole = strspn(at, DIGITS), zeros = strspn(at, "0");
    const char *number = at;

    at += whole;
    if (whole > 1 && zeros > 0)
        return refuse(scanner, "JSON has no numbers that begin with 0, expected %.*s",
                      (int)(whole - (zeros < whole ? zeros : whole - 1)), number + (zeros < whole ? zeros : whole - 1));
    if (whole > 0 && at[0] == '.')
        at += 1 + strspn(at + 1, DIGITS);
    if (whole == 0 || at[-1] == '.')
        return refuse_here(scanner, "a number with a digit on both sides of its point");
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        if (strspn(at, DIGITS) == 0)
            return refuse_here(scanner, "a number such as 1e6");
        at += strspn(at, DIGITS);
    }
    if (strspn(at, LETTERS DIGITS ".+-") > 0)
        return refuse_here(scanner, "a number in decimal digits");
    scanner->at = at;
    return 0;
}

static int check_word(struct scanner *scanner)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t length = strspn(scanner->at, LETTERS DIGITS);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && memcmp(scanner->at, words[i], length) == 0) {
            scanner->at += length;
            return 0;
        }
    }
    return refuse_here(scanner, length > 0 ? "a number, true, false, null or text in double quotes" : "a value");
}

static int check_member(struct scanner *scanner)
{
    int err;

    if (*scanner->at != '"')
        return refuse_here(scanner, "a key in double quotes");
    err = check_string(scanner);
    if (err == 0)
        err = skip_space(scanner);
    if (err == 0 && *scanner->at != ':')
        err = refuse_here(scanner, "a colon behind the key");
    if (err != 0)
        return err;
    scanner->at++;
    err = skip_space(scanner);
    return err == 0 ? check_value(scanner) : err;
}

// The items of an array or the members of an object, up to the bracket that closes it.
static int check_items(struct scanner *scanner, char close, int (*check)(struct scanner *scanner))
{
    const char *comma = NULL;
    int err;

    scanner->at++;
    while ((err = skip_space(scanner)) == 0 && *scanner->at != close) {
        err = check(scanner);
        if (err == 0)
            err = skip_space(scanner);
        if (err != 0)
            return err;
        comma = *scanner->at == ',' ? scanner->at : NULL;
        if (comma == NULL && *scanner->at != close)
            return refuse_here(scanner, close == ']' ? "a comma or ]" : "a comma or }");
        scanner->at += comma != NULL;
    }
    if (err == 0 && comma != NULL) {
        scanner->at = comma;
        return refuse(scanner, "JSON has no comma behind the last %s, expected %c", close == ']' ? "item" : "member",
                      close);
    }
    scanner->at += err == 0;
    return err;
}

static int check_value(struct scanner *scanner)
{
    int err;

    if (*scanner->at == '"')
        return check_string(scanner);
    if (*scanner->at != '{' && *scanner->at != '[')
        return strchr("-." DIGITS, *scanner->at) != NULL && *scanner->at != '\0' ? check_number(scanner)
                                                                                 : check_word(scanner);
    if (scanner->depth++ == MOST_DEPTH)
        return refuse(scanner, "brackets in brackets, expected at most %d deep", MOST_DEPTH);
    err = *scanner->at == '{' ? check_items(scanner, '}', check_member) : check_items(scanner, ']', check_value);
    scanner->depth--;
    return err;
}

int json_syntax_check(const char *text, size_t *ret_offset, char what[JSON_SYNTAX_ERROR])
{
    struct scanner scanner = {.at = text, .what = what};
    int err;

    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        scanner.at += 3;
    err = skip_space(&scanner);
    if (err == 0)
        err = check_value(&scanner);
    if (err == 0)
        err = skip_space(&scanner);
    if (err == 0 && *scanner.at != '\0')
        err = refuse_here(&scanner, "nothing behind the end");
    if (err != 0)
        *ret_offset = (size_t)(scanner.at - text);
    return err;
}
