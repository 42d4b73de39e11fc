// SPDX-License-Identifier: MIT
// One thing that advice has to say, and the topics that have a file of their own: each looks at the document, which may
// lack anything, and fills in what it says of it.
#pragma once

struct cJSON;

enum advice_verdict { BLURS, LIMITS, UNKNOWN, FINE };

struct advice {
    enum advice_verdict verdict;
    char says[256], mend[200]; // mend: a command, or empty
};

// Fills it. `mend` may be NULL.
__attribute__((format(printf, 4, 5))) void advise(struct advice *advice, enum advice_verdict verdict, const char *mend,
                                                  const char *format, ...);

// Fills it where the document lacks what was asked.
void advise_unknown(struct advice *advice);

// Room for a part of what is said that is put together piece by piece, and what adds to it as much as has room.
#define ADVICE_PARTS 160
__attribute__((format(printf, 2, 3))) void advice_append(char text[ADVICE_PARTS], const char *format, ...);

// What else keeps the machine busy (advice_load.c).
void advise_on_load(const struct cJSON *document, struct advice *advice);
void advise_on_neighbours(const struct cJSON *document, struct advice *advice);
void advise_on_steal(const struct cJSON *document, struct advice *advice);
void advise_on_cpu_pressure(const struct cJSON *document, struct advice *advice);
void advise_on_memory_pressure(const struct cJSON *document, struct advice *advice);
void advise_on_disk_pressure(const struct cJSON *document, struct advice *advice);
void advise_on_swap(const struct cJSON *document, struct advice *advice);

// Whether so many "lanes" as the document has may be threads, processes, connections; and by which limit they stop
// (advice_limits.c).
void advise_on_threads(const struct cJSON *document, struct advice *advice);
void advise_on_processes(const struct cJSON *document, struct advice *advice);
void advise_on_descriptors(const struct cJSON *document, struct advice *advice);
void advise_on_ports(const struct cJSON *document, struct advice *advice);
