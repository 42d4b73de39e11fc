// SPDX-License-Identifier: MIT
// Probes of an idle connection, by which the end of a machine that vanished without a word is noticed.
#pragma once

// After `after_s` seconds of silence one each `every_s`, until three are unanswered. Connections that a listener accepts have its
// options. 0 or -errno.
int keep_alive(int fd, int after_s, int every_s);
