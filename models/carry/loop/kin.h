// SPDX-License-Identifier: MIT
// A task and its children under the models with a loop, where a child is carried by a lane of its own: who waits for whom, which
// failure counts, and who is to be cancelled. How a lane is begun, continued and cancelled each style knows.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "workloads/program/program.h"

// What a child's step ends with that another's failure has cut short; no task ends with it.
#define KIN_CANCELLED 0x10000

// Beside each lane, of tasks and of children, where tasks gather.
struct kin {
    // While it gathers.
    struct kin *children; // in order, those that have ended too
    uint32_t left;        // that have not ended; and one until all have begun
    int failed;           // what the gather comes to, so far
    uint32_t failed_at;   // which child that was
    bool cancels;
    // While it is a child.
    struct kin *parent;
    struct kin *next; // the next child, or spare one
    uint32_t index;
    bool begun, ended, cancelled;
};

// Of one loop.
struct family {
    struct kin *kins; // of its lanes, in their order: tasks' first, then children's
    struct kin *spare;
    // The style's: gives up what the child waits for and calls kin_end(), where it waits for what can be given up, or sees to it
    // that it ends as soon as it is continued.
    void (*cancel)(struct family *family, struct kin *child);
    // And: all children of the gather under way have ended. `status` is what the step comes to.
    void (*gathered)(struct family *family, struct kin *parent, int status);
};

// The kin of `lanes` lanes and `children` children's. 0 or -ENOMEM; close in any case.
int family_open(struct family *family, uint32_t lanes, uint32_t children);
void family_close(struct family *family);

static inline uint32_t kin_lane(const struct family *family, const struct kin *kin)
{
    return (uint32_t)(kin - family->kins);
}

// Makes the step's children, of which there must be enough spare ones: parent->children. Each is to be begun in its lane if
// kin_begin() says so; then kin_begun() is due.
void kin_gather(struct family *family, struct kin *parent, const struct step *step);

// False: the failure of one that has begun has ended it.
bool kin_begin(struct family *family, struct kin *child);

// All have begun. True: they have ended too, and the step comes to *ret_status; false: family->gathered() will be called.
bool kin_begun(struct family *family, struct kin *parent, int *ret_status);

// The child has ended. The last thing that is done in its lane: family->gathered() may be called.
void kin_end(struct family *family, struct kin *child, int status);

// For family->cancel(), of a child that gathers.
void kin_cancel_children(struct family *family, struct kin *parent);
