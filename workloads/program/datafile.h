// SPDX-License-Identifier: MIT
// The file that read steps read, and the one in which tasks count: without a name, so that nothing is left of them, whatever
// happens.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// How large the file must be for reads of up to `read_most` bytes: more than one read, and where they go past the page
// cache much more, so that the device has something to look for.
uint64_t datafile_bytes(uint64_t read_most, bool direct);

// Where it is made: $TMPDIR, or else /var/tmp.
const char *datafile_folder(void);

// Whether it can be made there and read as is asked, so that this is known before anything is measured. 0, or -errno with
// what is wrong with the folder, in words (-ENOTBLK: "is on tmpfs, and tmpfs has no device to read from").
#define DATAFILE_ERROR 128
int datafile_check(uint64_t bytes, bool direct, char error[DATAFILE_ERROR]);

// Makes a file of so many bytes in $TMPDIR, or else /var/tmp, writes it to the device, and so leaves it in the page
// cache. It is to be read only; whoever may write to it all the same can still do so by its path below /proc. 0 or -errno;
// the descriptor is the caller's.
int datafile_make(uint64_t bytes, int *ret_fd);

// How large the file is in which tasks count: one number, of eight bytes.
#define DATAFILE_NUMBER_BYTES 8

// Makes that file in the same folder, with the number 0; it is read and written. 0 or -errno; the descriptor is the caller's.
int datafile_make_number(int *ret_fd);

// Opens it a second time, to read and to write: a lock of flock(2) belongs to an open file, not to a process or a thread.
// 0 or -errno; the descriptor is the caller's.
int datafile_open_number(int fd, int *ret_fd);

// When it was last written to, cut, or otherwise changed.
struct timespec datafile_changed_at(int fd);

// Opens it a second time, past the page cache (O_DIRECT, open(2)). -EINVAL where the file system cannot do that.
int datafile_open_direct(int fd, int *ret_fd);
