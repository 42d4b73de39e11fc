// SPDX-License-Identifier: MIT
// Making JSON with cJSON, and the one rule for when there is no memory for it.
//
// The rule: a document that lacks something for want of memory would be a wrong one, so the program ends where cJSON gets
// none (json_end_without_memory(), which main() calls first). What makes, copies, changes or prints JSON checks nothing
// and has no error of its own: no result of cJSON_Create…, cJSON_Add…, cJSON_Duplicate or cJSON_Print… is NULL. That of
// cJSON_Parse is where the text is not JSON. All other memory is checked, and its lack is -ENOMEM as everywhere.
#pragma once

#include <stdbool.h>

struct cJSON;

// Has cJSON call `end`, which must not return, whenever it gets no memory; another call puts another in its place.
void json_end_without_memory(void (*end)(void));

// Adds the text, or null where it is NULL or "".
void json_add_text(struct cJSON *object, const char *name, const char *text);

// The same, of a text that may hold a secret (measure/base/secrets.h); and such a text on its own.
struct cJSON *json_masked(const char *text);
void json_add_masked(struct cJSON *object, const char *name, const char *text);

// Adds the number, or null where it is not known.
void json_add_number(struct cJSON *object, const char *name, bool known, double number);

// Puts `item`, which it takes over, in place of what had that name, or at the end.
void json_set(struct cJSON *object, const char *name, struct cJSON *item);
