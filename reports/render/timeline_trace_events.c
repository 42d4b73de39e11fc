// SPDX-License-Identifier: MIT
#include "reports/render/timeline_trace_events.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>

#include "measure/base/json.h"

// Text as a JSON string. 0 or -ENOMEM.
static int write_string(FILE *out, const char *text)
{
    cJSON *string = cJSON_CreateString(text);
    char *printed = string != NULL ? cJSON_PrintUnformatted(string) : NULL;

    if (printed != NULL)
        fputs(printed, out);
    cJSON_free(printed);
    cJSON_Delete(string);
    return printed != NULL ? 0 : -ENOMEM;
}

// ns as µs, exactly.
static void write_us(FILE *out, const char *key, uint64_t ns)
{
    fprintf(out, ",\"%s\":%" PRIu64 ".%03u", key, ns / 1000, (unsigned)(ns % 1000));
}

// The name of a model (`tid` 0), or of a row.
static int write_name(FILE *out, const char *what, size_t pid, size_t tid, const char *name)
{
    int err;

    fprintf(out, ",\n{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%zu,\"tid\":%zu,\"args\":{\"name\":", what, pid, tid);
    err = write_string(out, name);
    fputs("}}", out);
    return err;
}

// It ends 1 ns early: as doubles, begin and length add up to slightly more than the next one's begin now and then, which readers
// take for one within the other.
static int write_interval(FILE *out, const struct timeline_interval *interval, bool by_lane, size_t pid, size_t tid)
{
    uint64_t length_ns = interval->end_ns - interval->begin_ns;
    int err;

    fputs(",\n{\"ph\":\"X\",\"cat\":\"task\",\"name\":", out);
    err = write_string(out, timeline_state_words((enum timeline_state)interval->state));
    fprintf(out, ",\"pid\":%zu,\"tid\":%zu", pid, tid);
    write_us(out, "ts", interval->begin_ns);
    write_us(out, "dur", length_ns > 1 ? length_ns - 1 : length_ns);
    if (by_lane)
        fprintf(out, ",\"args\":{\"task\":%u}", interval->task);
    fputc('}', out);
    return err;
}

static int write_row(FILE *out, const struct timeline_panel *panel, const struct timeline *drawn, size_t r, size_t pid)
{
    const struct timeline_row *row = &drawn->rows[r];
    char label[TIMELINE_LABEL];
    int err = write_name(out, "thread_name", pid, r + 1, timeline_label(panel->names, drawn, row, label));

    for (size_t i = row->first; err == 0 && i < row->first + row->count; i++)
        if (drawn->intervals[i].state != TIMELINE_IDLE)
            err = write_interval(out, &drawn->intervals[i], drawn->by_lane, pid, r + 1);
    return err;
}

static int write_panel(FILE *out, const struct timeline_picture *picture, size_t i)
{
    const struct timeline_panel *panel = &picture->panels[i];
    const struct timeline *drawn = timeline_drawn(picture, panel);
    int err = write_name(out, "process_name", i + 1, 0, panel->model);

    for (size_t r = 0; err == 0 && r < drawn->row_count; r++)
        err = write_row(out, panel, drawn, r, i + 1);
    return err;
}

int timeline_trace_events(const struct timeline_picture *picture, const struct report_style *style, FILE *out)
{
    int err;

    (void)style;
    fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"title\":", out);
    err = write_string(out, picture->title);
    // An event that all others follow with a comma: which process comes first.
    fputs(
        "},\"traceEvents\":[\n{\"ph\":\"M\",\"name\":\"process_sort_index\",\"pid\":1,\"tid\":0,\"args\":{\"sort_index\":1}}",
        out);
    for (size_t i = 0; err == 0 && i < picture->panel_count; i++)
        err = write_panel(out, picture, i);
    fputs("\n]}\n", out);
    return err;
}
