// SPDX-License-Identifier: MIT
// The first line that a host answers, before anything is measured: {"lifeline":1,"version":"0.1.0","revision":null|"1a2b3c",
// "fingerprint":{…reports/document/fingerprint.h…},"unix_ns":…,"missing":"trio, uvloop"|null (models of the plan that it has not)}.
#pragma once

#include "cmd/plan/plan.h"

// Prints it, and waits to be told to begin: the byte 'g' on standard input. 0; or an exit status with one line printed: it is not to
// begin.
int greeting_say(struct plan *plan);
