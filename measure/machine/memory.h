// SPDX-License-Identifier: MIT
// The memory that a process and all its descendants take, as Linux accounts for it.
//
// What is counted for a model is anonymous memory + shared memory (both as PSS: a page mapped by m processes counts 1/m
// in each, so that the sum over the tree counts it once) + what of both is swapped out + page tables + kernel stacks.
// Pages of files are read and shown apart, but NOT counted: the binary and its libraries are mapped by the supervisor
// too, so forking K workers moves the tree's share of those same pages from 1/2 towards all of them, though no memory
// is used. A private page of a file that was written to is anonymous memory and counted.
// The same holds for shared memory that the supervisor keeps mapped (the slots): the caller unmaps it before a
// reading, or knows that the tree's share of it depends on the number of processes.
// Socket and pipe buffers belong to no process and are in none of these figures.
#pragma once

#include <stdint.h>

// What Linux gives a thread as its kernel stack on 64-bit machines (THREAD_SIZE on x86-64 and arm64). It is computed,
// because only a sum over the whole machine can be read.
#define MEMORY_KERNEL_STACK_BYTES UINT64_C(16384)

struct memory_reading {
    uint64_t anon_bytes;         // Pss_Anon
    uint64_t shmem_bytes;        // Pss_Shmem
    uint64_t file_bytes;         // Pss_File; not counted
    uint64_t swap_bytes;         // SwapPss
    uint64_t page_table_bytes;   // VmPTE
    uint64_t kernel_stack_bytes; // MEMORY_KERNEL_STACK_BYTES for each thread but the root's first; computed
    uint64_t threads;            // of all processes together
    uint64_t processes;
};

// Reads the tree below `root_pid`, itself included. A process that vanishes meanwhile is left out, as are zombies;
// the others should stand still, since the files are read one after the other. 0 or -errno: -ESRCH where the root has
// gone, -EACCES where a process may not be inspected, -ENOMEM. The result is untouched on failure.
// Costs one pass over the machine's processes (20 to 30 us each) and a page table walk for each process of the tree.
int memory_of_tree(int root_pid, struct memory_reading *ret_reading);

// The same from another directory than /proc.
int memory_of_tree_at(const char *proc, int root_pid, struct memory_reading *ret_reading);

// What is counted, as said above: everything but file_bytes.
uint64_t memory_counted_bytes(const struct memory_reading *reading);
