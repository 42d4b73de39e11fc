// SPDX-License-Identifier: MIT
#include "reports/findings/falls_behind.h"

#include <math.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/ranking.h"
#include "reports/findings/verdicts.h"

static bool has_figures(const struct verdicts *v, size_t model, size_t point)
{
    const struct cJSON *cell = sweep_cell(v->view, model, point), *block = v->view->blocks[point];

    return cell != NULL && ranking_in_question(block, cell) && ranking_figure(block, cell) > 0;
}

static double throughput(const struct verdicts *v, size_t model, size_t point)
{
    return field_number(sweep_cell(v->view, model, point), "summary.throughput_per_s.median");
}

// The one of the highest median; v->models where there is none.
static size_t leader_at(const struct verdicts *v, size_t point)
{
    size_t leader = v->models;

    for (size_t model = 0; model < v->models; model++)
        if (has_figures(v, model, point) &&
            (leader == v->models || throughput(v, model, point) > throughput(v, leader, point)))
            leader = model;
    return leader;
}

bool falls_behind(const struct verdicts *v, size_t model, struct fall *ret_fall)
{
    size_t points = v->view->points, kept = 0, last = points;
    struct fall fall;

    if (block_open_loop(v->view->blocks[0]))
        return false;
    while (kept < points && verdicts_fast(v, model, kept))
        kept++;
    for (size_t point = kept; point < points; point++)
        last = has_figures(v, model, point) ? point : last;
    if (kept == 0 || last == points)
        return false;
    fall = (struct fall){.until = kept - 1, .at = last, .leader = leader_at(v, last)};
    fall.share = throughput(v, model, last) / throughput(v, fall.leader, last);
    if (verdicts_ahead(v, fall.leader, model, last) != 1 || !(fall.share < 1))
        return false;
    *ret_fall = fall;
    return true;
}
