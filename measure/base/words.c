// SPDX-License-Identifier: MIT
#include "measure/base/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/utf8.h"

#define BLANKS " \t\n"

struct split {
    const char *in;
    char *out; // where the next character goes
    char *error;
};

static int refuse_special(struct split *split, char special)
{
    snprintf(split->error, WORDS_ERROR, "'%c' needs a shell, and none is run: quote it, spell it out, or name a script",
             special);
    return -EINVAL;
}

static int take_single(struct split *split)
{
    const char *end = strchr(split->in, '\'');

    if (end == NULL) {
        snprintf(split->error, WORDS_ERROR, "the quote ' is not closed");
        return -EINVAL;
    }
    split->out = mempcpy(split->out, split->in, (size_t)(end - split->in));
    split->in = end + 1;
    return 0;
}

static int take_double(struct split *split)
{
    while (*split->in != '"') {
        if (*split->in == '\0') {
            snprintf(split->error, WORDS_ERROR, "the quote \" is not closed");
            return -EINVAL;
        }
        if (*split->in == '$' || *split->in == '`')
            return refuse_special(split, *split->in);
        // Before any other character a backslash in double quotes stands for itself.
        if (*split->in == '\\' && split->in[1] != '\0' && strchr("\"\\$`", split->in[1]) != NULL)
            split->in++;
        *split->out++ = *split->in++;
    }
    split->in++;
    return 0;
}

// One word, from its first character to the blank behind it. What ? and [ are for a shell is refused in the command alone:
// in a URL that follows they mostly stand for themselves.
static int take_word(struct split *split, bool first)
{
    const char *begin = split->in;
    int err = 0;

    while (err == 0 && *split->in != '\0' && strchr(BLANKS, *split->in) == NULL) {
        char c = *split->in++;

        if (c == '\'')
            err = take_single(split);
        else if (c == '"')
            err = take_double(split);
        else if (strchr("$`|&;<>()*", c) != NULL || (c == '~' && split->in == begin + 1) ||
                 (first && strchr("?[", c) != NULL))
            err = refuse_special(split, c);
        else if (c == '\\' && *split->in != '\0')
            *split->out++ = *split->in++;
        else
            *split->out++ = c;
    }
    *split->out++ = '\0';
    return err;
}

// NAME=…, with which a shell would not start a program of that name.
static bool is_assignment(const char *word)
{
    size_t length = 0;

    while (isalnum((unsigned char)word[length]) || word[length] == '_')
        length++;
    return length > 0 && !isdigit((unsigned char)word[0]) && word[length] == '=';
}

static int check_first(const char *word, char error[WORDS_ERROR])
{
    if (word[0] == '\0')
        snprintf(error, WORDS_ERROR, "there is no command");
    else if (is_assignment(word))
        snprintf(error, WORDS_ERROR, "it begins with an assignment, expected 'env %.*s …'", UTF8_CLIPPED(word, 40));
    else
        return 0;
    return -EINVAL;
}

// Puts the words of the text into `words`, and NULL behind them.
static int take_words(struct split *split, char **words)
{
    size_t n = 0;
    int err = 0;

    words[0] = split->out;
    *split->out = '\0';
    while (split->in += strspn(split->in, BLANKS), err == 0 && *split->in != '\0') {
        words[n++] = split->out;
        err = take_word(split, n == 1);
    }
    if (err == 0)
        err = check_first(words[0], split->error);
    if (err == 0)
        words[n] = NULL;
    return err;
}

int words_split(const char *text, char ***ret_words, char error[WORDS_ERROR])
{
    // No word is longer than its text, and each but the last is followed by a blank.
    size_t length = strlen(text), most = length / 2 + 2;
    char **words = malloc(most * sizeof *words + length + 2);
    struct split split = {.in = text, .error = error};
    int err;

    if (words == NULL)
        return -ENOMEM;
    split.out = (char *)(words + most);
    err = take_words(&split, words);
    if (err != 0) {
        free(words);
        return err;
    }
    *ret_words = words;
    return 0;
}

static size_t occurrences(const char *word, const char *from)
{
    size_t n = 0;

    while ((word = strstr(word, from)) != NULL) {
        word += strlen(from);
        n++;
    }
    return n;
}

// The word with each `from` in it replaced; returns where it ends.
static char *write_replaced(char *out, const char *word, const char *from, const char *to)
{
    const char *found;

    while ((found = strstr(word, from)) != NULL) {
        out = mempcpy(out, word, (size_t)(found - word));
        out = stpcpy(out, to);
        word = found + strlen(from);
    }
    return stpcpy(out, word);
}

char **words_replace(char *const *words, const char *from, const char *to)
{
    size_t count = 0, bytes = 0;
    char **copy;
    char *out;

    for (; words[count] != NULL; count++)
        bytes += strlen(words[count]) + 1 + occurrences(words[count], from) * strlen(to);
    copy = malloc((count + 1) * sizeof *copy + bytes);
    if (copy == NULL)
        return NULL;
    out = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++) {
        copy[i] = out;
        out = write_replaced(out, words[i], from, to) + 1;
    }
    copy[count] = NULL;
    return copy;
}

void words_write(FILE *out, const char *word)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%^");

    if (word[0] != '\0' && word[plain] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}
