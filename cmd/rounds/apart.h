// SPDX-License-Identifier: MIT
// A process of its own for what starts trials, so that all of its children are its trials', and can be ended with them.
#ifndef CCBENCH_CMD_APART_H
#define CCBENCH_CMD_APART_H

// To be called once, by the only thread, before anything is started. Whoever executes ccbench may leave it children that are
// not its own: `sleep 60 & exec ccbench`, or `> >(tee out)` in a shell. Where there are any, or may come (process 1 of a
// container), this returns in a child, which is killed when its parent dies; the parent hands on the signals it gets, and
// ends as the child does. Else nothing happens. 0 or -errno.
int apart_from_inherited_children(void);

#endif
