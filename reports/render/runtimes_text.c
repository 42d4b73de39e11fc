// SPDX-License-Identifier: MIT
#include "reports/render/runtimes_text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

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

void runtimes_say(FILE *out, const cJSON *document)
{
    const cJSON *runtimes = field(document, "environment.runtimes"), *runtime, *other;
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
