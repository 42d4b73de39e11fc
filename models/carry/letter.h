// SPDX-License-Identifier: MIT
#ifndef CCBENCH_MODELS_LETTER_H
#define CCBENCH_MODELS_LETTER_H

// Embedded in whatever is handed to another loop, and read on that loop's thread (inbox.h). Its owner keeps it alive until
// then.
struct letter {
    struct letter *next; // free for other lists while the letter is in no inbox
    void (*read)(struct letter *letter);
};

#endif
