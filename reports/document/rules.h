// SPDX-License-Identifier: MIT
// What documents are validated with: tables of which member has to be of which type.
#pragma once

#include "reports/document/document.h"

struct cJSON;

// What a field may be. Numbers are quantities: never negative, and no larger than UNITS_MOST
// (measure/base/units.h), so that they can be counted in 64 bits.
enum {
    TEXT = 1,
    NUMBER = 2,
    NOTHING = 4, // null
    OBJECT = 8,
    LIST = 16,
    BOOLEAN = 32,
    OPTIONAL = 64,  // may be missing
    POSITIVE = 128, // a number above 0
};

// A line of a table, which ends with a NULL name.
struct rule {
    const char *name;
    unsigned types;
};

// Where in the document the validation is, and where its complaint goes.
struct validation {
    char *error;     // DOCUMENT_ERROR bytes
    char where[128]; // "workloads[0].cells[2]", of the object being looked at
};

// Writes "WHERE.NAME: …" into its error, fit for one line of a terminal. -EINVAL.
__attribute__((format(printf, 3, 4))) int validate_refuse(const struct validation *at, const char *name,
                                                          const char *format, ...);

// 0, or -EINVAL at the first member of `object` that breaks its rule.
int validate_rules(const struct validation *at, const struct cJSON *object, const struct rule *rules);

// 0, or -EINVAL where the object's list of that name has more items.
int validate_length(const struct validation *at, const struct cJSON *object, const char *name, int most);

// 0, or -EINVAL where a member of the object's object of that name is no object, or breaks its rules. The name may be missing.
int validate_objects(const struct validation *at, const struct cJSON *object, const char *name,
                     const struct rule *rules);

// What a value is, for a complaint: "missing", "'text'", "12", "a list". Returns `buf` or a constant.
const char *validate_describe(const struct cJSON *item, char buf[48]);

// 0, or -EINVAL where the object's text of that name is none of the words, which end in NULL.
int validate_word(const struct validation *at, const struct cJSON *object, const char *name, const char *const *words);

// 0, or -EINVAL where there is something else than text in the object's list of that name.
int validate_texts(const struct validation *at, const struct cJSON *object, const char *name);

// Each item of the object's list of that name against the rules, and what `more` (may be NULL) asks of it. 0 or -EINVAL.
int validate_list(const struct validation *outer, const struct cJSON *object, const char *name,
                  const struct rule *rules, int (*more)(const struct validation *at, const struct cJSON *item));

// The "fingerprint" of a gate's side or of a machine, where it has one. 0 or -EINVAL.
int validate_fingerprint(const struct validation *outer, const struct cJSON *side);
