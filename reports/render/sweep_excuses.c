// SPDX-License-Identifier: MIT
#include "reports/render/sweep_excuses.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/render/paragraph.h"

static const char *reason_of(const cJSON *cell)
{
    const char *reason = field_text(cell, "reason");

    return cell == NULL ? "not in this block" : reason != NULL ? reason : "no reason given";
}

// The next word that is no figure, nor the unit of one.
static const char *next_word(const char *text, size_t *ret_length)
{
    bool after_figure = false;

    for (;; text += *ret_length) {
        text += strspn(text, " ");
        *ret_length = strcspn(text, " ");
        if (!isdigit((unsigned char)*text) && !(after_figure && *ret_length > 0 && *ret_length <= 3))
            return text;
        after_figure = isdigit((unsigned char)*text);
    }
}

// The same but for figures: "would take 10.3 s", "would take 640 ms".
static bool same_reason(const cJSON *a, const cJSON *b)
{
    const char *one = reason_of(a), *other = reason_of(b), *status = field_text(a, "status");
    size_t n, m;

    if (status == NULL || b == NULL || !field_is(b, "status", status))
        return a == b;
    for (;; one += n, other += m) {
        one = next_word(one, &n);
        other = next_word(other, &m);
        if (n != m || memcmp(one, other, n) != 0)
            return false;
        if (n == 0)
            return true;
    }
}

static bool is_missing(const struct sweep_view *view, size_t model, size_t point)
{
    return sweep_cell(view, model, point) == NULL || !cell_ok(sweep_cell(view, model, point));
}

static bool shares(const struct sweep_view *view, size_t model, size_t point, size_t other_model, size_t other_point)
{
    return is_missing(view, model, point) && is_missing(view, other_model, other_point) &&
           same_reason(sweep_cell(view, model, point), sweep_cell(view, other_model, other_point));
}

// Whether a model is missing for that reason wherever another one is, and nowhere else.
static bool shares_all(const struct sweep_view *view, size_t model, size_t other, size_t first)
{
    if (strcmp(reason_of(sweep_cell(view, model, first)), reason_of(sweep_cell(view, other, first))) != 0)
        return false;
    for (size_t point = 0; point < view->points; point++)
        if (shares(view, model, first, model, point) != shares(view, model, first, other, point))
            return false;
    return true;
}

// The values from `from` on at which the model is missing for the reason it has at `first`.
static size_t count_points(const struct sweep_view *view, size_t model, size_t first, size_t from)
{
    size_t n = 0;

    for (size_t point = from; point < view->points; point++)
        n += shares(view, model, first, model, point);
    return n;
}

static void say_points(FILE *out, const struct sweep_view *view, size_t model, size_t first, size_t from)
{
    size_t n = count_points(view, model, first, from), written = 0;

    if (n == view->points && n > 1) {
        fputs("every value", out);
        return;
    }
    for (size_t point = from; point < view->points; point++)
        if (shares(view, model, first, model, point))
            fprintf(out, "%s%s", written++ == 0 ? "" : written == n ? " and " : ", ", sweep_label(view, point));
}

// Whether all say it in the same words, figures included.
static bool is_same_everywhere(const struct sweep_view *view, size_t model, size_t first)
{
    for (size_t other = model; other < view->models; other++)
        for (size_t point = first; point < view->points && shares_all(view, model, other, first); point++)
            if (shares(view, model, first, other, point) &&
                strcmp(reason_of(sweep_cell(view, model, first)), reason_of(sweep_cell(view, other, point))) != 0)
                return false;
    return true;
}

// " at 64 and 256: skipped: not built", " at 64: skipped: would take 2 s; at 256 likewise"
static void say_reason(FILE *out, const struct sweep_view *view, size_t model, size_t first)
{
    const cJSON *cell = sweep_cell(view, model, first);
    const char *status = cell != NULL ? field_text(cell, "status") : "missing";
    bool same = is_same_everywhere(view, model, first);

    fputs(" at ", out);
    if (same)
        say_points(out, view, model, first, first);
    else
        fputs(sweep_label(view, first), out);
    fprintf(out, ": %s: %s", status, reason_of(cell));
    if (same || count_points(view, model, first, first + 1) == 0)
        return;
    fputs("; likewise at ", out);
    say_points(out, view, model, first, first + 1);
}

// Each reason once, with all models and values it holds for.
static int write_excuse(FILE *out, const struct sweep_view *view, const struct report_style *style, size_t model,
                        size_t first)
{
    bool skipped = field_is(sweep_cell(view, model, first), "status", "skipped");
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    for (size_t other = model; other < view->models; other++)
        if (shares_all(view, model, other, first))
            fprintf(text.out, "%s%s", other == model ? "" : ", ", sweep_model(view, other));
    say_reason(text.out, view, model, first);
    err = text_stream_close(&text);
    if (err == 0)
        err = paragraph_with_lead(out, style, skipped ? COLOR_DIM : COLOR_RED, "-", text.text, PARAGRAPH_HANGING);
    free(text.text);
    return err;
}

// Whether the reason was given with an earlier value, or an earlier model.
static bool is_excused(const struct sweep_view *view, size_t model, size_t point)
{
    size_t first = 0;

    while (!shares(view, model, point, model, first))
        first++;
    for (size_t earlier = 0; earlier < model; earlier++)
        if (is_missing(view, earlier, first) && shares_all(view, earlier, model, first) &&
            shares(view, earlier, first, model, first))
            return true;
    return first < point;
}

int sweep_excuses(FILE *out, const struct sweep_view *view, const struct report_style *style)
{
    int err = 0;

    for (size_t model = 0; model < view->models; model++)
        for (size_t point = 0; err == 0 && point < view->points; point++)
            if (is_missing(view, model, point) && !is_excused(view, model, point))
                err = write_excuse(out, view, style, model, point);
    return err;
}
