// SPDX-License-Identifier: MIT
#include "claims/reader/claim.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "claims/reader/parts.h"

#define NUMBER_MOST 9999
#define ANSWERS_MOST 9

static const char *const members[] = {"$schema", "claim", "number",   "says",  "source", "experiments", "figures",
                                      "needs",   "real",  "explains", "turns", "asks",   NULL};
static const char *const needs_members[] = {"cores", NULL};
static const char *const asks_members[] = {"question", "answers", "right", NULL};

static int check_texts(struct json_fault *fault, const cJSON *json)
{
    int err = parts_name(fault, json, "claim", false);

    if (err == 0)
        err = parts_text(fault, json, "says", PARTS_LINE, false);
    if (err == 0)
        err = parts_text(fault, json, "source", PARTS_LINE, true);
    if (err == 0)
        err = parts_text(fault, json, "explains", PARTS_TEXT, false);
    return err == 0 ? parts_text(fault, json, "turns", PARTS_TEXT, true) : err;
}

// By their names, which figures have.
static int check_experiments(struct json_fault *fault, const cJSON *json)
{
    const cJSON *all = json_member(json, "experiments"), *item;

    if (all == NULL)
        return json_refuse(fault, "no experiments", "\"experiments\":{\"NAME\":{\"workload\":\"fib:27\",…}}");
    if (!cJSON_IsObject(all) || all->child == NULL)
        return json_refuse_member(fault, json, all, "experiments by their names", "one at least");
    json_path_enter(&fault->path, json, all);
    cJSON_ArrayForEach(item, all) {
        int err;

        if (!cJSON_IsObject(item) || item->string[0] == '\0' || json_member(all, item->string) != item)
            return json_refuse_member(fault, all, item, "an experiment", "an object, by a name of its own");
        json_path_enter(&fault->path, all, item);
        err = parts_experiment(fault, json, item);
        if (err != 0)
            return err;
        json_path_leave(&fault->path);
    }
    json_path_leave(&fault->path);
    return 0;
}

// Without one that can be confirmed or refuted there is no claim.
static int check_figures(struct json_fault *fault, const cJSON *json)
{
    const cJSON *figure;
    int err = json_member(json, "figures") != NULL
                  ? parts_each(fault, json, "figures", "objects with name, metric, model and bounds", parts_figure)
                  : json_refuse(fault, "no figures", "\"figures\":[{\"name\":\"…\",\"metric\":\"time\",…}]");

    if (err != 0)
        return err;
    cJSON_ArrayForEach(figure, json_member(json, "figures")) {
        if (json_member(figure, "confirmed") != NULL)
            return 0;
    }
    return json_refuse_member(fault, json, json_member(json, "figures"), "figures of which one has bounds",
                              "\"confirmed\" and \"refuted\" of one at least");
}

static int check_needs(struct json_fault *fault, const cJSON *json)
{
    const cJSON *needs = json_member(json, "needs"), *cores;
    uint64_t number;
    int err;

    if (needs == NULL)
        return 0;
    if (!cJSON_IsObject(needs))
        return json_refuse_member(fault, json, needs, "what it needs", "an object such as {\"cores\":2}");
    json_path_enter(&fault->path, json, needs);
    err = json_check_keys(fault, needs, needs_members, "cores");
    cores = json_member(needs, "cores");
    if (err == 0 && cores != NULL)
        err = json_read_whole(fault, needs, cores, 1, 1024, &number);
    if (err == 0)
        json_path_leave(&fault->path);
    return err;
}

static int check_answers(struct json_fault *fault, const cJSON *asks)
{
    const cJSON *answers = json_member(asks, "answers"), *answer, *right = json_member(asks, "right");
    int n = cJSON_IsArray(answers) ? cJSON_GetArraySize(answers) : 0;
    uint64_t number;

    if (n < 2 || n > ANSWERS_MOST)
        return json_refuse(fault, "no answers to choose from", "\"answers\":[…], a list of 2 to 9 texts");
    json_path_enter(&fault->path, asks, answers);
    cJSON_ArrayForEach(answer, answers) {
        int err = json_check_name(fault, answers, answer, PARTS_LINE);

        if (err != 0)
            return err;
    }
    json_path_leave(&fault->path);
    if (right == NULL)
        return json_refuse(fault, "no right answer", "\"right\":0, the first, and so on");
    return json_read_whole(fault, asks, right, 0, n - 1, &number);
}

static int check_asks(struct json_fault *fault, const cJSON *json)
{
    const cJSON *asks = json_member(json, "asks");
    int err;

    if (asks == NULL)
        return 0;
    if (!cJSON_IsObject(asks))
        return json_refuse_member(fault, json, asks, "a question", "an object with question, answers and right");
    json_path_enter(&fault->path, json, asks);
    err = json_check_keys(fault, asks, asks_members, "question, answers and right, each once");
    if (err == 0)
        err = parts_text(fault, asks, "question", PARTS_LINE, false);
    if (err == 0)
        err = check_answers(fault, asks);
    if (err == 0)
        json_path_leave(&fault->path);
    return err;
}

static int check(struct json_fault *fault, const cJSON *json, unsigned *ret_number)
{
    const cJSON *number = json_member(json, "number"), *schema = json_member(json, "schema");
    uint64_t whole = 0;
    int err;

    if (!cJSON_IsObject(json))
        return json_refuse_value(fault, json, "a claim", "an object as docs/claim.schema.json has it");
    if (cJSON_IsString(schema) && strncmp(schema->valuestring, "ccbench", strlen("ccbench")) == 0)
        return json_refuse_member(fault, json, schema, "that of a claim", "a claim; 'ccbench report' shows a report");
    err = json_check_keys(fault, json, members, "what docs/claim.schema.json has, each once");
    if (err == 0)
        err = check_texts(fault, json);
    if (err == 0 && number != NULL)
        err = json_read_whole(fault, json, number, 1, NUMBER_MOST, &whole);
    if (err == 0)
        err = check_experiments(fault, json);
    if (err == 0)
        err = check_figures(fault, json);
    if (err == 0)
        err = check_needs(fault, json);
    if (err == 0 && json_member(json, "real") != NULL)
        err = parts_each(fault, json, "real", "objects with runtime and models", parts_real);
    if (err == 0)
        err = check_asks(fault, json);
    *ret_number = (unsigned)whole;
    return err;
}

// "/usr/share/ccbench/claims" of "/usr/share/ccbench/claims/hog.json", "." of "hog.json".
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

// 0, -EINVAL with `error`, or -ENOMEM.
static int read_and_check(struct claim_file *claim, char error[JSON_FILE_ERROR])
{
    struct json_fault fault = {.what = ""};
    int err = json_file_read(&claim->file, "a claim", error);

    if (err != 0)
        return err;
    if (check(&fault, claim->file.json, &claim->number) != 0)
        return json_file_fault(&claim->file, &fault, error);
    claim->name = cJSON_GetStringValue(json_member(claim->file.json, "claim"));
    return 0;
}

int claim_read(const char *path, struct claim_file **ret_claim, char error[JSON_FILE_ERROR])
{
    struct claim_file *claim = calloc(1, sizeof *claim);
    int err = -ENOMEM;

    if (claim == NULL)
        return -ENOMEM;
    claim->file.path = strdup(path);
    claim->folder = folder_of(path);
    if (claim->file.path != NULL && claim->folder != NULL)
        err = read_and_check(claim, error);
    if (err != 0)
        claim_drop(claim);
    else
        *ret_claim = claim;
    return err;
}

void claim_drop(struct claim_file *claim)
{
    if (claim == NULL)
        return;
    json_file_release(&claim->file);
    free((char *)claim->file.path);
    free(claim->folder);
    free(claim);
}
