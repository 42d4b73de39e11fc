// SPDX-License-Identifier: MIT
#include "reports/render/sweep_experiment.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/figures.h"
#include "reports/findings/wording.h"

// "64 tasks", "4 to 16000 tasks"; a NULL noun: none.
static void say_span(FILE *out, const struct sweep_view *view, const char *path, const char *noun)
{
    double low = NAN, high = NAN;

    for (size_t point = 0; point < view->points; point++) {
        low = fmin(low, field_number(view->blocks[point], path));
        high = fmax(high, field_number(view->blocks[point], path));
    }
    write_count(out, low);
    if (high > low) {
        fputs(" to ", out);
        write_count(out, high);
    }
    if (noun != NULL)
        fprintf(out, " %s%s", noun, text_plural(high));
}

static bool is_common(const struct sweep_view *view, const char *path)
{
    const char *first = field_text(view->blocks[0], path);

    for (size_t point = 0; point < view->points; point++)
        if (first == NULL || !field_is(view->blocks[point], path, first))
            return false;
    return true;
}

static void say_tasks(FILE *out, const struct sweep_view *view)
{
    const cJSON *last = view->blocks[view->points - 1];

    say_span(out, view, "tasks", "task");
    if (block_open_loop(last)) {
        fputs(" arriving at ", out);
        if (sweep_axis_is(view, "rate") && view->points > 1)
            fprintf(out, "%s to ", sweep_label(view, 0));
        write_arrivals(out, last);
    }
    fputs(", ", out);
    if (is_common(view, "describe"))
        fprintf(out, "each %s", field_text(last, "describe"));
    else
        fprintf(out, "at %s each %s, at %s each %s", sweep_label(view, 0), field_text(view->blocks[0], "describe"),
                sweep_label(view, view->points - 1), field_text(last, "describe"));
    fputs(block_open_loop(last) ? "; at most " : "; ", out);
    say_span(out, view, "concurrency", NULL);
    fputs(" in flight", out);
}

static void say_cpus(FILE *out, const struct sweep_view *view)
{
    if (is_common(view, "cpus")) {
        fprintf(out, "; on CPUs %s", field_text(view->blocks[0], "cpus"));
        return;
    }
    for (size_t point = 0; point < view->points && sweep_axis_is(view, "cpus"); point++)
        fprintf(out, "%s%s", point == 0 ? "; on CPUs " : ", then ", sweep_label(view, point));
}

void sweep_say_experiment(FILE *out, const struct sweep_view *view)
{
    say_tasks(out, view);
    say_cpus(out, view);
    if (is_common(view, "kind"))
        fprintf(out, "; %s",
                field_is(view->blocks[0], "kind", "empty") ? "no work in them" : field_text(view->blocks[0], "kind"));
    fputs("; ", out);
    say_span(out, view, "rounds", "round");
    fputs(" at each value", out);
}
