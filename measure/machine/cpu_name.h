// SPDX-License-Identifier: MIT
// What the processor is called.
#pragma once

// From /proc/cpuinfo below `root`: its "model name" or what stands there on other architectures; of ARM's, which has numbers
// instead, the implementer's and part's names as far as they are known, each kind of core once ("ARM Cortex-A55 r2p0 + ARM
// Cortex-A76 r4p0"). Where there is nothing of that, the machine's name from DMI or the device tree. To be freed with
// free(); NULL where nothing names it.
char *cpu_name(const char *root);
