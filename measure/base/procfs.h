// SPDX-License-Identifier: MIT
// The small text files by which Linux tells about itself (/proc, /sys, /etc/os-release). Paths are given by a printf
// format whose first part is usually a root, so that tests can point to a tree of their own.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

// The whole file as a string, to be freed by the caller. 0 or -errno (-ENOENT: no such file, -ESRCH: its process has
// gone, -ENOMEM); the result is untouched on failure.
int procfs_read(char **ret_text, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The same; NULL where it cannot be read, whatever the reason.
char *procfs_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The first line without white space at its end, to be freed; NULL where the file cannot be read or the line is empty.
char *procfs_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The number on the first line. False where the file cannot be read or starts with something else ("max").
bool procfs_number(uint64_t *ret_number, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What follows `key`, then a colon and blanks, at the start of a line, as in "Threads:	4"; NULL where there is none, or
// no text.
// Points into `text`, up to the end of it.
const char *procfs_value(const char *text, const char *key);

// The unsigned integer at the start of procfs_value(); false where there is none.
bool procfs_value_number(const char *text, const char *key, uint64_t *ret_number);

// The same of a line in kB, as in "VmPTE:	  44 kB".
bool procfs_value_bytes(const char *text, const char *key, uint64_t *ret_bytes);

// A number of /proc/PID/stat, "123 (a name) S 1 …", its fields counted from 1 as proc(5) does, from the 4th on; the name
// may hold spaces and brackets, and ends at the last one. 0 where there is none, or no text.
uint64_t procfs_stat_field(const char *stat, int field);
#define PROCFS_STAT_PPID 4
#define PROCFS_STAT_UTIME 14
#define PROCFS_STAT_STIME 15
#define PROCFS_STAT_CUTIME 16 // of children that were waited for
#define PROCFS_STAT_CSTIME 17
#define PROCFS_STAT_STARTTIME 22

// Calls `take` for each process in a directory such as /proc, until one call returns another value than 0, which is then
// the result. Else 0 or -errno.
int procfs_processes(const char *directory, int (*take)(int pid, void *data), void *data);

// The same for each child of a process, of which nothing is said where it has gone.
int procfs_children(int pid, int (*take)(int pid, void *data), void *data);

// Parses "12" or "12.34" at the start of `text` with a point in any locale.
bool procfs_decimal(const char *text, double *ret_value);
