// SPDX-License-Identifier: MIT
#include "cmd/rounds/gate_side.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/plan/weigh.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/program_find.h"
#include "measure/base/text.h"
#include "measure/base/utf8.h"
#include "measure/base/words.h"
#include "measure/protocol.h"
#include "version.h"

// In which a side must have answered that is asked whether it is a ccbench. Sanitizers make all of it slow.
#define GREETING_NS ((sizeof CCBENCH_SANITIZER > 1 ? 30 : 5) * NS_PER_S)

const char *const side_names[SIDES] = {"base", "new"};

// The words with "trial" at their end, in one block.
static char **with_trial(char **words)
{
    static char trial[] = "trial";
    size_t n = 0;
    char **longer;

    while (words[n] != NULL)
        n++;
    longer = malloc((n + 2) * sizeof *longer);
    if (longer != NULL) {
        memcpy(longer, words, n * sizeof *longer);
        longer[n] = trial;
        longer[n + 1] = NULL;
    }
    return longer;
}

// Its own, or the one of both.
static void choose_server(struct gate_side *side, const struct options *options, int which)
{
    const char *own = options->side_servers[which];

    side->server = own != NULL ? own : options->server;
    side->server_option = own == NULL ? "server" : which == SIDE_BASE ? "base-server" : "new-server";
}

static const char *file_of(const struct gate_side *side, size_t i)
{
    return i == 0 ? side->program : side->words[i];
}

static void look_at(const char *path, struct stat *ret_stat)
{
    if (stat(path, ret_stat) != 0 || !S_ISREG(ret_stat->st_mode))
        *ret_stat = (struct stat){.st_mode = 0};
}

// 0 or -ENOMEM.
static int note_files(struct gate_side *side)
{
    size_t count = 0;

    while (side->words[count] != NULL)
        count++;
    side->files = calloc(count, sizeof *side->files);
    for (size_t i = 0; side->files != NULL && i < count; i++)
        look_at(file_of(side, i), &side->files[i]);
    return side->files != NULL ? 0 : -ENOMEM;
}

const char *gate_side_changed(const struct gate_side *side)
{
    for (size_t i = 0; side->words[i] != NULL; i++) {
        const struct stat *before = &side->files[i];
        struct stat now;

        look_at(file_of(side, i), &now);
        if (before->st_mode != 0 &&
            (now.st_dev != before->st_dev || now.st_ino != before->st_ino || now.st_size != before->st_size ||
             now.st_mtim.tv_sec != before->st_mtim.tv_sec || now.st_mtim.tv_nsec != before->st_mtim.tv_nsec))
            return file_of(side, i);
    }
    return NULL;
}

// This program, as a command. To be freed; NULL: it is not known, or no memory.
static char *own_program(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    return length > 0 && (size_t)length < sizeof path ? strndup(path, (size_t)length) : NULL;
}

// "env NAME=VALUE … COMMAND", or the command alone.
static int write_command(FILE *out, const struct typed_list *environment, const char *command)
{
    char *own = command == NULL ? own_program() : NULL;

    if (command == NULL && own == NULL)
        return -ENOMEM;
    fputs(environment->count > 0 ? "env " : "", out);
    for (unsigned i = 0; i < environment->count; i++) {
        words_write(out, environment->texts[i]);
        fputc(' ', out);
    }
    if (command != NULL)
        fputs(command, out);
    else
        words_write(out, own);
    free(own);
    return 0;
}

// What the side is started by, where one of the two differs in some way. 0, or EXIT_USAGE with one line printed.
static int make_command(struct gate_side *side, const struct options *options, int which)
{
    bool given = false;
    struct text_stream text;
    int err;

    for (int i = 0; i < SIDES; i++)
        given |= options->sides[i] != NULL || options->side_environments[i].count > 0 ||
                 options->side_servers[i] != NULL;
    if (!given)
        return complain(
            "gate needs --%s=CMD, such as --%s=./%s/ccbench, or --%s-server=CMD, or --%s-env=NAME=VALUE (try "
            "'ccbench gate --help')",
            side->name, side->name, side->name, side->name, side->name);
    err = text_stream_open(&text);
    if (err == 0) {
        err = write_command(text.out, &options->side_environments[which], options->sides[which]);
        err = text_stream_close(&text) != 0 ? -ENOMEM : err;
        side->command = text.text;
    }
    return err == 0 ? 0 : complain("out of memory");
}

int gate_side_open(struct gate_side *side, const struct options *options, int which)
{
    char error[WORDS_ERROR] = "out of memory";
    char **words;
    int status;

    *side = (struct gate_side){.name = side_names[which]};
    choose_server(side, options, which);
    status = make_command(side, options, which);
    if (status != 0)
        return status;
    if (words_split(side->command, &words, error) != 0)
        return complain("--%s: '%s': %s", side->name, side->command, error);
    side->words = words;
    side->program = program_find(words[0]);
    side->arguments = with_trial(words);
    if (side->arguments == NULL)
        return complain("out of memory");
    if (side->server != NULL && words_split(side->server, &side->server_words, error) != 0)
        return complain_masked(side->server_option, side->server, error);
    if (side->program == NULL)
        return complain("--%s: no program '%s', expected a command such as ./%s/ccbench%s", side->name, words[0],
                        side->name, words[1] != NULL ? "; no shell is run: quote a name that has blanks" : "");
    return note_files(side) == 0 ? 0 : complain("out of memory");
}

void gate_side_close(struct gate_side *side)
{
    free(side->files);
    free(side->arguments);
    free(side->server_words);
    free(side->words);
    free(side->command);
    free(side->program);
}

void gate_side_use(const struct gate_side *side, struct trials *trials)
{
    trials->ours = false;
    trials->program = side->program;
    trials->arguments = side->arguments;
    trials->server_words = side->server_words;
}

// The end of a sentence: the last line the program printed often says why.
static const char *last_words(const cJSON *sample, char buf[200])
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sample, "diagnostics"));

    buf[0] = '\0';
    if (text != NULL)
        snprintf(buf, 200, " (%.*s)", UTF8_CLIPPED(text, 190));
    return buf;
}

static int judge_greeting(const struct gate_side *side, const struct trials *trials, const struct trial_result *result)
{
    const char *reason = result->judgement.reason;
    char words[200];

    if (result->outcome == TRIAL_INTERRUPTED)
        return EXIT_SIGNAL + supervisor_interrupted();
    if (trials->refusal.speaks != 0 && trials->refusal.speaks != PROTOCOL_VERSION)
        return complain(
            "--%s: '%s' speaks trial protocol %d, this ccbench %d: take a ccbench for the gate that speaks both "
            "sides' protocol",
            side->name, side->command, trials->refusal.speaks, PROTOCOL_VERSION);
    if (trials->refusal.refused && trials->refusal.speaks == 0 && strcasestr(reason, "protocol") != NULL)
        return complain("--%s: '%s': %s", side->name, side->command, reason);
    // A program that has no model "null" refuses it, in the protocol.
    if (result->outcome == TRIAL_DONE || trials->refusal.refused)
        return 0;
    return complain("--%s: '%s trial' does not speak the trial protocol: %s%s; for servers: --%s-server='%s {port}'",
                    side->name, side->command, reason,
                    result->outcome != TRIAL_CRASHED ? last_words(result->sample, words) : "", side->name,
                    side->command);
}

int gate_side_greet(const struct gate_side *side, struct trials *trials)
{
    const struct options *options = trials->plan->options;
    struct block block = {.tasks = 1, .concurrency = 1, .cpus = trials->plan->blocks[0].cpus, .cores = 1};
    struct cell cell = {.entry = model_find("null"), .lanes = 1};
    struct trial_result result = {.sample = NULL};
    char error[WORKLOAD_ERROR];
    int status;

    gate_side_use(side, trials);
    trials->patience_ns = GREETING_NS;
    if (workload_make("noop", 1, &block.workload, error) == 0 && weigh_classes(options, &block) == 0 &&
        trials_timed(trials, &block, &cell, 0, 0, &result) == 0)
        status = judge_greeting(side, trials, &result);
    else
        status = complain("out of memory");
    trials->patience_ns = 0;
    cJSON_Delete(result.sample);
    plan_release_block(&block);
    if (status == 0 && side->server != NULL)
        status = trials_server_try(trials, side->server_option, side->server);
    return status;
}
