// SPDX-License-Identifier: MIT
#include "workloads/origin/request.h"

#include <errno.h>
#include <string.h>

// The header fields that matter.
static const struct {
    const char *name;
    size_t length;
} fields[] = {{"expect", sizeof "expect" - 1}, {"authorization", sizeof "authorization" - 1}};
enum { FIELD_EXPECT = 1, FIELD_AUTHORIZATION = 2, FIELDS_ALL = 3 };

static int on_begin(http_message *message)
{
    struct origin_request *request = message->data;

    request->seen = 0;
    request->head = 0;
    request->differs = false;
    request->expects = false;
    request->shown = 0;
    request->authorization[0] = '\0';
    request->in_value = true;
    return 0;
}

// 0, or HTTP_MESSAGE_REFUSE: nobody sends so much.
static int add_to_head(struct origin_request *request, size_t length)
{
    request->head += length;
    return request->head <= HTTP_MESSAGE_HEAD ? 0 : HTTP_MESSAGE_REFUSE;
}

// The URL is compared with the one before as it comes, and written only from where it differs, so that a client that
// asks for the same thing again costs one memcmp.
static int on_url(http_message *message, const char *at, size_t length)
{
    struct origin_request *request = message->data;
    const size_t room = ORIGIN_URL_SIZE - request->seen;
    const size_t take = length < room ? length : room;
    char *url = request->url + request->seen;

    if (!request->differs && (request->seen + take > request->url_length || memcmp(url, at, take) != 0))
        request->differs = true;
    if (request->differs)
        memcpy(url, at, take);
    request->seen += take;
    return add_to_head(request, length);
}

// The first letter tells most others apart.
static int on_header_field(http_message *message, const char *at, size_t length)
{
    struct origin_request *request = message->data;

    if (request->in_value) {
        request->in_value = false;
        request->name_length = 0;
        request->candidates = FIELDS_ALL;
    }
    for (size_t i = 0; i < length && request->candidates != 0; i++, request->name_length++) {
        for (unsigned j = 0; j < sizeof fields / sizeof *fields; j++) {
            if (request->name_length >= fields[j].length || (at[i] | 0x20) != fields[j].name[request->name_length])
                request->candidates &= ~(1u << j);
        }
    }
    return add_to_head(request, length);
}

static bool is_field(const struct origin_request *request, unsigned bit)
{
    return (request->candidates & bit) != 0 && request->name_length == fields[bit >> 1].length;
}

static int on_header_value(http_message *message, const char *at, size_t length)
{
    struct origin_request *request = message->data;
    const size_t room = sizeof request->authorization - 1 - request->shown;

    request->in_value = true;
    request->expects |= is_field(request, FIELD_EXPECT);
    if (is_field(request, FIELD_AUTHORIZATION)) {
        memcpy(request->authorization + request->shown, at, length < room ? length : room);
        request->shown += length < room ? length : room;
        request->authorization[request->shown] = '\0';
    }
    return add_to_head(request, length);
}

// 100-continue is the only expectation there is (RFC 9110, section 10.1.1).
static int on_headers_complete(http_message *message)
{
    struct origin_request *request = message->data;

    if (request->expects && !request->on_expect(request))
        return http_message_stop(message);
    return 0;
}

static int on_message_complete(http_message *message)
{
    struct origin_request *request = message->data;

    request->repeated = !request->differs && request->seen == request->url_length;
    request->url_length = request->seen;
    if (!request->on_complete(request))
        return http_message_stop(message);
    return 0;
}

static const http_message_hooks hooks = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_message_complete = on_message_complete,
};

void origin_request_init(struct origin_request *request, bool (*on_complete)(struct origin_request *request),
                         bool (*on_expect)(struct origin_request *request))
{
    *request = (struct origin_request){.on_complete = on_complete, .on_expect = on_expect};
    http_message_init(&request->message, false, &hooks, request);
}

size_t origin_request_read(struct origin_request *request, const char *data, size_t length, bool *ret_malformed)
{
    enum http_message_end end;
    size_t used = http_message_read(&request->message, &hooks, data, length, &end);

    *ret_malformed = end == HTTP_MESSAGE_MALFORMED;
    return used;
}

// Where the path of an absolute target begins (RFC 9112, section 3.2.2): `length`, where it has none. 0: it is no such target.
static size_t path_of_absolute(const char *url, size_t length)
{
    const char *colon = memmem(url, length, "://", 3);
    size_t host = colon != NULL ? (size_t)(colon - url) + 3 : length, at = host;

    while (at < length && strchr("/?#", url[at]) == NULL)
        at++;
    if (at == host)
        return 0;
    return at < length && url[at] == '/' ? at : length;
}

int origin_request_target(const struct origin_request *request, const char **ret_target, size_t *ret_length)
{
    const size_t length = request->url_length;
    size_t path_at = 0;

    *ret_target = "/";
    *ret_length = 1;
    if (request->url[0] != '/') {
        path_at = path_of_absolute(request->url, length);
        if (path_at == 0)
            return -EINVAL;
        if (path_at == length)
            return 0;
    }
    // A URL that fills its room was longer, unless by chance: only where a '?' ends the path is it known whole.
    if (length == ORIGIN_URL_SIZE && memchr(request->url, '?', length) == NULL)
        return -EINVAL;
    *ret_target = request->url + path_at;
    *ret_length = length - path_at;
    return 0;
}

bool origin_request_is_head(const struct origin_request *request)
{
    return request->message.method == HTTP_HEAD;
}

enum origin_persistence origin_request_persistence(const struct origin_request *request)
{
    const http_message *message = &request->message;

    if (!http_message_keeps_alive(message))
        return ORIGIN_CLOSE;
    return message->http_major == 1 && message->http_minor == 0 ? ORIGIN_PERSIST_STATED : ORIGIN_PERSIST;
}
