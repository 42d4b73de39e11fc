// SPDX-License-Identifier: MIT
// The trial protocol, version 1, between the supervisor and `ccbench trial`; docs/trial-protocol.md is its definition.
//   fd 0  the plan: one line of JSON; then one byte for each mark given
//   fd 3  from the trial: one line of JSON per mark, and one with the result
//   fd 4  the slots, a memfd shared with the supervisor; made by the trial itself where absent
//   fd 5  of a trial that is traced: the events, another such memfd (measure/trace/trace.h)
#pragma once

#define PROTOCOL_VERSION 1
#define PROTOCOL_RESULT_FD 3
#define PROTOCOL_SLOTS_FD 4
#define PROTOCOL_TRACE_FD 5
