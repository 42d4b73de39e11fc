// SPDX-License-Identifier: MIT
// One thing that advice has to say, and the part of it that is about limits.
#ifndef CCBENCH_REPORTS_ADVICE_LIMITS_H
#define CCBENCH_REPORTS_ADVICE_LIMITS_H

struct cJSON;

enum verdict { BLURS, LIMITS, UNKNOWN, FINE };

struct advice {
    enum verdict verdict;
    char says[256], mend[200]; // mend: a command, or empty
};

// Fills it. `mend` may be NULL.
__attribute__((format(printf, 4, 5)))
void advise(struct advice *advice, enum verdict verdict, const char *mend, const char *format, ...);

// Whether so many "lanes" as the document has may be threads, processes, connections; and by which limit they stop.
void advise_on_threads(const struct cJSON *document, struct advice *advice);
void advise_on_processes(const struct cJSON *document, struct advice *advice);
void advise_on_descriptors(const struct cJSON *document, struct advice *advice);
void advise_on_ports(const struct cJSON *document, struct advice *advice);

#endif
