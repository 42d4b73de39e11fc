// SPDX-License-Identifier: MIT
#include "reports/document/rules.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"

int validate_refuse(const struct validation *at, const char *name, const char *format, ...)
{
    const char *dot = at->where[0] != '\0' && *name != '\0' ? "." : "";
    const char *colon = at->where[0] != '\0' || *name != '\0' ? ": " : "";
    int length = snprintf(at->error, DOCUMENT_ERROR, "%.*s%s%.*s%s", UTF8_CLIPPED(at->where, 100), dot,
                          UTF8_CLIPPED(name, 40), colon);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(at->error + length, DOCUMENT_ERROR - (size_t)length, format, arguments);
    va_end(arguments);
    // Values are the file's: they must not break the one line, nor drive the terminal.
    for (char *c = at->error; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return -EINVAL;
}

const char *validate_describe(const cJSON *item, char buf[48])
{
    if (item == NULL)
        return "missing";
    if (cJSON_IsString(item))
        snprintf(buf, 48, "'%.*s'", UTF8_CLIPPED(item->valuestring, 40));
    else if (cJSON_IsNumber(item))
        snprintf(buf, 48, "%.15g", item->valuedouble);
    else
        snprintf(buf, 48, "%s",
                 cJSON_IsNull(item)    ? "null"
                 : cJSON_IsBool(item)  ? "true or false"
                 : cJSON_IsArray(item) ? "a list"
                                       : "an object");
    return buf;
}

static unsigned types_of(const cJSON *item)
{
    if (item == NULL)
        return OPTIONAL;
    if (cJSON_IsNumber(item))
        return item->valuedouble > 0 && item->valuedouble <= UNITS_MOST ? NUMBER | POSITIVE
               : item->valuedouble == 0                                 ? NUMBER
                                                                        : 0;
    return cJSON_IsString(item)   ? TEXT
           : cJSON_IsNull(item)   ? NOTHING
           : cJSON_IsObject(item) ? OBJECT
           : cJSON_IsArray(item)  ? LIST
           : cJSON_IsBool(item)   ? BOOLEAN
                                  : 0;
}

static const char *describe_types(unsigned types)
{
    static const struct {
        unsigned type;
        const char *text;
    } names[] = {
        {TEXT | NOTHING, "text or null"},
        {TEXT, "text"},
        {POSITIVE | NOTHING, "a number above 0, or null"},
        {POSITIVE, "a number above 0"},
        {NUMBER | NOTHING, "a number from 0 up, or null"},
        {NUMBER, "a number from 0 up"},
        {OBJECT | NOTHING, "an object or null"},
        {OBJECT, "an object"},
        {LIST, "a list"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((names[i].type & types) == names[i].type)
            return names[i].text;
    return "true or false";
}

int validate_rules(const struct validation *at, const cJSON *object, const struct rule *rules)
{
    for (; rules->name != NULL; rules++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, rules->name);
        char found[48];

        if (cJSON_IsNumber(item) && item->valuedouble > UNITS_MOST && (rules->types & (NUMBER | POSITIVE)) != 0)
            return validate_refuse(at, rules->name, "%s, expected a number up to 1e18", validate_describe(item, found));
        if ((types_of(item) & rules->types) == 0)
            return validate_refuse(at, rules->name, "%s, expected %s", validate_describe(item, found),
                                   describe_types(rules->types));
    }
    return 0;
}

int validate_length(const struct validation *at, const cJSON *object, const char *name, int most)
{
    int length = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(object, name));

    return length <= most ? 0 : validate_refuse(at, name, "%d of them, expected at most %d", length, most);
}

int validate_objects(const struct validation *outer, const cJSON *object, const char *name, const struct rule *rules)
{
    struct validation at = *outer;
    const cJSON *item;
    int err = 0;

    cJSON_ArrayForEach(item, field(object, name)) {
        snprintf(at.where, sizeof at.where, "%.60s.%s.%.30s", outer->where, name, item->string);
        if (err == 0)
            err = cJSON_IsObject(item) ? validate_rules(&at, item, rules) : validate_refuse(&at, "", "not an object");
    }
    return err;
}

int validate_word(const struct validation *at, const cJSON *object, const char *name, const char *const *words)
{
    char found[48];

    for (; *words != NULL; words++) {
        if (field_is(object, name, *words))
            return 0;
    }
    return validate_refuse(at, name, "%s is none of its words", validate_describe(field(object, name), found));
}

int validate_list(const struct validation *outer, const cJSON *object, const char *name, const struct rule *rules,
                  int (*more)(const struct validation *at, const cJSON *item))
{
    const cJSON *item;
    int index = 0, err = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, name)) {
        struct validation at = *outer;

        snprintf(at.where, sizeof at.where, "%.80s%s%.20s[%d]", outer->where, outer->where[0] != '\0' ? "." : "", name,
                 index++);
        if (!cJSON_IsObject(item))
            return validate_refuse(&at, "", "not an object");
        err = validate_rules(&at, item, rules);
        if (err == 0 && more != NULL)
            err = more(&at, item);
        if (err < 0)
            return err;
    }
    return 0;
}

int validate_texts(const struct validation *at, const cJSON *object, const char *name)
{
    const cJSON *item;
    char found[48];

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, name)) {
        if (!cJSON_IsString(item))
            return validate_refuse(at, name, "%s among them, expected text only", validate_describe(item, found));
    }
    return 0;
}

static const struct rule fingerprint_rules[] = {{"hash", TEXT}, {"fields", LIST}, {NULL, 0}};

static const struct rule entry_rules[] = {{"name", TEXT}, {"value", TEXT | NOTHING}, {NULL, 0}};

int validate_fingerprint(const struct validation *outer, const cJSON *side)
{
    const cJSON *fingerprint = field(side, "fingerprint");
    struct validation at = *outer;
    int err;

    if (fingerprint == NULL)
        return 0;
    snprintf(at.where, sizeof at.where, "%.60s.fingerprint", outer->where);
    err = validate_rules(&at, fingerprint, fingerprint_rules);
    return err == 0 ? validate_list(&at, fingerprint, "fields", entry_rules, NULL) : err;
}
