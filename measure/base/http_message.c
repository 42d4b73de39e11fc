// SPDX-License-Identifier: MIT
#include "measure/base/http_message.h"

#include <stdio.h>

#ifdef CCBENCH_HAVE_LLHTTP

void http_message_init(http_message *message, bool responses, const http_message_hooks *hooks, void *data)
{
    llhttp_init(message, responses ? HTTP_RESPONSE : HTTP_REQUEST, hooks);
    llhttp_set_lenient_chunked_length(message, responses);
    message->data = data;
}

size_t http_message_read(http_message *message, const http_message_hooks *hooks, const char *data, size_t length,
                         enum http_message_end *ret_end)
{
    size_t used = 0;

    *ret_end = HTTP_MESSAGE_USED;
    while (used < length) {
        llhttp_errno_t err = llhttp_execute(message, data + used, length - used);

        if (err == HPE_OK)
            return length;
        used = (size_t)(llhttp_get_error_pos(message) - data);
        if (err == HPE_PAUSED_UPGRADE) { // which may be passed over (RFC 9110, section 7.8)
            llhttp_resume_after_upgrade(message);
            continue;
        }
        *ret_end = err == HPE_PAUSED ? HTTP_MESSAGE_STOPPED : HTTP_MESSAGE_MALFORMED;
        if (err == HPE_PAUSED)
            llhttp_resume(message);
        break;
    }
    return used;
}

void http_message_finish(http_message *message, const http_message_hooks *hooks)
{
    (void)llhttp_finish(message);
}

int http_message_stop(http_message *message)
{
    return HPE_PAUSED;
}

bool http_message_keeps_alive(const http_message *message)
{
    return llhttp_should_keep_alive(message) != 0;
}

char *http_message_version(char *buf, size_t size)
{
    snprintf(buf, size, "%d.%d.%d", LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
    return buf;
}

#else

void http_message_init(http_message *message, bool responses, const http_message_hooks *hooks, void *data)
{
    http_parser_init(message, responses ? HTTP_RESPONSE : HTTP_REQUEST);
    message->allow_chunked_length = responses;
    message->data = data;
}

size_t http_message_read(http_message *message, const http_message_hooks *hooks, const char *data, size_t length,
                         enum http_message_end *ret_end)
{
    size_t used = 0;

    *ret_end = HTTP_MESSAGE_USED;
    while (used < length && *ret_end == HTTP_MESSAGE_USED) {
        used += http_parser_execute(message, hooks, data + used, length - used);
        if (HTTP_PARSER_ERRNO(message) == HPE_PAUSED) {
            http_parser_pause(message, 0);
            *ret_end = HTTP_MESSAGE_STOPPED;
        } else if (HTTP_PARSER_ERRNO(message) != HPE_OK) {
            *ret_end = HTTP_MESSAGE_MALFORMED;
        }
        message->upgrade = 0; // which stops the parser, and may be passed over (RFC 9110, section 7.8)
    }
    return used;
}

void http_message_finish(http_message *message, const http_message_hooks *hooks)
{
    (void)http_parser_execute(message, hooks, NULL, 0);
}

int http_message_stop(http_message *message)
{
    http_parser_pause(message, 1);
    return 0;
}

bool http_message_keeps_alive(const http_message *message)
{
    return http_should_keep_alive(message) != 0;
}

char *http_message_version(char *buf, size_t size)
{
    unsigned long version = http_parser_version();

    snprintf(buf, size, "%lu.%lu.%lu", version >> 16 & 255, version >> 8 & 255, version & 255);
    return buf;
}

#endif
