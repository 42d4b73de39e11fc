// SPDX-License-Identifier: MIT
// What the models of a block are compared by: the time. In an open loop, which takes as long as its tasks arrive, those
// that keep up are compared by latency, and come before those that do not, which are compared by the rate they reach.
#pragma once

#include <stdbool.h>

struct cJSON;

// p99 where there are enough tasks for it, else the slowest. Of a mix, that of the class with the most tasks: tasks that
// take long by nature would else be all that is seen.
// CPU is never what they are ranked by.
enum yardstick { YARDSTICK_TIME, YARDSTICK_P99, YARDSTICK_SLOWEST, YARDSTICK_RATE, YARDSTICK_CPU };

enum yardstick yardstick_of(const struct cJSON *block, const struct cJSON *cell);

// That of the latency, whether or not a model keeps up.
enum yardstick yardstick_of_latency(const struct cJSON *block);

// Its figure in one sample, NAN where there is none; and its statistic over the rounds of a summarised cell, NULL where
// there is none. Less is better, but of the rate.
double yardstick_in_sample(enum yardstick yardstick, const struct cJSON *sample);
const struct cJSON *yardstick_statistic(enum yardstick yardstick, const struct cJSON *cell);

// That part of a sample or summary that latency is taken from: the item of most tasks of its "classes", or the whole.
const struct cJSON *yardstick_part(const struct cJSON *object);

// The same class's name, NULL where there is only one class.
const char *yardstick_class(const struct cJSON *block);
// Whether its tasks, or all of the block's, are enough for p99.
bool yardstick_has_p99(const struct cJSON *block);
