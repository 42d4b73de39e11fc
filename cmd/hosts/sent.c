// SPDX-License-Identifier: MIT
#include "cmd/hosts/sent.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/option.h"
#include "cmd/hosts/received.h"
#include "cmd/hosts/sent_files.h"
#include "measure/base/text.h"
#include "measure/base/words.h"
#include "workloads/custom.h"
#include "workloads/program/json_file.h"

// What is being put together.
struct sending {
    const char *token; // of --token-file; not owned
    cJSON *arguments;
    struct sent_files files;
    struct text_stream list; // of an option that is a list
    bool first;
};

static int add_argument(struct sending *sending, const char *name, const char *value)
{
    char *text;

    if (asprintf(&text, "--%s%s%s", name, value != NULL ? "=" : "", value != NULL ? value : "") < 0)
        return complain("out of memory");
    cJSON_AddItemToArray(sending->arguments, cJSON_CreateString(text));
    free(text);
    return 0;
}

// The file of a function such as shop:page or ./shop.js#page, if that is what the text is.
static int add_function(struct sending *sending, const char *path, const char *there, const char *text)
{
    size_t length = strcspn(text, ":#");
    char *name;
    int status;

    if (text[length] == '\0' || length == 0)
        return 0;
    if (asprintf(&name, "%.*s%s", (int)length, text, text[length] == ':' ? ".py" : "") < 0)
        return complain("out of memory");
    for (char *dot = name; text[length] == ':' && (dot = strchr(dot, '.')) != NULL && strcmp(dot, ".py") != 0;)
        *dot = '/';
    if (strncmp(name, "./", 2) == 0)
        memmove(name, name + 2, strlen(name) - 1);
    status = sent_files_add_beside(&sending->files, path, there, name);
    free(name);
    return status;
}

// Those of all functions that a workload calls, wherever they stand in it.
static int add_functions(struct sending *sending, const char *path, const char *there, const cJSON *json)
{
    const cJSON *item;
    int status = cJSON_IsString(json) ? add_function(sending, path, there, json->valuestring) : 0;

    cJSON_ArrayForEach(item, json) {
        if (status == 0)
            status = add_functions(sending, path, there, item);
    }
    return status;
}

static int add_workload_file(struct sending *sending, const char *path)
{
    struct json_file file = {.path = path};
    char error[JSON_FILE_ERROR] = "out of memory", *there = NULL;
    int status = json_file_read(&file, "a description of a workload", error) == 0 ? 0 : complain("%s", error);

    if (status == 0)
        status = sent_files_add(&sending->files, path, &there);
    if (status == 0)
        status = add_functions(sending, path, there, file.json);
    if (status == 0)
        fprintf(sending->list.out, "%s%s", sending->first ? "" : ",", there);
    free(there);
    json_file_release(&file);
    return status;
}

static int add_workload(const char *item, void *data)
{
    struct sending *sending = data;
    int status = 0;

    if (custom_named(item, strlen(item)))
        status = add_workload_file(sending, item);
    else
        fprintf(sending->list.out, "%s%s", sending->first ? "" : ",", item);
    sending->first = false;
    return status;
}

static int add_workloads(struct sending *sending, const char *value)
{
    const struct typed_list typed = {.texts = {value}, .count = 1};
    int status;

    sending->first = true;
    if (text_stream_open(&sending->list) != 0)
        return complain("out of memory");
    status = names_each(&typed, "", add_workload, sending);
    if (text_stream_close(&sending->list) != 0)
        status = complain("out of memory");
    if (status == 0)
        status = add_argument(sending, "workload", sending->list.text);
    free(sending->list.text);
    return status;
}

// Those words of a command that are files by a relative name, which is theirs there, too.
static int add_words(struct sending *sending, const char *command)
{
    char error[WORDS_ERROR], **words = NULL;
    int status = 0;

    if (words_split(command, &words, error) != 0)
        return 0; // which whoever runs it will say
    for (char **word = words; status == 0 && *word != NULL; word++) {
        char *name = NULL;

        if (sent_files_wants(*word))
            status = sent_files_add(&sending->files, *word, &name);
        free(name);
    }
    free(words);
    return status;
}

static int add_model(const char *item, void *data)
{
    const char *equals = strchr(item, '=');

    return equals != NULL && strcspn(item, ":@") > (size_t)(equals - item) ? add_words(data, equals + 1) : 0;
}

static int add_models(struct sending *sending, const char *value)
{
    const struct typed_list typed = {.texts = {value}, .count = 1};
    int status = names_each(&typed, "", add_model, sending);

    return status == 0 ? add_argument(sending, "model", value) : status;
}

static int add_server(struct sending *sending, const char *value)
{
    int status = add_words(sending, value);

    return status == 0 ? add_argument(sending, "server", value) : status;
}

static int add_certificates(struct sending *sending, const char *value)
{
    char *name = NULL;
    int status = sent_files_add(&sending->files, value, &name);

    if (status == 0)
        status = add_argument(sending, "cacert", name);
    free(name);
    return status;
}

// The file stays here: what is in it travels.
static int add_token(struct sending *sending, const char *value)
{
    (void)value;
    return add_argument(sending, "token", sending->token);
}

// What is said of hosts, and of how the report is shown, stays here; so do headers, which are added from where they were read.
static int stay(struct sending *sending, const char *value)
{
    (void)sending;
    (void)value;
    return 0;
}

static const struct {
    const char *name;
    int (*add)(struct sending *sending, const char *value);
} special[] = {
    {"workload", add_workloads},
    {"model", add_models},
    {"server", add_server},
    {"cacert", add_certificates},
    {"hosts", stay},
    {"via", stay},
    {"remote-ccbench", stay},
    {"host-timeout", stay},
    {"lifeline", stay},
    {"output", stay},
    {"format", stay},
    {"color", stay},
    {"verbose", stay},
    {"header", stay},
    {"token-file", add_token},
};

static int add_option(const struct option_spec *spec, const char *value, void *data)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (strcmp(special[i].name, spec->name) == 0)
            return special[i].add(data, value);
    }
    return add_argument(data, spec->name, value);
}

static int add_all(struct sending *sending, const struct command *command, const struct options *options, int argc,
                   char **argv)
{
    int status = options_each(command, argc, argv, add_option, sending);

    for (unsigned i = 0; status == 0 && i < options->client.header_count; i++)
        status = add_argument(sending, "header", options->client.headers[i]);
    return status == 0 ? add_argument(sending, "format", "json") : status;
}

static int write_out(const struct sending *sending, struct sent *ret_sent)
{
    cJSON *plan = cJSON_CreateObject();
    char *line;
    size_t length;

    cJSON_AddNumberToObject(plan, "lifeline", HOSTS_PROTOCOL);
    cJSON_AddItemReferenceToObject(plan, "arguments", sending->arguments);
    cJSON_AddItemReferenceToObject(plan, "files", sending->files.list);
    line = cJSON_PrintUnformatted(plan);
    cJSON_Delete(plan);
    length = strlen(line);
    if (length >= HOSTS_LINE_BYTES) {
        free(line);
        return complain("--hosts: the options are longer than %zu bytes", HOSTS_LINE_BYTES);
    }
    ret_sent->bytes = malloc(length + 1 + sending->files.length);
    if (ret_sent->bytes == NULL) {
        free(line);
        return complain("out of memory");
    }
    memcpy(ret_sent->bytes, line, length);
    ret_sent->bytes[length] = '\n';
    if (sending->files.length > 0)
        memcpy(ret_sent->bytes + length + 1, sending->files.bytes, sending->files.length);
    ret_sent->length = length + 1 + sending->files.length;
    free(line);
    return 0;
}

int sent_make(const struct command *command, const struct options *options, int argc, char **argv,
              struct sent *ret_sent)
{
    struct sending sending = {
        .token = options->token, .arguments = cJSON_CreateArray(), .files = {.list = cJSON_CreateArray()}};
    int status;

    *ret_sent = (struct sent){.bytes = NULL};
    status = add_all(&sending, command, options, argc, argv);
    if (status == 0)
        status = write_out(&sending, ret_sent);
    cJSON_Delete(sending.arguments);
    sent_files_release(&sending.files);
    return status;
}

void sent_release(struct sent *sent)
{
    free(sent->bytes);
    *sent = (struct sent){.bytes = NULL};
}
