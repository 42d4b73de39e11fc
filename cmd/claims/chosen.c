// SPDX-License-Identifier: MIT
#include "cmd/claims/chosen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/console/command.h"
#include "cmd/console/names.h"
#include "workloads/custom.h"

static const char *claim_name(unsigned i)
{
    const struct claim_file *claim = claims_at(i);

    return claim != NULL ? claim->name : NULL;
}

static bool is_file(const char *typed)
{
    return custom_named(typed, strlen(typed));
}

// Its number will do as well: "10" is hog.
static const struct claim_file *find(const char *typed)
{
    const struct claim_file *claim = claims_find(typed);

    for (unsigned i = 0; claim == NULL && claims_at(i) != NULL; i++) {
        char number[16];

        snprintf(number, sizeof number, "%u", claims_at(i)->number);
        if (claims_at(i)->number > 0 && strcmp(number, typed) == 0)
            claim = claims_at(i);
    }
    return claim;
}

// What names no claim may be what the names of several begin with: "gil" is gil-cpu and gil-io.
static bool begins(const struct claim_file *claim, const char *typed)
{
    size_t length = strlen(typed);

    return length > 0 && strncmp(claim->name, typed, length) == 0 && claim->name[length] == '-';
}

static bool means(const char *typed, const struct claim_file *claim)
{
    const struct claim_file *exactly = find(typed);

    return exactly != NULL ? exactly == claim : begins(claim, typed);
}

static bool is_known(const char *typed)
{
    bool known = false;

    for (unsigned i = 0; !known && claims_at(i) != NULL; i++)
        known = means(typed, claims_at(i));
    return known;
}

static int unknown(const char *typed)
{
    const char *meant = nearest(typed, claim_name);

    if (meant != NULL)
        return complain("unknown claim '%.60s', did you mean '%s'? (try 'ccbench claims --list')", typed, meant);
    return complain(
        "unknown claim '%.60s', expected a name, or a file such as ./mine.json (try 'ccbench claims --list')", typed);
}

static int add_file(const char *path)
{
    char error[JSON_FILE_ERROR] = "out of memory";
    const struct claim_file *claim;

    return claims_add(path, &claim, error) == 0 ? 0 : complain("%s", error);
}

static bool is_named(const struct claim_file *claim, char **typed, int count)
{
    for (int i = 0; i < count; i++) {
        if (is_file(typed[i]) ? strcmp(claim->file.path, typed[i]) == 0 : means(typed[i], claim))
            return true;
    }
    return count == 0;
}

// Files first: one of them may take the place of a claim that is named.
static int check_all(char **typed, int count)
{
    int status = 0;

    for (int i = 0; status == 0 && i < count; i++)
        status = is_file(typed[i]) ? add_file(typed[i]) : 0;
    for (int i = 0; status == 0 && i < count; i++)
        status = !is_file(typed[i]) && !is_known(typed[i]) ? unknown(typed[i]) : 0;
    return status;
}

int chosen_make(char **typed, int count, struct chosen *ret_chosen)
{
    int status = check_all(typed, count);

    if (status != 0)
        return status;
    for (unsigned i = 0; claims_error(i) != NULL; i++)
        complain("%s", claims_error(i));
    ret_chosen->count = 0;
    for (unsigned i = 0; claims_at(i) != NULL && ret_chosen->count < CHOSEN_MOST; i++) {
        if (is_named(claims_at(i), typed, count))
            ret_chosen->claims[ret_chosen->count++] = claims_at(i);
    }
    return ret_chosen->count > 0 ? 0 : complain("no claims are here, expected some in ccbench's own folder, or a file");
}
