// SPDX-License-Identifier: MIT
#include "measure/machine/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/procfs.h"

struct process {
    int pid, parent;
    uint64_t threads, page_table_bytes;
};

struct processes {
    const char *proc; // where they are read
    struct process *items;
    size_t count, capacity;
};

static bool has_gone(int error)
{
    return error == -ENOENT || error == -ESRCH;
}

static int processes_add(struct processes *list, struct process process)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 256;
        struct process *larger = realloc(list->items, capacity * sizeof *larger);

        if (larger == NULL)
            return -ENOMEM;
        list->items = larger;
        list->capacity = capacity;
    }
    list->items[list->count++] = process;
    return 0;
}

static int read_process(int pid, void *data)
{
    struct processes *list = data;
    struct process process = {.pid = pid};
    uint64_t parent = 0;
    char *status;
    int err = procfs_read(&status, "%s/%d/status", list->proc, pid);

    if (err != 0)
        return has_gone(err) ? 0 : err;
    procfs_value_number(status, "PPid", &parent);
    procfs_value_number(status, "Threads", &process.threads);
    procfs_value_bytes(status, "VmPTE", &process.page_table_bytes);
    free(status);
    process.parent = (int)parent;
    return processes_add(list, process);
}

static int compare_parents(const void *left, const void *right)
{
    const struct process *a = left, *b = right;

    return (a->parent > b->parent) - (a->parent < b->parent);
}

// The first of the processes sorted by parent whose parent is not below `parent`.
static size_t first_child(const struct processes *all, int parent)
{
    size_t low = 0, high = all->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all->items[middle].parent < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Breadth first. The bound on the count ends it also when a reused pid made the snapshot circular.
static int collect_tree(const struct processes *all, int root_pid, struct processes *tree)
{
    int err = 0;

    for (size_t i = 0; i < all->count && err == 0; i++)
        if (all->items[i].pid == root_pid)
            err = processes_add(tree, all->items[i]);
    for (size_t i = 0; i < tree->count && err == 0; i++) {
        int parent = tree->items[i].pid;

        for (size_t child = first_child(all, parent); child < all->count && err == 0; child++) {
            if (all->items[child].parent != parent || tree->count >= all->count)
                break;
            err = processes_add(tree, all->items[child]);
        }
    }
    return err;
}

// Of all processes of the machine. /proc/PID/task/TID/children would name the descendants alone, but has to be opened
// for each thread, and some kernels are built without it.
static int find_tree(const char *proc, int root_pid, struct processes *tree)
{
    struct processes all = {.proc = proc};
    int err = procfs_processes(proc, read_process, &all);

    if (err == 0 && all.count > 0) {
        qsort(all.items, all.count, sizeof *all.items, compare_parents);
        err = collect_tree(&all, root_pid, tree);
    }
    free(all.items);
    return err;
}

static bool add_bytes(const char *text, const char *key, uint64_t *bytes)
{
    uint64_t more;

    if (!procfs_value_bytes(text, key, &more))
        return false;
    *bytes += more;
    return true;
}

// False where the kernel (before 5.4) does not split PSS by kind; the reading is then as it was.
static bool add_rollup(const char *text, struct memory_reading *reading)
{
    if (!add_bytes(text, "Pss_Anon", &reading->anon_bytes))
        return false;
    add_bytes(text, "Pss_Shmem", &reading->shmem_bytes);
    add_bytes(text, "Pss_File", &reading->file_bytes);
    add_bytes(text, "SwapPss", &reading->swap_bytes);
    return true;
}

enum mapping_kind { MAPPING_ANON, MAPPING_SHMEM, MAPPING_FILE };

static enum mapping_kind kind_of_mapping(const char *name)
{
    static const char *const shared[] = {"/dev/shm/", "/memfd:", "/dev/zero", "/SYSV"};

    if (*name != '/')
        return MAPPING_ANON; // none, "[heap]", "[stack]"
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (strncmp(name, shared[i], strlen(shared[i])) == 0)
            return MAPPING_SHMEM;
    return MAPPING_FILE;
}

struct mapping {
    enum mapping_kind kind;
    uint64_t pss_bytes, anonymous_bytes, swap_bytes;
};

static void add_mapping(const struct mapping *mapping, struct memory_reading *reading)
{
    uint64_t anonymous = mapping->pss_bytes;

    reading->swap_bytes += mapping->swap_bytes;
    if (mapping->kind == MAPPING_SHMEM) {
        reading->shmem_bytes += mapping->pss_bytes;
        return;
    }
    // Of a file, the written private pages are anonymous; "Anonymous" counts them whole, so PSS is its bound.
    if (mapping->kind == MAPPING_FILE && mapping->anonymous_bytes < anonymous)
        anonymous = mapping->anonymous_bytes;
    reading->anon_bytes += anonymous;
    reading->file_bytes += mapping->pss_bytes - anonymous;
}

// A mapping's first line is "55d0-55d2 r--p 00000000 fe:00 1234   /usr/bin/cat": five fields and a name.
static bool starts_mapping(const char *line, const char **ret_name)
{
    size_t address = strspn(line, "0123456789abcdef");

    if (address == 0 || line[address] != '-')
        return false;
    for (int field = 0; field < 5; field++) {
        line += strcspn(line, " \n");
        line += strspn(line, " ");
    }
    *ret_name = line;
    return true;
}

static void read_mapping_line(const char *line, struct mapping *mapping)
{
    // One line at a time: procfs_value would go on to the next mapping's.
    if (strncmp(line, "Pss:", 4) == 0)
        procfs_value_bytes(line, "Pss", &mapping->pss_bytes);
    else if (strncmp(line, "Anonymous:", 10) == 0)
        procfs_value_bytes(line, "Anonymous", &mapping->anonymous_bytes);
    else if (strncmp(line, "SwapPss:", 8) == 0)
        procfs_value_bytes(line, "SwapPss", &mapping->swap_bytes);
}

static void add_smaps(const char *text, struct memory_reading *reading)
{
    struct mapping mapping = {.kind = MAPPING_ANON};
    const char *name;

    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        if (starts_mapping(line, &name)) {
            add_mapping(&mapping, reading);
            mapping = (struct mapping){.kind = kind_of_mapping(name)};
        } else {
            read_mapping_line(line, &mapping);
        }
        line += strcspn(line, "\n");
    }
    add_mapping(&mapping, reading);
}

// Mapping by mapping, where there is no sum of them.
static int add_each_mapping(const char *proc, int pid, struct memory_reading *reading)
{
    char *text;
    int err = procfs_read(&text, "%s/%d/smaps", proc, pid);

    if (err != 0)
        return err;
    if (*text == '\0')
        err = -ESRCH; // a zombie has no mappings
    else
        add_smaps(text, reading);
    free(text);
    return err;
}

static int add_mappings(const char *proc, int pid, struct memory_reading *reading)
{
    char *text;
    bool known = false;
    int err = procfs_read(&text, "%s/%d/smaps_rollup", proc, pid);

    if (err != 0 && err != -ENOENT)
        return err;
    if (err == 0) {
        known = add_rollup(text, reading);
        free(text);
    }
    return known ? 0 : add_each_mapping(proc, pid, reading);
}

static int sum_tree(const char *proc, const struct processes *tree, struct memory_reading *reading)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct process *process = &tree->items[i];
        int err = add_mappings(proc, process->pid, reading);

        if (has_gone(err) && i > 0)
            continue;
        if (err != 0)
            return has_gone(err) ? -ESRCH : err;
        reading->page_table_bytes += process->page_table_bytes;
        reading->threads += process->threads;
        reading->processes++;
    }
    if (reading->threads > 0)
        reading->kernel_stack_bytes = (reading->threads - 1) * MEMORY_KERNEL_STACK_BYTES;
    return reading->processes > 0 ? 0 : -ESRCH;
}

int memory_of_tree_at(const char *proc, int root_pid, struct memory_reading *ret_reading)
{
    struct memory_reading reading = {0};
    struct processes tree = {0};
    int err = find_tree(proc, root_pid, &tree);

    if (err == 0)
        err = sum_tree(proc, &tree, &reading);
    free(tree.items);
    if (err == 0)
        *ret_reading = reading;
    return err;
}

int memory_of_tree(int root_pid, struct memory_reading *ret_reading)
{
    return memory_of_tree_at("/proc", root_pid, ret_reading);
}

uint64_t memory_counted_bytes(const struct memory_reading *reading)
{
    return reading->anon_bytes + reading->shmem_bytes + reading->swap_bytes + reading->page_table_bytes +
           reading->kernel_stack_bytes;
}
