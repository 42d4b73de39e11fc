// SPDX-License-Identifier: MIT
// What a task does, as data. A program is a list of steps; a step that is itself a list with a repeat count is a call
// (a frame under coroutines, a stack frame under everything that has a stack), and one that is several lists gathers them:
// they are carried out at once, as far as the model can, each by a child of the task. Programs are made once, in the supervisor, travel to the trial as JSON (json.h), and are read-only from then on.
#pragma once

#include "workloads/program/step_kinds.h"

struct program;

struct step {
    enum step_kind kind;
    bool nogil;   // compute: may run without the global interpreter lock
    bool direct;  // read: past the page cache
    bool objects; // take, reply: a structure of that size, where a language has any
    bool cancel;  // gather: the first child that fails ends the others
    bool fresh;   // fetch: on a connection of its own, made for it and closed after it
    bool tls;     // fetch: from the origin by HTTPS
    uint64_t
        arg; // sleep, block: ns; compute: n of fib(n); yield: how often; read, take, reply: bytes; add: how much; call: repetitions; gather: how many children
    uint64_t times; // compute: how often fib(n) is computed; 1 but for a time
    uint64_t
        time_ns; // compute: how long it should take, where it was asked for as a time; program_calibrate() sets `times`
    char *path;  // fetch: "/delay/10ms"; function: "shop:page"; owned
    char *url;   // fetch: the whole URL, made by the trial (program_resolve_urls); owned
    char *functions;        // function: the whole step as JSON, with what models of other kinds call; owned
    struct program *callee; // call: what is repeated; gather: an array of what its children do; owned
};

struct program {
    struct step *steps; // owned
    size_t length;
};

// A class of tasks: of a weighted mix, the share weight / sum of weights.
struct task_class {
    char *name; // owned
    uint32_t weight;
    bool fails; // its tasks are expected to fail, each of them
    uint64_t
        every_ns; // with a rate: arrives by a clock of its own, once in this time, beside the others' rate; 0: shares the rate
    struct program program;
};

struct task_mix {
    struct task_class *classes; // owned
    size_t count;
};

// Frees what the mix or program owns; accepts zeroed ones.
void program_release(struct program *program);
void task_mix_release(struct task_mix *mix);

// Appends a step of that kind, zeroed but for `times`, which is 1; NULL when out of memory, also where `program` is NULL
// for want of it.
struct step *program_append(struct program *program, enum step_kind kind);

// The same with its argument, and a fetch with its path: 0 or -ENOMEM.
int program_add(struct program *program, enum step_kind kind, uint64_t arg);
int program_add_fetch(struct program *program, const char *path);

// Appends a compute as people type it: "27" for fib(27), or "2ms" for as much as takes that long, at most COMPUTE_TIME_MAX_NS.
// 0, -EINVAL or -ENOMEM.
int program_append_compute(struct program *program, const char *text);

// Makes the compute step one of a time: so many times fib(COMPUTE_UNIT_N), by estimate until program_calibrate().
void step_compute_for(struct step *step, uint64_t time_ns);

// Appends a call that repeats a list of steps, yet empty; NULL when out of memory.
struct program *program_append_call(struct program *program, uint64_t times);

// Appends a gather of so many children, each of which does nothing yet: an array of theirs; NULL when out of memory.
struct program *program_append_gather(struct program *program, uint64_t children);

// How many programs there are at step->callee.
static inline uint64_t step_callees(const struct step *step)
{
    return step->callee == NULL ? 0 : step->kind == STEP_GATHER ? step->arg : 1;
}

// Adds a class whose tasks do nothing yet; valid until the next one is added. NULL when out of memory.
struct task_class *task_mix_add(struct task_mix *mix, const char *name, uint32_t weight);

// How many fetches, by what becomes of their connections.
struct fetch_counts {
    uint64_t fresh, kept; // on one of their own; on the lane's
};

// What one walk through the program adds up to, worked out from the data alone. Of what a gather waits and blocks for that is
// its longest child's part; of all else, its children's sum.
struct program_cost {
    uint64_t wait_ns;       // asleep or waiting for the origin's stated delay (the mean, where it is a range)
    uint64_t least_wait_ns; // the same with each range at its low end: no honest task is faster
    uint64_t block_ns;      // in blocking calls
    uint64_t in_turn_ns;    // waiting (the mean) and blocking, where children come one after the other
    uint64_t trips; // round trips to the origin that it waits for, beside that: each fetch's, a fresh one's handshakes
    double compute_units; // in calls of fib, as compute_calls() counts them
    uint64_t steps;       // steps carried out, calls not counted
    uint64_t yields;      // how often it gives way
    uint64_t fetches;
    struct fetch_counts plain, tls;   // those; `tls` are those by HTTPS from the origin
    bool asks_tls;                    // some asks for TLS, of whatever server
    uint64_t updates;                 // of the shared counter, by store or add, and of the number in the shared file
    uint64_t take_bytes, reply_bytes; // handed to the task, and back
    uint64_t read_bytes;
    uint64_t payload_most;      // the largest single take or reply
    uint64_t read_most;         // the largest single read
    bool direct;                // some read goes past the page cache
    bool timed_compute;         // some compute was asked for as a time
    uint32_t kinds;             // STEP_BIT of every kind that occurs
    unsigned depth;             // nesting: 1 for a flat program
    uint64_t gathered;          // children that it makes, in all
    uint32_t children;          // the most that are there at once, their own children included
    uint32_t own_connections;   // 1 if it fetches itself
    uint32_t child_connections; // the most of its children: one for each there at once that fetches
    uint32_t check;             // the checksum an honest task arrives at
    bool any_check;             // it is not known beforehand: what a function returns, or a user's server answers
    bool endless_io; // has I/O whose length is not stated (a fetch without /delay, a read from the device): no ideal
};

// `foreign` is true for a user's URL, whose answers have neither stated delays nor an expected size.
void program_cost(const struct program *program, bool foreign, struct program_cost *ret_cost);

// Where fetches go.
struct fetch_bases {
    const char *origin, *tls_origin; // what stands before a path; "" where nothing is fetched from there
    const char *url;                 // instead of all else; NULL: none
};

// Gives each fetch step its URL. 0 or -ENOMEM.
int program_resolve_urls(struct program *program, const struct fetch_bases *bases);

// Sets how often each compute that was asked for as a time repeats fib(COMPUTE_UNIT_N), of which one takes `unit_ns`.
void program_calibrate(struct program *program, double unit_ns);

// Whether there is a step of one of the kinds (STEP_BITs) anywhere in it.
bool program_has(const struct program *program, uint32_t kinds);

// The checksum of `bytes` of payload, each page of which is touched once: the bytes and the pages (models/carry/buffer.h).
uint32_t program_payload_check(uint64_t bytes);
