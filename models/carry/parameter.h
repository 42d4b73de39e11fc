// SPDX-License-Identifier: MIT
// What can be chosen about a model, as its file declares it: typed behind its name ("gil:interval=1ms"), told by `ccbench list`,
// carried in the plan of a trial, and handed to its open as trial->parameters.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "measure/base/units.h"

struct cJSON;

// The most that a model may have.
#define PARAMETERS_MOST 4

enum parameter_kind {
    PARAMETER_COUNT,
    PARAMETER_TASKS,    // a count: so many tasks at a time go to one lane, which does them one after the other
    PARAMETER_DURATION, // typed with a unit, in ns inside
    PARAMETER_CHOICE,   // one of some words, inside its index among them
};

// The most words that there may be to choose from.
#define PARAMETER_CHOICES 3

struct parameter {
    const char *key; // NULL behind the last one
    enum parameter_kind kind;
    uint64_t otherwise;                     // where it is not given
    uint64_t least, most;                   // what may be given
    const char *choices[PARAMETER_CHOICES]; // the words, from least to most
    const char *help;                       // for `ccbench list`: "how many tasks share a message"
    // The field of a plan that carries it as well, for programs that know no "parameters": read where those are not given,
    // and written where it is not what it would be otherwise. NULL: none.
    const char *field;
};

// By a model's parameters, in the order in which it declares them.
struct parameter_values {
    uint64_t of[PARAMETERS_MOST];
};

// The index of the parameter of that name, or -1.
int parameter_find(const struct parameter *declared, const char *key, size_t length);

// Every one as it is where nothing is given.
struct parameter_values parameters_otherwise(const struct parameter *declared);

// How many tasks at a time go to one lane: 1 where the model has no such parameter.
uint32_t parameters_tasks(const struct parameter *declared, const struct parameter_values *values);

// Reads a value as it is typed. 0, or -EINVAL where it is none or out of bounds; the result is then untouched.
int parameter_parse(const struct parameter *parameter, const char *text, uint64_t *ret_value);

// The value as it is typed: "16", "1ms". Returns `buf`.
char *parameter_write(const struct parameter *parameter, uint64_t value, char buf[UNITS_TEXT]);

// What is typed for it: "chunk=N with N from 1 to 1024". Returns `buf`.
#define PARAMETER_WANTED 160
char *parameter_wanted(const struct parameter *parameter, char buf[PARAMETER_WANTED]);

// Adds them to a plan: nothing where the model declares none. A choice is there where it is not what it is otherwise: programs
// from before there was one know no other.
void parameters_to_plan(const struct parameter *declared, const struct parameter_values *values, struct cJSON *plan);

// Reads them from a plan. 0, or -EINVAL with the reason in `error`.
#define PARAMETERS_ERROR 160
int parameters_from_plan(const struct parameter *declared, const struct cJSON *plan,
                         struct parameter_values *ret_values, char error[PARAMETERS_ERROR]);
