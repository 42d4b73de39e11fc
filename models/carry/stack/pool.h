// SPDX-License-Identifier: MIT
// A pool of K POSIX threads, one lane each: threads, and gil on top of it.
#pragma once

#include "models/carry/stack/blocking.h"

struct pool;

// Makes K threads, each with a lane, that wait for the run. Each will call run_lane(lane). 0 or -errno (trial_fail called);
// pool_close() is due in any case.
int pool_open(struct trial *trial, void (*run_lane)(struct lane *lane), struct pool **ret_pool);

// Lets the threads go and waits until each has returned from run_lane.
void pool_run(struct pool *pool);

// Joins and frees; accepts NULL and a half-opened pool.
void pool_close(struct pool *pool);
