// SPDX-License-Identifier: MIT
#include "reports/findings/findings_client.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/findings/contest.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "reports/findings/ranking.h"

#define BARE ":client=bare"

static bool fetches(const cJSON *cell)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, field(cell, "trial.classes")) {
        if (judge_has_step(field(class, "steps"), "fetch"))
            return true;
    }
    return false;
}

// Whether `bare` is the same model as `cell`, but for its client.
static bool is_counterpart(const cJSON *cell, const cJSON *bare)
{
    const char *name = field_text(cell, "model"), *other = field_text(bare, "model");
    size_t length = strlen(name);

    return strncmp(other, name, length) == 0 && strcmp(other + length, BARE) == 0;
}

static bool is_shown(const cJSON *cell, const cJSON *bare)
{
    struct paired_ratio ratio;

    return paired_ratio_by(YARDSTICK_CPU, bare, cell, &ratio) == 0 && ratio.valid && ratio.high * CONTEST_AS_FAST < 1;
}

static void write_part(FILE *out, const cJSON *cell, const cJSON *bare, const char *begin)
{
    double whole_ns = field_number(cell, "summary.cpu_per_task_ns.median");
    double left_ns = field_number(bare, "summary.cpu_per_task_ns.median");

    fputs(begin, out);
    write_duration(out, whole_ns);
    fprintf(out, " of CPU that a task takes under %s, libcurl accounts for ", field_text(cell, "model"));
    write_duration(out, whole_ns - left_ns);
    fputs(": with client=bare it takes ", out);
    write_duration(out, left_ns);
}

void say_client(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *begin = "Of the ";
    size_t n = 0;
    const cJSON **cells = cells_where(block, NULL, &n);

    for (size_t i = 0; cells != NULL && i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (!is_counterpart(cells[i], cells[j]) || !fetches(cells[i]) || !is_shown(cells[i], cells[j]))
                continue;
            write_part(out, cells[i], cells[j], begin);
            begin = "; of the ";
        }
    }
    if (*begin == ';')
        fputc('.', out);
    free(cells);
}
