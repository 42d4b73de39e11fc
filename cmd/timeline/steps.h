// SPDX-License-Identifier: MIT
#pragma once

#include "measure/trace/timeline.h"

// What each kind of step is in a timeline, by enum step_kind.
struct timeline_steps timeline_step_kinds(void);
