// SPDX-License-Identifier: MIT
// What an HTTP client is to do besides fetching a URL, as it was typed: one for all handles of a process.
#pragma once

#include <stdbool.h>

#define HTTP_CLIENT_HEADERS 64

struct cJSON;

struct http_client {
    const char *headers[HTTP_CLIENT_HEADERS]; // "Name: value", as curl has them
    unsigned header_count;
    const char *cacert, *capath; // NULL: libcurl's own
    const char *certificate;     // PEM text: the one to trust, of ccbench's own server; NULL: none
    const char *unix_socket;     // to connect to, whatever the host; NULL: none
    bool insecure;               // certificates are not verified
    void *list;                  // of the headers, for libcurl
};

// Adds what differs from a plain client to a plan: "headers", "cacert", "capath", "origin_certificate", "unix_socket",
// "insecure"; replaces what is there. Masked, it shows no secret.
void http_client_to_plan(const struct http_client *client, bool masked, struct cJSON *plan);

// Takes a client from a plan, whose texts it copies; *ret_client is zero before. 0 or -ENOMEM; closed in any case.
int http_client_from_plan(const struct cJSON *plan, struct http_client *ret_client);
void http_client_close(struct http_client *client);

// Makes the list of headers, once libcurl is loaded and before the client is applied. 0 or -ENOMEM. To be freed by
// http_client_forget(), when no handle uses it any more.
int http_client_prepare(struct http_client *client);
void http_client_forget(struct http_client *client);

// Sets a curl easy handle up: no signals, no proxy, HTTP/1.1, ccbench's name, connections that stay open, and what the
// client says. 0; -ENOSYS: this libcurl takes no certificate from memory; -ENOMEM.
int http_client_apply(const struct http_client *client, void *easy);
