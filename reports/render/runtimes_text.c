// SPDX-License-Identifier: MIT
#include "reports/render/runtimes_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"

static bool same_text(const cJSON *a, const cJSON *b, const char *name)
{
    const char *x = field_text(a, name), *y = field_text(b, name);

    return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

static bool same_runtime(const cJSON *a, const cJSON *b)
{
    return same_text(a, b, "language") && same_text(a, b, "executable") &&
           cJSON_IsTrue(field(a, "gil")) == cJSON_IsTrue(field(b, "gil"));
}

// A library of the model's own name is told by its version alone: "trio 0.22.0", "asyncio".
static void say_model(FILE *out, const cJSON *runtime)
{
    const char *library = field_text(runtime, "library"), *name = runtime->string;
    size_t length = strcspn(name, ":@");
    bool own = library != NULL && strncasecmp(library, name, length) == 0 && library[length] == ' ';

    fprintf(out, "%s%s%s%s", name, own ? library + length : "", library != NULL && !own ? " on " : "",
            library != NULL && !own ? library : "");
}

static void say_runtime(FILE *out, const cJSON *runtime)
{
    const char *language = field_text(runtime, "language"), *executable = field_text(runtime, "executable");

    fputs(language != NULL ? language : "an unknown runtime", out);
    if (field(runtime, "gil") != NULL)
        fputs(cJSON_IsTrue(field(runtime, "gil")) ? " with a GIL" : " without a GIL", out);
    if (executable != NULL)
        fprintf(out, " (%s)", executable);
}

// All of an object of them, by models' labels.
static void say_all(FILE *out, const cJSON *runtimes)
{
    const cJSON *runtime, *other;
    const char *before = "";

    cJSON_ArrayForEach(runtime, runtimes) {
        const cJSON *first = runtimes->child;

        while (!same_runtime(first, runtime))
            first = first->next;
        if (first != runtime)
            continue;
        fputs(before, out);
        say_runtime(out, runtime);
        before = ": ";
        for (other = runtime; other != NULL; other = other->next) {
            if (!same_runtime(runtime, other))
                continue;
            fputs(before, out);
            say_model(out, other);
            before = ", ";
        }
        before = "; ";
    }
}

void runtimes_say(FILE *out, const cJSON *document)
{
    say_all(out, field(document, "environment.runtimes"));
}

// A line to be, in two parts: what it is of, and what that is; `more` may be NULL.
typedef void say_part(FILE *out, const cJSON *about, const cJSON *more);

struct line {
    int (*say)(const char *text, bool differs, void *data);
    void *data;
    bool differs;
};

static int say_line(const struct line *line, const char *lead, say_part *part, const cJSON *about, const cJSON *more)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    fprintf(text.out, "%s: ", lead);
    part(text.out, about, more);
    err = text_stream_close(&text);
    if (err == 0)
        err = line->say(text.text, line->differs, line->data);
    free(text.text);
    return err;
}

static void say_side(FILE *out, const cJSON *runtimes, const cJSON *more)
{
    if (runtimes == NULL)
        fputs("no other runtime said what it is", out);
    say_all(out, runtimes);
}

static void write_value(FILE *out, const cJSON *value)
{
    if (cJSON_IsString(value))
        fputs(value->valuestring, out);
    else if (cJSON_IsBool(value))
        fputs(cJSON_IsTrue(value) ? "yes" : "no", out);
    else if (cJSON_IsNumber(value))
        fprintf(out, "%.10g", value->valuedouble);
    else
        fputs("unknown", out);
}

static void say_difference(FILE *out, const cJSON *base, const cJSON *new)
{
    write_value(out, base);
    fputs(" | ", out);
    write_value(out, new);
}

// What the line of a side has of it anyway.
static bool is_told(const char *member)
{
    static const char *const told[] = {"language", "executable", "gil", "library"};

    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strcmp(member, told[i]) == 0)
            return true;
    return false;
}

// What is null is unknown, as what is missing.
static bool same_value(const cJSON *a, const cJSON *b)
{
    bool no_a = a == NULL || cJSON_IsNull(a), no_b = b == NULL || cJSON_IsNull(b);

    return no_a || no_b ? no_a == no_b : cJSON_Compare(a, b, true);
}

// One line for a member that is not the same on both sides: "asyncio's gc: 700, 10, 10 | 2000, 10, 10".
static int say_member(const struct line *line, const char *model, const char *member, const cJSON *base,
                      const cJSON *new)
{
    char *lead;
    int err;

    if (is_told(member) || same_value(base, new))
        return 0;
    if (asprintf(&lead, "%s's %s", model, member) < 0)
        return -ENOMEM;
    err = say_line(line, lead, say_difference, base, new);
    free(lead);
    return err;
}

// What one model says of itself on both sides.
static int say_members(const struct line *line, const cJSON *base, const cJSON *new)
{
    const cJSON *member;
    int err = 0;

    cJSON_ArrayForEach(member, base) {
        if (err == 0)
            err = say_member(line, base->string, member->string, member,
                             cJSON_GetObjectItemCaseSensitive(new, member->string));
    }
    cJSON_ArrayForEach(member, new) {
        if (err == 0 && cJSON_GetObjectItemCaseSensitive(base, member->string) == NULL)
            err = say_member(line, base->string, member->string, NULL, member);
    }
    return err;
}

// Whether the lines of both sides would be alike.
static bool same_heads(const cJSON *base, const cJSON *new)
{
    const cJSON *model, *other;

    if (cJSON_GetArraySize(base) != cJSON_GetArraySize(new))
        return false;
    cJSON_ArrayForEach(model, base) {
        other = cJSON_GetObjectItemCaseSensitive(new, model->string);
        if (other == NULL || !same_runtime(model, other) || !same_text(model, other, "library"))
            return false;
    }
    return true;
}

static int say_heads(struct line *line, const cJSON *base, const cJSON *new)
{
    int err;

    line->differs = !same_heads(base, new);
    if (!line->differs)
        return say_line(line, "both sides", say_side, base, NULL);
    err = say_line(line, "base", say_side, base, NULL);
    return err == 0 ? say_line(line, "new", say_side, new, NULL) : err;
}

int runtimes_each_side(const cJSON *document, int (*say)(const char *text, bool differs, void *data), void *data)
{
    const cJSON *base = field(document, "base.runtimes"), *new = field(document, "new.runtimes"), *model;
    struct line line = {.say = say, .data = data};
    int err = base != NULL || new != NULL ? say_heads(&line, base, new) : 0;

    line.differs = true;
    cJSON_ArrayForEach(model, base) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(new, model->string);

        if (err == 0 && other != NULL)
            err = say_members(&line, model, other);
    }
    return err;
}
