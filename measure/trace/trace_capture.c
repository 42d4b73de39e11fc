// SPDX-License-Identifier: MIT
#include "measure/trace/trace_capture.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Of what a trial says, the most that is looked at.
#define TIME_MOST_NS 1e18

static int make_file(struct trace_capture *capture)
{
    capture->fd = memfd_create("ccbench-trace", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (capture->fd < 0 || ftruncate(capture->fd, (off_t)capture->bytes) != 0 ||
        // Else a trial could take the memory away that is read here.
        fcntl(capture->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return -errno;
    return 0;
}

int trace_capture_open(struct trace_capture *capture, uint32_t capacity)
{
    void *memory;
    int err;

    *capture = (struct trace_capture){.fd = -1, .bytes = trace_bytes(capacity)};
    err = make_file(capture);
    if (err != 0)
        return err;
    memory = mmap(NULL, capture->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    capture->header = memory;
    return 0;
}

void trace_capture_begin(struct trace_capture *capture, uint32_t tasks, uint32_t lanes, uint32_t step_kinds)
{
    struct trace_header *header = capture->header;

    memset(header, 0, capture->bytes);
    memcpy(header->magic, TRACE_MAGIC, sizeof header->magic);
    header->version = TRACE_VERSION;
    header->capacity = (uint32_t)((capture->bytes - sizeof *header) / sizeof(struct trace_event));
    capture->tasks = tasks;
    capture->lanes = lanes;
    capture->step_kinds = step_kinds;
    switches_release(&capture->switches);
    capture->start_ns = capture->end_ns = capture->run_begin_ns = capture->run_ns = 0;
}

void trace_capture_close(struct trace_capture *capture)
{
    switches_release(&capture->switches);
    if (capture->header != NULL)
        munmap(capture->header, capture->bytes);
    if (capture->bytes > 0 && capture->fd >= 0)
        close(capture->fd);
    *capture = (struct trace_capture){.fd = -1};
}

static bool is_time(const cJSON *item)
{
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= TIME_MOST_NS;
}

void trace_capture_note(struct trace_capture *capture, const cJSON *result, uint64_t start_ns, uint64_t end_ns)
{
    const cJSON *run_start = cJSON_GetObjectItemCaseSensitive(result, "run_start_ns");
    const cJSON *run = cJSON_GetObjectItemCaseSensitive(result, "run_ns");

    switches_end(&capture->switches);
    capture->start_ns = start_ns;
    capture->end_ns = end_ns;
    if (!is_time(run_start) || !is_time(run))
        return;
    capture->run_begin_ns = (uint64_t)run_start->valuedouble;
    capture->run_ns = (uint64_t)run->valuedouble;
}
