// SPDX-License-Identifier: MIT
// What is to be kept in mind of reports of several machines.
#pragma once

struct cJSON;

// Adds "notes" to a machine: what was switched on in its report that is for trying ccbench, a build that is slow by its nature,
// an interruption, requirements that were not shown to be held, what models carry (--rate=max). 0 or -ENOMEM.
int several_note_machine(struct cJSON *machine, const struct cJSON *report);

// The same of one from which no report came, by its "lost".
int several_note_lost(struct cJSON *machine);

// Adds "notes" to the whole: what its machines were noted for, each once and on which, experiments that are described
// otherwise somewhere, and what is not claimed. 0 or -ENOMEM.
int several_say_notes(struct cJSON *several);
