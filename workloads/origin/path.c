// SPDX-License-Identifier: MIT
#include "workloads/origin/path.h"

#include <errno.h>
#include <string.h>

#include "measure/base/units.h"

// Longest argument that can mean something, the final NUL included: two durations of 20 digits and a unit each.
#define ARGUMENT_MAX 64

enum part_bit { PART_BYTES = 1, PART_DELAY = 2, PART_STATUS = 4, PART_RESET = 8, PART_STATS = 16 };

static int read_bytes(char *argument, struct origin_path *path)
{
    uint64_t bytes;

    if (units_parse_size(argument, &bytes) < 0 || bytes > ORIGIN_MAX_BYTES)
        return -EINVAL;
    path->bytes = bytes;
    return 0;
}

// "10ms" or "10ms~50ms".
static int read_delay(char *argument, struct origin_path *path)
{
    char *high = strchr(argument, '~');

    if (high != NULL)
        *high++ = '\0';
    if (units_parse_duration(argument, &path->delay_low_ns) < 0)
        return -EINVAL;
    path->delay_high_ns = path->delay_low_ns;
    if (high != NULL && units_parse_duration(high, &path->delay_high_ns) < 0)
        return -EINVAL;
    path->has_delay = true;
    return path->delay_low_ns <= path->delay_high_ns ? 0 : -EINVAL;
}

// Three digits, as in a status line.
static int read_status(char *argument, struct origin_path *path)
{
    unsigned status = 0;

    if (strlen(argument) != 3)
        return -EINVAL;
    for (const char *c = argument; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return -EINVAL;
        status = 10 * status + (unsigned)(*c - '0');
    }
    path->status = status;
    return status >= 100 && status <= 599 ? 0 : -EINVAL;
}

static int read_reset(char *argument, struct origin_path *path)
{
    path->reset = true;
    return 0;
}

static int read_stats(char *argument, struct origin_path *path)
{
    path->stats = true;
    return 0;
}

static const struct part {
    const char *name;
    enum part_bit bit;
    bool takes_argument;
    int (*read)(char *argument, struct origin_path *path);
} parts[] = {
    {"bytes", PART_BYTES, true, read_bytes},    {"delay", PART_DELAY, true, read_delay},
    {"status", PART_STATUS, true, read_status}, {"reset", PART_RESET, false, read_reset},
    {"stats", PART_STATS, false, read_stats},
};

static const struct part *part_named(const char *name)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    return NULL;
}

// Copies what stands between the slash at *at and the next one, and moves on to that. 0 or -EINVAL.
static int next_segment(const char **at, const char *end, char ret_segment[ARGUMENT_MAX])
{
    const char *start = *at + 1;
    const char *stop;
    size_t length;

    if (*at == end || **at != '/')
        return -EINVAL;
    stop = memchr(start, '/', (size_t)(end - start));
    if (stop == NULL)
        stop = end;
    length = (size_t)(stop - start);
    if (length == 0 || length >= ARGUMENT_MAX || memchr(start, '\0', length) != NULL)
        return -EINVAL;
    memcpy(ret_segment, start, length);
    ret_segment[length] = '\0';
    *at = stop;
    return 0;
}

static int read_part(const char **at, const char *end, unsigned *seen, struct origin_path *path)
{
    char segment[ARGUMENT_MAX];
    const struct part *part;

    if (next_segment(at, end, segment) < 0)
        return -EINVAL;
    part = part_named(segment);
    if (part == NULL || *seen & part->bit)
        return -EINVAL;
    *seen |= part->bit;
    if (part->takes_argument && next_segment(at, end, segment) < 0)
        return -EINVAL;
    return part->read(segment, path);
}

int origin_path_parse(const char *path, size_t length, struct origin_path *ret_path)
{
    struct origin_path parsed = {.bytes = ORIGIN_DEFAULT_BYTES, .status = 200};
    const char *at = path;
    const char *query = memchr(path, '?', length);
    const char *end = query != NULL ? query : path + length;
    unsigned seen = 0;

    if (end - path == 1 && *path == '/')
        at = end;
    else if (end == path)
        return -EINVAL;
    while (at < end)
        if (read_part(&at, end, &seen, &parsed) < 0)
            return -EINVAL;
    if (parsed.stats && seen != PART_STATS)
        return -EINVAL;
    if (!origin_status_has_body(parsed.status))
        parsed.bytes = 0;
    *ret_path = parsed;
    return 0;
}

uint64_t origin_path_draw_delay(const struct origin_path *path, struct rng *rng)
{
    const uint64_t spread_ns = path->delay_high_ns - path->delay_low_ns;
    uint64_t more_ns;

    if (spread_ns == 0)
        return path->delay_low_ns;
    // 53 random bits are a double in [0, 1); the product may round up to just above the range.
    more_ns = (uint64_t)((double)(rng_next(rng) >> 11) * 0x1p-53 * ((double)spread_ns + 1.0));
    return path->delay_low_ns + (more_ns < spread_ns ? more_ns : spread_ns);
}
