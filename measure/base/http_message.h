// SPDX-License-Identifier: MIT
// The parser of HTTP/1.1 messages (RFC 9112) that ccbench was built with, of the origin and of the bare client: llhttp, or its
// predecessor http-parser, which nobody maintains any more, where there is no llhttp. What both have in common is used as theirs: the
// fields method, http_major, http_minor, status_code and data of a parser, and the callbacks' names. A callback returns 0,
// HTTP_MESSAGE_REFUSE or what http_message_stop() returns.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef CCBENCH_HAVE_LLHTTP
#include <llhttp.h>
typedef llhttp_t http_message;
typedef llhttp_settings_t http_message_hooks;
#define HTTP_MESSAGE_PARSER "llhttp"
#else
#include <http_parser.h>
typedef http_parser http_message;
typedef http_parser_settings http_message_hooks;
#define HTTP_MESSAGE_PARSER "http-parser"
#endif

// The most bytes of a start line and header fields that are read: http-parser's own bound, which llhttp leaves to its user, who counts
// what the callbacks are given.
#define HTTP_MESSAGE_HEAD ((size_t)80 * 1024)

// From on_url, on_header_field, on_header_value and on_body: what came is not to be read.
#define HTTP_MESSAGE_REFUSE (-1)

// From on_headers_complete, of an answer: none of its bytes are a body, whatever its fields say.
#define HTTP_MESSAGE_NO_BODY 1

enum http_message_end {
    HTTP_MESSAGE_USED,      // all bytes
    HTTP_MESSAGE_STOPPED,   // a callback asked for it
    HTTP_MESSAGE_MALFORMED, // what came is no such message, or was refused: nothing behind it can be read
};

// To read requests or responses, of which any may follow each other. `data` is the parser's field for the callbacks. A response in chunks
// may give a length as well, which is passed over, as libcurl does it (RFC 9112, section 6.3); a request may not.
void http_message_init(http_message *message, bool responses, const http_message_hooks *hooks, void *data);

// Reads from `data`, calling the same hooks. Returns how many bytes were used up, fewer than `length` only where *ret_end is not
// HTTP_MESSAGE_USED; after a stop the next call goes on.
size_t http_message_read(http_message *message, const http_message_hooks *hooks, const char *data, size_t length,
                         enum http_message_end *ret_end);

// Nothing more will come: calls on_message_complete where that is what ends the message.
void http_message_finish(http_message *message, const http_message_hooks *hooks);

// For on_headers_complete and on_message_complete: what these return to have the reading stop there.
int http_message_stop(http_message *message);

// In on_message_complete: whether the connection may be used for another.
bool http_message_keeps_alive(const http_message *message);

// "8.1.0", into `buf`, which is returned.
char *http_message_version(char *buf, size_t size);
