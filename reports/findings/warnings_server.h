// SPDX-License-Identifier: MIT
// Warnings about servers that are not ccbench's own, for the list in warnings.c.
#pragma once

#include "reports/findings/wording.h"

// Requests that were sent again because the server had closed their kept-open connection.
sentence_writer say_retries;
// The same of a gate, of each of its sides.
sentence_writer say_gate_retries;
// Answers that came after as long as a delayed acknowledgement takes, and cost nothing.
sentence_writer say_delayed;
// Certificates that nobody looked at, of a report or a gate.
sentence_writer say_insecure;
