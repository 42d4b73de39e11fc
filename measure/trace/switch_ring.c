// SPDX-License-Identifier: MIT
#include "measure/trace/switch_ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>

#include "measure/base/page.h"

// What stands behind a record's own members: sample_id_all with TID, TIME and CPU.
struct sample_id {
    uint32_t process, thread;
    uint64_t time_ns;
    uint32_t cpu, reserved;
};

struct switch_record {
    struct perf_event_header header;
    struct sample_id id;
};

struct lost_record {
    struct perf_event_header header;
    uint64_t event, lost;
    struct sample_id id;
};

// The largest that is looked at.
union record {
    struct perf_event_header header;
    struct switch_record change;
    struct lost_record lost;
};

int switch_ring_open(struct switch_ring *ring, int fd, size_t bytes)
{
    void *pages = mmap(NULL, PAGE_BYTES + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (pages == MAP_FAILED)
        return -errno;
    *ring = (struct switch_ring){.fd = fd, .pages = pages, .bytes = bytes};
    return 0;
}

void switch_ring_close(struct switch_ring *ring)
{
    if (ring->pages != NULL)
        munmap(ring->pages, PAGE_BYTES + ring->bytes);
    ring->pages = NULL;
}

// From any place, round to the ring's start.
static void copy(const struct switch_ring *ring, uint64_t at, void *to, size_t bytes)
{
    const char *base = (const char *)ring->pages + PAGE_BYTES;
    size_t offset = at % ring->bytes, first = ring->bytes - offset < bytes ? ring->bytes - offset : bytes;

    memcpy(to, base + offset, first);
    memcpy((char *)to + first, base, bytes - first);
}

static struct trace_switch switch_of(const struct switch_record *record)
{
    uint16_t misc = record->header.misc;

    return (struct trace_switch){.at_ns = record->id.time_ns,
                                 .thread = record->id.thread,
                                 .cpu = (uint16_t)record->id.cpu,
                                 .in = (misc & PERF_RECORD_MISC_SWITCH_OUT) == 0,
                                 .preempted = (misc & PERF_RECORD_MISC_SWITCH_OUT) != 0 &&
                                              (misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0};
}

void switch_ring_take(struct switch_ring *ring,
                      void (*keep)(void *data, const struct trace_switch *record, uint64_t lost), void *data)
{
    struct perf_event_mmap_page *page = ring->pages;
    uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), tail = page->data_tail;
    union record record;

    while (head - tail >= sizeof record.header) {
        copy(ring, tail, &record.header, sizeof record.header);
        if (record.header.size < sizeof record.header || record.header.size > head - tail)
            break;
        copy(ring, tail, &record, record.header.size < sizeof record ? record.header.size : sizeof record);
        if (record.header.type == PERF_RECORD_SWITCH && record.header.size >= sizeof record.change) {
            struct trace_switch change = switch_of(&record.change);

            keep(data, &change, 0);
        } else if (record.header.type == PERF_RECORD_LOST && record.header.size >= sizeof record.lost) {
            keep(data, NULL, record.lost.lost);
        }
        tail += record.header.size;
    }
    __atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
}
