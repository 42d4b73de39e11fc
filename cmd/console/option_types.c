// SPDX-License-Identifier: MIT
#include "cmd/console/option.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "measure/base/cpus.h"
#include "measure/base/units.h"
#include "measure/base/url.h"
#include "measure/base/utf8.h"
#include "measure/base/words.h"

int option_flag(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    *(bool *)option_field(spec, options) = true;
    return 0;
}

int option_text(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    *(const char **)option_field(spec, options) = value;
    return 0;
}

int option_list(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    struct typed_list *list = option_field(spec, options);

    if (list->count == NAMES_LISTS) {
        snprintf(expected, OPTION_EXPECTED, "at most %d such lists", NAMES_LISTS);
        return -EINVAL;
    }
    list->texts[list->count++] = value;
    return 0;
}

// "auto, always or never"
static void write_choice(const char *words, char expected[OPTION_EXPECTED])
{
    const char *last = strrchr(words, ' ') + 1;
    size_t length = 0;

    for (const char *word = words; word < last; word += strcspn(word, " ") + 1)
        length += (size_t)snprintf(expected + length, OPTION_EXPECTED - length, "%s%.*s", word == words ? "" : ", ",
                                   (int)strcspn(word, " "), word);
    snprintf(expected + length, OPTION_EXPECTED - length, " or %s", last);
}

// Which of the words; -1: none.
static int find_word(const char *words, const char *value)
{
    for (int i = 0; *words != '\0'; i++) {
        size_t length = strcspn(words, " ");

        if (strlen(value) == length && strncmp(words, value, length) == 0)
            return i;
        words += length + strspn(words + length, " ");
    }
    return -1;
}

int option_word(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    int found = find_word(spec->words, value);

    if (found >= 0) {
        *(unsigned *)option_field(spec, options) = (unsigned)found;
        return 0;
    }
    write_choice(spec->words, expected);
    return -EINVAL;
}

int option_format(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    char names[OPTION_EXPECTED] = "";
    const char *words = spec->words;

    for (size_t i = 0, length = 0; words == NULL && report_formats[i] != NULL; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? " " : "",
                                   report_formats[i]->name);
    if (words == NULL)
        words = names;
    if (find_word(words, value) >= 0)
        return option_text(spec, options, value, expected);
    write_choice(words, expected);
    return -EINVAL;
}

int option_count(const struct option_spec *spec, struct options *options, const char *value,
                 char expected[OPTION_EXPECTED])
{
    uint64_t count;

    if (units_parse_count(value, &count) == 0 && count >= spec->low && count <= spec->high) {
        *(uint32_t *)option_field(spec, options) = (uint32_t)count;
        return 0;
    }
    snprintf(expected, OPTION_EXPECTED, "a whole number from %llu to %llu such as 100 or 10k",
             (unsigned long long)spec->low, (unsigned long long)spec->high);
    return -EINVAL;
}

int option_counts(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    struct range range;
    int err = range_parse(value, QUANTITY_COUNT, &range, NULL, expected);

    if (err != 0 && expected[0] != '\0')
        return err;
    if (err == 0 && range.values[0] >= spec->low && range.values[range.count - 1] <= spec->high)
        return range_join(option_field(spec, options), &range, expected);
    snprintf(expected, OPTION_EXPECTED, "whole numbers from %llu to %llu such as 100 or 10k or 1,4,16 or 16..4k:x4",
             (unsigned long long)spec->low, (unsigned long long)spec->high);
    return -EINVAL;
}

int option_duration(const struct option_spec *spec, struct options *options, const char *value,
                    char expected[OPTION_EXPECTED])
{
    uint64_t ns;

    if (units_parse_duration(value, &ns) == 0 && ns > 0) {
        *(uint64_t *)option_field(spec, options) = ns;
        return 0;
    }
    snprintf(expected, OPTION_EXPECTED, "a time with a unit such as 500ms or 30s");
    return -EINVAL;
}

int option_parameter(const struct option_spec *spec, struct options *options, const char *value,
                     char expected[OPTION_EXPECTED])
{
    struct model_default *chosen = option_field(spec, options);
    const char *key = spec->words + strcspn(spec->words, " ") + 1;
    char name[MODEL_LABEL], wanted[PARAMETER_WANTED];
    const struct parameter *parameter;

    snprintf(name, sizeof name, "%.*s", (int)(key - spec->words - 1), spec->words);
    chosen->model = model_find(name)->name;
    chosen->key = key;
    parameter = model_find(name)->model->parameters;
    parameter += parameter_find(parameter, key, strlen(key));
    if (parameter_parse(parameter, value, &chosen->value) == 0)
        return 0;
    snprintf(expected, OPTION_EXPECTED, "what may stand in %s:%.120s", chosen->model,
             parameter_wanted(parameter, wanted));
    return -EINVAL;
}

int option_share(const struct option_spec *spec, struct options *options, const char *value,
                 char expected[OPTION_EXPECTED])
{
    double share;

    if (units_parse_share(value, &share) == 0 && share > 0 && share < (double)spec->high / 100) {
        *(double *)option_field(spec, options) = share;
        return 0;
    }
    snprintf(expected, OPTION_EXPECTED, "a share above 0 and below %llu%% such as %s", (unsigned long long)spec->high,
             spec->initial);
    return -EINVAL;
}

int option_cpus(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    struct cpus allowed, cpus, others;
    char text[64];

    cpus_allowed(&allowed);
    if (cpus_parse(value, &cpus) == 0) {
        others = cpus;
        cpus_drop(&others, &allowed);
        if (cpus_count(&others) == 0 || options->elsewhere) {
            cpus_join(option_field(spec, options), &cpus);
            return 0;
        }
    }
    snprintf(expected, OPTION_EXPECTED, "a list out of the allowed %s such as 0 or 0,1 or 0-1",
             cpus_write(&allowed, text, sizeof text));
    return -EINVAL;
}

int option_cpu_sets(const struct option_spec *spec, struct options *options, const char *value,
                    char expected[OPTION_EXPECTED])
{
    unsigned count = options->cpus_count;
    struct option_spec next = *spec;

    if (count == OPTIONS_CPUS) {
        snprintf(expected, OPTION_EXPECTED, "at most %d of them", OPTIONS_CPUS);
        return -EINVAL;
    }
    next.offset += count * sizeof options->cpus[0];
    if (option_cpus(&next, options, value, expected) != 0)
        return -EINVAL;
    for (unsigned i = 0; i < count; i++) {
        if (cpus_equal(&options->cpus[i], &options->cpus[count]))
            return 0; // typed twice
    }
    options->cpus_count++;
    return 0;
}

int option_rate(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    struct range rates;
    bool constant;
    int err = range_parse_rates(value, &rates, &constant, expected);

    if (err == 0 && rates.count > 1) {
        snprintf(expected, OPTION_EXPECTED, "one rate such as 500/s; 'ccbench --rate=%.*s' compares models at several",
                 UTF8_CLIPPED(value, 60));
        return -E2BIG;
    }
    if (err == 0) {
        options->rates = rates;
        options->rate_constant = constant;
        return 0;
    }
    snprintf(expected, OPTION_EXPECTED, "a rate up to 10m/s such as 500/s, 30/m or 500/s:constant");
    return -EINVAL;
}

// "max", with how tasks arrive behind it.
static bool is_max(const char *value, bool *ret_constant)
{
    *ret_constant = strcmp(value, "max:constant") == 0;
    return *ret_constant || strcmp(value, "max") == 0 || strcmp(value, "max:poisson") == 0;
}

int option_rates(const struct option_spec *spec, struct options *options, const char *value,
                 char expected[OPTION_EXPECTED])
{
    struct range rates;
    bool constant, max = is_max(value, &constant), earlier = options->rates.count > 0;
    int err = max ? 0 : range_parse_rates(value, &rates, &constant, expected);

    if (err == 0 && (max ? earlier : options->rate_max)) {
        snprintf(expected, OPTION_EXPECTED, "max alone, or rates");
        return -EINVAL;
    }
    if (max) {
        options->rate_max = true;
        options->rate_constant = constant;
        return 0;
    }

    if (err == 0 && earlier && constant != options->rate_constant) {
        snprintf(expected, OPTION_EXPECTED, "rates that all arrive alike, constant or not");
        return -EINVAL;
    }
    if (err == 0) {
        options->rate_constant = constant;
        return range_join(&options->rates, &rates, expected);
    }
    if (expected[0] == '\0')
        snprintf(expected, OPTION_EXPECTED,
                 "rates up to 10m/s such as 500/s, 30/m, 500/s:constant or 100..1600:x4, or max");
    return -EINVAL;
}

int option_seed(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    char *end;
    unsigned long long seed;

    errno = 0;
    seed = strtoull(value, &end, 10);
    // Seeds travel through JSON, whose numbers are doubles.
    if (isdigit((unsigned char)value[0]) && *end == '\0' && errno == 0 && seed < (1ull << 53)) {
        options->seed = seed;
        return 0;
    }
    snprintf(expected, OPTION_EXPECTED, "a whole number from 0 to 2^53 - 1");
    return -EINVAL;
}

// {port} is one that is found later.
static int check_url(const char *value, char expected[OPTION_EXPECTED])
{
    char *copy = strdup(value), *const words[] = {copy, NULL};
    char **plain = copy != NULL ? words_replace(words, "{port}", "1") : NULL;
    struct url url;
    int err = plain != NULL ? url_split(plain[0], &url, expected) : -ENOMEM;

    free(plain);
    free(copy);
    return err;
}

int option_url(const struct option_spec *spec, struct options *options, const char *value,
               char expected[OPTION_EXPECTED])
{
    int err = check_url(value, expected);

    return err == 0 ? option_text(spec, options, value, expected) : err;
}

int option_file(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    struct stat stat_;

    if (access(value, R_OK) == 0 && stat(value, &stat_) == 0 && !S_ISDIR(stat_.st_mode))
        return option_text(spec, options, value, expected);
    snprintf(expected, OPTION_EXPECTED, "a file that can be read");
    return -EINVAL;
}

int option_path(const struct option_spec *spec, struct options *options, const char *value,
                char expected[OPTION_EXPECTED])
{
    if (value[0] == '/' && strpbrk(value, " \t\r\n") == NULL)
        return option_text(spec, options, value, expected);
    snprintf(expected, OPTION_EXPECTED, "the path of a URL, such as /health");
    return -EINVAL;
}

int option_socket(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    struct sockaddr_un address;

    if (value[0] != '\0' && strlen(value) < sizeof address.sun_path)
        return option_text(spec, options, value, expected);
    snprintf(expected, OPTION_EXPECTED, "a path of 1 to %zu bytes", sizeof address.sun_path - 1);
    return -EINVAL;
}
