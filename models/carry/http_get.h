// SPDX-License-Identifier: MIT
// One lane's HTTP client, made once and used for every fetch of the lane: performed in place by the models that block, handed to the
// reactor by those that do not. What fetches is an engine, libcurl (http_curl.c) or the bare client (http_bare.c); what an answer is
// worth, and what a lane is told of it, is the same for both.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/carry/trial.h"

struct fetch_limit;
struct http_get;
struct reactor;

// The parameter by which a model's client is chosen: its index in CLIENT_WORDS.
#define CLIENT_KEY "client"
enum { HTTP_LIBCURL, HTTP_BARE, HTTP_CLIENTS };
#define CLIENT_PARAMETER                                                                                           \
    {                                                                                                              \
        .key = CLIENT_KEY, .kind = PARAMETER_CHOICE, .otherwise = HTTP_LIBCURL, .least = HTTP_LIBCURL,             \
        .most = HTTP_BARE, .choices = {[HTTP_LIBCURL] = "libcurl", [HTTP_BARE] = "bare"},                          \
        .help = "whether tasks fetch by libcurl, or over plain sockets with a parser of HTTP/1.1 and nothing else" \
    }

// HTTP_LIBCURL where the model has no such parameter.
unsigned parameters_client(const struct parameter *declared, const struct parameter_values *values);

// Why that client is not there: "libcurl not found"; NULL: it is.
const char *http_client_missing(unsigned client);

struct http_engine {
    // Once for a trial that fetches: outside of the timed part and before forking, so that workers inherit what it makes. load: 0 or
    // -errno with trial_fail() called; unload in any case.
    int (*load)(struct trial *trial);
    void (*unload)(struct trial *trial);
    // A client of its own. 0; -ENOMEM; or another -errno with trial_fail() called.
    int (*make)(struct trial *trial, struct http_get **ret_get);
    void (*destroy)(struct http_get *get);
    // Fetches, blocking. The task's status, and in *check what the answer adds to the task's checksum.
    int (*perform)(struct http_get *get, const struct step *step, uint32_t *check);
};

extern const struct http_engine http_engine_curl, http_engine_bare;

struct http_get {
    const struct http_engine *engine;
    uint64_t received; // body bytes of the answer under way
    uint32_t hash;     // FNV-1a of the body, where bodies are hashed
    bool hashes;
    uint64_t timeout_ns;       // per fetch; 0: none
    _Atomic uint64_t *retries; // of the whole trial
    struct reactor *reactor;   // that performs it; NULL: it blocks
    struct fetch_limit *limit; // reactor only: what ends it at its time limit
    uint32_t check;            // reactor only: what the answer adds to the task's checksum, valid in done
    void (*done)(struct http_get *get, int status); // reactor only: the fetch has ended
    void *owner;                                    // the lane
    struct http_get *next_made, *next_spare;        // reactor only, of tasks' children
};

// Chooses the trial's engine and loads it. 0 or -errno with trial_fail() called; close in any case.
int http_open(struct trial *trial);
void http_close(struct trial *trial);

// NULL when out of memory.
struct http_get *http_get_new(struct trial *trial);

// The same with trial_fail(): 0 or -errno.
int http_get_open(struct trial *trial, struct http_get **ret_get);
void http_get_close(struct http_get *get); // accepts NULL

// Fetches, blocking. The task's status, and in *check what the answer adds to the task's checksum.
int http_get_perform(struct http_get *get, const struct step *step, uint32_t *check);

// For engines: of a new one; before each fetch; with each part of its body; and what an answer with that status is to the task,
// where 0 stands for none.
void http_get_init(struct http_get *get, const struct trial *trial);
void http_get_begin(struct http_get *get);
void http_get_add(struct http_get *get, const char *data, size_t length);
int http_get_answered(const struct http_get *get, unsigned status, uint32_t *check);

// The request has been sent that often more than once.
void http_get_count_retries(struct http_get *get, unsigned more);
