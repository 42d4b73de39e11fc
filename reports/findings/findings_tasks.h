// SPDX-License-Identifier: MIT
// Sentences about what happened to the tasks, beside how fast they were.
#pragma once

#include "reports/findings/wording.h"

sentence_writer say_failures;     // whether those that were to fail did, and no others
sentence_writer say_lost_updates; // who lost updates of a shared counter, and who did not
sentence_writer say_kept_up;      // open loop: who keeps up, with which latency
sentence_writer say_behind;       // who does not: since when, and how late
sentence_writer say_stalls;       // under whom some tasks wait to begin, much longer than most take
