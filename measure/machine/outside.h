// SPDX-License-Identifier: MIT
// How ccbench was started: what it changes for its trials must not change how a user's own program runs.
#pragma once

// Remembers limits, timer slack and signals. Once, before anything is changed.
void outside_remember(void);

// Puts them back, in a freshly forked child before exec; safe there. Nothing where nothing was remembered.
void outside_restore(void);
