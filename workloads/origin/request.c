// SPDX-License-Identifier: MIT
#include "workloads/origin/request.h"

#include <errno.h>
#include <string.h>

static const char expect_name[] = "expect";
#define EXPECT_LENGTH (sizeof expect_name - 1)

static int on_begin(http_parser *parser)
{
    struct origin_request *request = parser->data;

    request->seen = 0;
    request->differs = false;
    request->expects = false;
    request->in_value = true;
    return 0;
}

// The URL is compared with the one before as it comes, and written only from where it differs, so that a client that
// asks for the same thing again costs one memcmp.
static int on_url(http_parser *parser, const char *at, size_t length)
{
    struct origin_request *request = parser->data;
    const size_t room = ORIGIN_URL_SIZE - request->seen;
    const size_t take = length < room ? length : room;
    char *url = request->url + request->seen;

    if (!request->differs && (request->seen + take > request->url_length || memcmp(url, at, take) != 0))
        request->differs = true;
    if (request->differs)
        memcpy(url, at, take);
    request->seen += take;
    return 0;
}

// Looks for one name only; the first letter tells most others apart.
static int on_header_field(http_parser *parser, const char *at, size_t length)
{
    struct origin_request *request = parser->data;

    if (request->in_value) {
        request->in_value = false;
        request->expect_length = 0;
    }
    for (size_t i = 0; i < length && request->expect_length <= EXPECT_LENGTH; i++) {
        if ((at[i] | 0x20) == expect_name[request->expect_length])
            request->expect_length++;
        else
            request->expect_length = EXPECT_LENGTH + 1;
    }
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t length)
{
    struct origin_request *request = parser->data;

    request->in_value = true;
    if (request->expect_length == EXPECT_LENGTH)
        request->expects = true;
    return 0;
}

// 100-continue is the only expectation there is (RFC 9110, section 10.1.1).
static int on_headers_complete(http_parser *parser)
{
    struct origin_request *request = parser->data;

    if (request->expects && !request->on_expect(request))
        http_parser_pause(parser, 1);
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct origin_request *request = parser->data;

    request->repeated = !request->differs && request->seen == request->url_length;
    request->url_length = request->seen;
    if (!request->on_complete(request))
        http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
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
    http_parser_init(&request->parser, HTTP_REQUEST);
    request->parser.data = request;
}

size_t origin_request_read(struct origin_request *request, const char *data, size_t length, bool *ret_malformed)
{
    http_parser *parser = &request->parser;
    size_t used = 0;

    *ret_malformed = false;
    while (used < length) {
        used += http_parser_execute(parser, &settings, data + used, length - used);
        if (HTTP_PARSER_ERRNO(parser) == HPE_PAUSED) {
            http_parser_pause(parser, 0);
            break;
        }
        if (HTTP_PARSER_ERRNO(parser) != HPE_OK) {
            *ret_malformed = true;
            break;
        }
        // A request to change the protocol stops the parser; a server may pass over it (RFC 9110, section 7.8).
        parser->upgrade = 0;
    }
    return used;
}

int origin_request_path(const struct origin_request *request, struct origin_path *ret_path)
{
    struct http_parser_url url;
    const size_t length = request->url_length;
    size_t path_at = 0;

    if (request->url[0] != '/') {
        http_parser_url_init(&url);
        if (http_parser_parse_url(request->url, length, 0, &url) != 0 || !(url.field_set & (1 << UF_SCHEMA)))
            return -EINVAL;
        if (!(url.field_set & (1 << UF_PATH)))
            return origin_path_parse("/", 1, ret_path);
        path_at = url.field_data[UF_PATH].off;
    }
    // A URL that fills its room was longer, unless by chance: only where a '?' ends the path is it known whole.
    if (length == ORIGIN_URL_SIZE && memchr(request->url, '?', length) == NULL)
        return -EINVAL;
    return origin_path_parse(request->url + path_at, length - path_at, ret_path);
}

bool origin_request_is_head(const struct origin_request *request)
{
    return request->parser.method == HTTP_HEAD;
}

enum origin_persistence origin_request_persistence(const struct origin_request *request)
{
    const http_parser *parser = &request->parser;

    if (!http_should_keep_alive(parser))
        return ORIGIN_CLOSE;
    return parser->http_major == 1 && parser->http_minor == 0 ? ORIGIN_PERSIST_STATED : ORIGIN_PERSIST;
}
