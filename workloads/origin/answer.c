// SPDX-License-Identifier: MIT
#include "workloads/origin/answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/http_message.h"

#define HEAD_END "\r\n"

void origin_pattern_fill(char *pattern, size_t size)
{
    const size_t line = sizeof ORIGIN_PATTERN_LINE - 1;

    for (size_t at = 0; at < size; at += line)
        memcpy(pattern + at, ORIGIN_PATTERN_LINE, size - at < line ? size - at : line);
}

static const char *connection_field(enum origin_persistence persistence)
{
    static const char *const fields[] = {
        [ORIGIN_PERSIST] = "",
        [ORIGIN_PERSIST_STATED] = "Connection: keep-alive\r\n",
        [ORIGIN_CLOSE] = "Connection: close\r\n",
    };

    return fields[persistence];
}

// RFC 9110, section 15, and the RFCs 4918 and 6585. Of all others it is empty (RFC 9112, section 4).
static const struct {
    unsigned status;
    const char *text;
} reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {511, "Network Authentication Required"},
};

static const char *reason(unsigned status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].text;
    }
    return "";
}

// Appends at `at`; returns where the text ends then.
__attribute__((format(printf, 3, 4))) static size_t append(struct origin_answer *answer, size_t at, const char *format,
                                                           ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(answer->text + at, sizeof answer->text - at, format, args);
    va_end(args);
    return at + (size_t)n;
}

static void format_head(struct origin_answer *answer, unsigned status, const char *type, uint64_t length)
{
    size_t at = append(answer, 0, "HTTP/1.1 %u %s\r\n", status, reason(status));

    if (origin_status_has_body(status))
        at = append(answer, at, "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\n", type, length);
    origin_answer_release(answer);
    answer->head_length = append(answer, at, "%s" HEAD_END, connection_field(answer->persistence));
    answer->text_length = answer->head_length;
    answer->body_length = 0;
}

void origin_answer_format(struct origin_answer *answer, const struct origin_path *path,
                          enum origin_persistence persistence)
{
    answer->path = *path;
    answer->persistence = persistence;
    format_head(answer, path->status, "text/plain", path->bytes);
    // A body that fits goes along with the head: write() is cheaper than writev().
    if (path->bytes <= sizeof answer->text - answer->head_length) {
        origin_pattern_fill(answer->text + answer->head_length, path->bytes);
        answer->text_length += path->bytes;
    } else {
        answer->body_length = path->bytes;
    }
}

// A body that does not fit is a page; without memory for it there is none, and its status says so.
static void format_text(struct origin_answer *answer, unsigned status, const char *type, const char *body)
{
    const size_t length = strlen(body);

    format_head(answer, status, type, length);
    if (length < sizeof answer->text - answer->head_length) {
        answer->text_length = append(answer, answer->head_length, "%s", body);
        return;
    }
    answer->page = strdup(body);
    if (answer->page != NULL)
        answer->body_length = length;
    else
        format_head(answer, HTTP_STATUS_SERVICE_UNAVAILABLE, type, 0);
}

static const char *words_of(unsigned status)
{
    switch (status) {
    case HTTP_STATUS_NOT_FOUND:
        return "no such path, expected a combination of /bytes/4k, /delay/10ms, /delay/10ms~50ms, /status/503, "
               "/reset, or /stats\n";
    case HTTP_STATUS_FORBIDDEN:
        return "not without the token of this server\n";
    case HTTP_STATUS_PAYLOAD_TOO_LARGE:
        return "too much for a request without the token of this server\n";
    default:
        return "not a request this server understands\n";
    }
}

void origin_answer_format_error(struct origin_answer *answer, unsigned status, enum origin_persistence persistence)
{
    answer->path = (struct origin_path){.status = status};
    answer->persistence = persistence;
    format_text(answer, status, "text/plain", words_of(status));
}

void origin_answer_format_json(struct origin_answer *answer, unsigned status, const char *json,
                               enum origin_persistence persistence)
{
    answer->path = (struct origin_path){.status = status, .stats = true};
    answer->persistence = persistence;
    format_text(answer, status, "application/json", json);
}

void origin_answer_release(struct origin_answer *answer)
{
    free(answer->page);
    answer->page = NULL;
}

uint64_t origin_answer_length(const struct origin_answer *answer, bool head_only)
{
    const uint64_t body = head_only ? 0 : answer->text_length - answer->head_length + answer->body_length;

    if (!answer->path.reset)
        return answer->head_length + body;
    // With its status line, or clients would take it for a connection that had been closed before, and ask again.
    return body > 0 ? answer->head_length + body / 2 : answer->head_length - (sizeof HEAD_END - 1);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

unsigned origin_answer_slices(const struct origin_answer *answer, const char *pattern, uint64_t from, uint64_t to,
                              uv_buf_t ret_slices[ORIGIN_SLICES])
{
    const uint64_t text = answer->text_length;
    unsigned n = 0;

    if (from < text) {
        const uint64_t stop = least(to, text);

        ret_slices[n++] = uv_buf_init((char *)answer->text + from, (unsigned)(stop - from));
        from = stop;
    }
    while (from < to && n < ORIGIN_SLICES) {
        const uint64_t size = answer->page != NULL ? answer->body_length : ORIGIN_PATTERN_SIZE;
        const uint64_t at = (from - text) % size;
        const uint64_t take = least(to - from, size - at);

        ret_slices[n++] = uv_buf_init((char *)(answer->page != NULL ? answer->page : pattern) + at, (unsigned)take);
        from += take;
    }
    return n;
}
