// SPDX-License-Identifier: MIT
// Warnings about servers that others reach or run, for the list in warnings.c.
#pragma once

#include "reports/findings/wording.h"

// Requests that were sent again because the server had closed their kept-open connection.
sentence_writer say_retries;
// The same of a gate, of each of its sides.
sentence_writer say_gate_retries;
// Answers that came after as long as a delayed acknowledgement takes, and cost nothing.
sentence_writer say_delayed;
// The origin was what was measured, and how fast it can be at most, by its CPU time.
sentence_writer say_origin;
// Others than the run, at an origin elsewhere.
sentence_writer say_strangers;
// Certificates that nobody looked at, of a report or a gate.
sentence_writer say_insecure;
