// SPDX-License-Identifier: MIT
// The values of options about reports: what is required of them, and as what they are shown and kept.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/option.h"
#include "cmd/console/output_name.h"
#include "reports/document/metrics.h"
#include "reports/findings/requirements.h"
#include "reports/render/timeline_format.h"

int option_requirements(const struct option_spec *spec, struct options *options, const char *value,
                        char expected[OPTION_EXPECTED])
{
    for (const char *text = value;; text++) {
        size_t length = strcspn(text, ",");
        char wanted[REQUIREMENT_EXPECTED];
        struct requirement requirement;

        if (requirement_parse(text, length, &requirement, wanted) != 0) {
            snprintf(expected, OPTION_EXPECTED, "%s", wanted);
            return -EINVAL;
        }
        text += length;
        if (*text == '\0')
            return option_list(spec, options, value, expected);
    }
}

// Adds a file name, in which %h, %t and %r are filled in.
static int add_output(struct options *options, const char *value, char expected[OPTION_EXPECTED])
{
    const char *name = NULL;
    int err = output_name_expand(value, &name, expected);

    if (err == 0)
        options->outputs[options->output_count++] = name;
    return err;
}

static int refuse_output(char expected[OPTION_EXPECTED], const char *suffixes)
{
    snprintf(expected, OPTION_EXPECTED, "a file name that ends in %s", suffixes);
    return -EINVAL;
}

static int refuse_more(char expected[OPTION_EXPECTED])
{
    snprintf(expected, OPTION_EXPECTED, "at most %d of them", OPTIONS_OUTPUTS);
    return -EINVAL;
}

int option_output(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    char suffixes[REPORT_FORMAT_WORDS];

    (void)spec;
    if (options->output_count == OPTIONS_OUTPUTS)
        return refuse_more(expected);
    if (report_format_by_suffix(value) == NULL)
        return refuse_output(expected, report_format_suffixes(suffixes));
    return add_output(options, value, expected);
}

int option_drawing(const struct option_spec *spec, struct options *options, const char *value,
                   char expected[OPTION_EXPECTED])
{
    char suffixes[TIMELINE_SUFFIXES];

    (void)spec;
    if (options->output_count == OPTIONS_OUTPUTS)
        return refuse_more(expected);
    if (timeline_format_by_suffix(value) == NULL)
        return refuse_output(expected, timeline_format_suffixes(suffixes));
    return add_output(options, value, expected);
}

// Puts the name behind the others, unless it is there.
static void add_metric(char metrics[OPTIONS_METRICS], const char *name)
{
    size_t length = strlen(name), end = strlen(metrics);

    for (const char *other = metrics; *other != '\0'; other += strspn(other, ",")) {
        size_t other_length = strcspn(other, ",");

        if (other_length == length && memcmp(other, name, length) == 0)
            return;
        other += other_length;
    }
    snprintf(metrics + end, OPTIONS_METRICS - end, "%s%s", end > 0 ? "," : "", name);
}

int option_metrics(const struct option_spec *spec, struct options *options, const char *value,
                   char expected[OPTION_EXPECTED])
{
    const struct metric *metric;
    const char *name = value, *comma = "";
    size_t length;

    (void)spec;
    while ((metric = metric_by_option(name, strcspn(name, ","))) != NULL) {
        add_metric(options->metrics, metric->option);
        name += strcspn(name, ",");
        if (*name++ == '\0')
            return 0;
    }
    length = (size_t)snprintf(expected, OPTION_EXPECTED, "a list out of ");
    for (size_t i = 0; i < METRICS_COUNT; i++) {
        if (metric_table[i].option == NULL)
            continue;
        length += (size_t)snprintf(expected + length, OPTION_EXPECTED - length, "%s%s", comma, metric_table[i].option);
        comma = ",";
    }
    return -EINVAL;
}
