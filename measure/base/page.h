// SPDX-License-Identifier: MIT
// The page of memory by which stacks are guarded, buffers touched and files read past the page cache. The kernel's own
// may be larger; nothing here is wrong where it is.
#pragma once

#define PAGE_BYTES 4096
