// SPDX-License-Identifier: MIT
#include "models/carry/loop/kin.h"

#include <errno.h>
#include <stdlib.h>

int family_open(struct family *family, uint32_t lanes, uint32_t children)
{
    if (children == 0)
        return 0;
    family->kins = calloc((size_t)lanes + children, sizeof *family->kins);
    if (family->kins == NULL)
        return -ENOMEM;
    for (uint32_t i = lanes + children; i > lanes; i--) {
        family->kins[i - 1].next = family->spare;
        family->spare = &family->kins[i - 1];
    }
    return 0;
}

void family_close(struct family *family)
{
    free(family->kins);
    family->kins = family->spare = NULL;
}

void kin_gather(struct family *family, struct kin *parent, const struct step *step)
{
    struct kin *last = NULL;

    parent->children = family->spare;
    for (uint32_t i = 0; i < step->arg; i++) {
        struct kin *child = family->spare;

        family->spare = child->next;
        child->parent = parent;
        child->index = i;
        child->begun = child->ended = child->cancelled = false;
        last = child;
    }
    last->next = NULL;
    parent->left = (uint32_t)step->arg + 1;
    parent->failed = 0;
    parent->cancels = step->cancel;
}

// Where children are cancelled the first failure in time counts, else that of the first in order.
static bool note_failure(struct kin *parent, const struct kin *child, int status)
{
    bool first = parent->failed == 0;

    if (!first && (parent->cancels || child->index > parent->failed_at))
        return false;
    parent->failed = status;
    parent->failed_at = child->index;
    return first;
}

void kin_cancel_children(struct family *family, struct kin *parent)
{
    for (struct kin *child = parent->children; child != NULL; child = child->next) {
        if (!child->begun || child->ended || child->cancelled)
            continue;
        child->cancelled = true;
        family->cancel(family, child);
    }
}

// Their lanes are spare again.
static int disband(struct family *family, struct kin *parent)
{
    struct kin *last = parent->children;

    while (last->next != NULL)
        last = last->next;
    last->next = family->spare;
    family->spare = parent->children;
    parent->children = NULL;
    return parent->failed;
}

bool kin_begin(struct family *family, struct kin *child)
{
    const struct kin *parent = child->parent;

    child->begun = !parent->cancels || parent->failed == 0;
    if (!child->begun)
        kin_end(family, child, 0);
    return child->begun;
}

bool kin_begun(struct family *family, struct kin *parent, int *ret_status)
{
    if (--parent->left > 0)
        return false;
    *ret_status = disband(family, parent);
    return true;
}

void kin_end(struct family *family, struct kin *child, int status)
{
    struct kin *parent = child->parent;

    child->ended = true;
    if (status != 0 && !child->cancelled && note_failure(parent, child, status) && parent->cancels)
        kin_cancel_children(family, parent);
    if (--parent->left == 0)
        family->gathered(family, parent, disband(family, parent));
}
