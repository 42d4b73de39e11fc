// SPDX-License-Identifier: MIT
// Loads what a library needs before the library itself. A library's symbols are looked up in all that comes with it, one after
// the other: in libcurl's thirty those of OpenSSL alone take millions of instructions. What has been loaded by itself was looked up
// in its own few, and nothing is looked up twice.
#pragma once

// Loads the libraries that the library of that name needs, each by itself, if it is found where libraries are. Nothing fails: what
// is not loaded here is loaded with the library. Nothing of it is unloaded before the process ends.
void needed_load(const char *name);
