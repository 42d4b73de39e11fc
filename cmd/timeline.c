// SPDX-License-Identifier: MIT
// ccbench timeline: who ran when.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console/outputs.h"
#include "cmd/console/terminal.h"
#include "cmd/plan/preflight.h"
#include "cmd/rounds/calibrate.h"
#include "cmd/rounds/trials_origin.h"
#include "cmd/timeline/choose.h"
#include "cmd/timeline/files.h"
#include "cmd/timeline/stamp.h"
#include "cmd/timeline/traced.h"
#include "measure/base/clock.h"
#include "measure/slot.h"
#include "reports/render/timeline_text.h"

// A command under way.
struct drawing {
    struct options options;
    struct plan plan;
    struct trials trials;
    struct trace_capture capture;
    struct progress progress;
    struct timeline_picture picture;
    struct timeline_names names;
    uint64_t stamp_ns;
    const char **classes;
    uint16_t *class_of;
};

static struct block *block_of(struct drawing *drawing)
{
    return &drawing->plan.blocks[0];
}

static int check(const struct drawing *drawing)
{
    const struct plan *plan = &drawing->plan;

    if (plan->block_count > 1)
        return complain("a timeline is of one workload and one value of each option, expected one instead of %u",
                        plan->block_count);
    return 0;
}

static int open_panels(struct drawing *drawing)
{
    struct block *block = block_of(drawing);
    struct task_mix *mix = &block->workload.mix;
    struct timeline_picture *picture = &drawing->picture;

    picture->by_lane = drawing->options.by_lane != 0;
    snprintf(picture->title, sizeof picture->title,
             "%s: %u task%s, %u in flight; one traced trial of each model, all from 0 on one axis",
             block->workload.label, block->tasks, block->tasks == 1 ? "" : "s", block->concurrency);
    picture->panels = calloc(block->cell_count, sizeof *picture->panels);
    drawing->classes = calloc(mix->count + 1, sizeof *drawing->classes);
    drawing->class_of = calloc(block->tasks, sizeof *drawing->class_of);
    if (picture->panels == NULL || drawing->classes == NULL || drawing->class_of == NULL)
        return complain("out of memory");
    picture->panel_count = block->cell_count;
    for (size_t i = 0; i < mix->count; i++)
        drawing->classes[i] = mix->classes[i].name;
    drawing->names = (struct timeline_names){drawing->classes, mix->count, drawing->class_of, block->tasks};
    for (unsigned i = 0; i < block->cell_count; i++) {
        picture->panels[i].model = block->cells[i].label;
        picture->panels[i].names = &drawing->names;
    }
    return 0;
}

// Tasks are laid out the same for each model.
static void note_classes(struct drawing *drawing)
{
    const struct trials *trials = &drawing->trials;
    uint32_t tasks = block_of(drawing)->tasks;

    if (trials->slots == NULL || trials->slots_bytes < tasks * sizeof *trials->slots)
        return;
    for (uint32_t i = 0; i < tasks; i++)
        drawing->class_of[i] = trials->slots[i].class_index;
}

static int run_cell(struct drawing *drawing, unsigned i)
{
    struct block *block = block_of(drawing);
    struct cell *cell = &block->cells[i];
    int err;

    if (supervisor_interrupted() != 0 && !cell->ended)
        cell_end(cell, CELL_SKIPPED, "interrupted");
    snprintf(drawing->progress.stage, sizeof drawing->progress.stage, "model %u of %u", i + 1, block->cell_count);
    progress_tell(&drawing->progress, block->title, cell->label, 2 * cell->estimate_ns * (block->cell_count - i));
    if (cell->entry->model != NULL && cell->entry->model->runtime == NULL)
        drawing->picture.panels[i].stamp_ns = drawing->stamp_ns;
    err = traced_run(&drawing->trials, &drawing->capture, block, cell, drawing->picture.by_lane,
                     &drawing->picture.panels[i]);
    note_classes(drawing);
    return err == 0 ? 0 : complain_of(err);
}

static int run_cells(struct drawing *drawing)
{
    int status = 0;

    calibrate_times(&drawing->trials, &drawing->plan);
    drawing->stamp_ns = stamp_cost_ns();
    progress_open(&drawing->progress, drawing->options.quiet);
    drawing->trials.progress = &drawing->progress;
    for (unsigned i = 0; status == 0 && i < block_of(drawing)->cell_count; i++)
        status = run_cell(drawing, i);
    progress_clear(&drawing->progress);
    return status;
}

// What the trials came to, as a run has it.
static int status_of(struct drawing *drawing)
{
    const struct block *block = block_of(drawing);
    int caught = supervisor_interrupted();

    if (caught != 0)
        return EXIT_SIGNAL + caught;
    for (unsigned i = 0; i < block->cell_count; i++)
        if (block->cells[i].status == CELL_FAILED || block->cells[i].status == CELL_WRONG)
            return EXIT_CELL;
    return EXIT_DONE;
}

static int show(struct drawing *drawing)
{
    struct report_style style = terminal_style(&drawing->options);
    int err = timeline_text(&drawing->picture, &style, stdout), flushed = outputs_flush(), status;

    status = err != 0 ? complain_of(err) : status_of(drawing);
    if (timeline_files_write(&drawing->options, &drawing->picture) != 0)
        return EXIT_USAGE;
    return flushed != 0 ? flushed : status;
}

static int carry_out(struct drawing *drawing)
{
    int status, err = trials_open(&drawing->trials, &drawing->plan, clock_now_ns());

    if (err != 0)
        return complain("cannot supervise trials: %s", strerror(-err));
    err = traced_open(block_of(drawing), &drawing->capture);
    status = err == 0 ? trials_origin_open(&drawing->trials, &drawing->plan)
                      : complain("cannot make room for a trace: %s", strerror(-err));
    if (status == 0)
        status = run_cells(drawing);
    if (status == 0)
        status = show(drawing);
    trace_capture_close(&drawing->capture);
    trials_close(&drawing->trials);
    return status;
}

static int prepare(struct drawing *drawing)
{
    int status = check(drawing);

    if (status == 0)
        status = outputs_check(&drawing->options);
    if (status == 0)
        status = preflight_files(&drawing->plan);
    if (status == 0)
        status = preflight_url(&drawing->options);
    return status == 0 ? open_panels(drawing) : status;
}

static int command_main(int argc, char **argv)
{
    static struct drawing drawing;
    int status = options_parse(&command_timeline, argc, argv, &drawing.options);

    if (status == 0 && drawing.options.argument_count > 0)
        status = complain("timeline takes no '%.60s', expected options alone (try 'ccbench timeline --help')",
                          drawing.options.arguments[0]);
    if (status == 0)
        status = timeline_choose(&drawing.options);
    if (status == 0)
        status = plan_make(&drawing.options, &drawing.plan);
    if (status != 0)
        return status;
    status = prepare(&drawing);
    if (status == 0)
        status = carry_out(&drawing);
    timeline_picture_release(&drawing.picture);
    free(drawing.classes);
    free(drawing.class_of);
    plan_release(&drawing.plan);
    return status;
}

const struct command command_timeline = {
    .name = "timeline",
    .bit = COMMAND_TIMELINE,
    .arguments = "",
    .summary = "Draws who ran when: one traced trial of each model, below each other.",
    .main = command_main,
};
