// SPDX-License-Identifier: MIT
// Lists of names as they are typed, and models by name: "processes:chunk=16", "python-threads@python3.11", "mine=./trial.py".
#pragma once

#include <stddef.h>

#include "runtimes/registry.h"

#define MODEL_LABEL 120
#define NAMES_LISTS 64

// A list, as often as it was typed: what is typed again adds to it.
struct typed_list {
    const char *texts[NAMES_LISTS];
    unsigned count; // 0: the command's own
};

// What an option of its own, such as --gil-interval, says of a model's parameter where it is not typed with the name.
struct model_default {
    const char *model, *key; // NULL: nothing
    uint64_t value;
};

// What fetches, of every model that has such a choice.
enum model_client { CLIENT_PLAIN, CLIENT_IDIOM, CLIENT_BARE };

// All that is said so.
struct model_defaults {
    struct model_default gil_interval;
    unsigned client; // enum model_client
};

// A model as it was asked for.
struct model_choice {
    const struct model_entry *entry;
    struct parameter_values parameters;
    char label[MODEL_LABEL]; // the name, and each parameter that is not as the name alone has it: what reports call it;
                             // of --client=bare it is told too, which changes what is measured
};

struct model_list {
    struct model_choice *choices; // owned
    unsigned count;
};

// What `basic` stands for: a list as --model takes it.
extern const char names_basic_models[];

// Calls `add` for each item of comma-separated lists, or of `otherwise` where there are none. A part that begins with a
// digit belongs to the one before it, unless it is a file's name; a comma may be in the name of a file that is there.
// 0 or the first status that is not.
int names_each(const struct typed_list *typed, const char *otherwise, int (*add)(const char *item, void *data),
               void *data);

// One line for each description of a model that could not be read, once. Costs nothing where none was looked for.
void names_tell_broken(void);

// Says that there is no such name, and which may have been meant; `next` as for nearest(). EXIT_USAGE.
int names_unknown(const char *what, const char *name, size_t length, const char *(*next)(unsigned i));

// Each: 0, or EXIT_USAGE with one line printed. Where nothing was typed the list is that of names_basic_models. The list, which has each model once, is to be released in any case.
int model_choice_parse(const char *text, const struct model_defaults *otherwise, struct model_choice *ret_choice);
int model_list_parse(const struct typed_list *typed, const struct model_defaults *otherwise,
                     struct model_list *ret_list);
void model_list_release(struct model_list *list);
