// SPDX-License-Identifier: MIT
// Reads data sets, one a line, numbers between blanks, and prints what measure/base/stats.c makes of each as a line of
// JSON, for tests/test_stats.py to compare with SciPy.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "measure/pairs.h"

enum { LARGEST = 4096 };

static size_t read_numbers(const char *line, double *values)
{
    size_t n = 0;
    char *end;

    for (; n < LARGEST; n++, line = end) {
        values[n] = strtod(line, &end);
        if (end == line)
            break;
    }
    return n;
}

// The one-sided bounds of the median, of 1, 7, 8 and 49 comparisons together.
static void print_bounds(const double *values, size_t n)
{
    static const size_t comparisons[] = {1, 7, 8, 49};

    printf("\"bounds\": [");
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        struct pairs_estimate e;

        if (pairs_estimate(values, n, stats_bound_k(n, PAIRS_LEVEL / (double)comparisons[i]), &e) != 0)
            exit(EXIT_FAILURE);
        printf(
            "%s{\"comparisons\": %zu, \"needed\": %zu, \"k\": %zu, \"median\": %.17g, \"low\": %.17g, \"high\": %.17g",
            i == 0 ? "" : ", ", comparisons[i], pairs_needed(comparisons[i]), e.k, e.median, e.low, e.high);
        if (e.k > 0)
            printf(", \"least\": %.17g, \"most\": %.17g", e.least, e.most);
        printf("}");
    }
    printf("]");
}

static void print_statistics(double *values, size_t n)
{
    struct stats_interval interval;
    double tau, p, slope = 0, r2 = 0;
    // The first half are the xs, the second the ys.
    bool line = stats_line(values, values + n / 2, n / 2, &slope, &r2);

    stats_kendall(values, n, &tau, &p); // of the order, so before sorting
    stats_sort(values, n);
    interval = stats_median_interval(values, n, 0.95);
    printf("{\"n\": %zu, \"median\": %.17g, \"valid\": %s, \"low\": %.17g, \"high\": %.17g, \"coverage\": %.17g, "
           "\"tau\": %.17g, \"p\": %.17g, \"line\": %s, \"slope\": %.17g, \"r2\": %.17g, ",
           n, stats_median(values, n), interval.valid ? "true" : "false", interval.low, interval.high,
           interval.coverage, tau, p, line ? "true" : "false", slope, r2);
    print_bounds(values, n);
    printf("}\n");
}

int main(void)
{
    static double values[LARGEST];
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) >= 0) {
        size_t n = read_numbers(line, values);

        if (n == 0) {
            fprintf(stderr, "no numbers in '%s'\n", line);
            free(line);
            return EXIT_FAILURE;
        }
        print_statistics(values, n);
    }
    free(line);
    return EXIT_SUCCESS;
}
