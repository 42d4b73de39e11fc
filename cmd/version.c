// SPDX-License-Identifier: MIT
// ccbench version: what this program is, how it was built, and by which libraries it works.
#include "version.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <utf8proc.h>
#ifdef CCBENCH_HAVE_UV
#include <uv.h>
#endif

#include "cmd/commands.h"
#include "cmd/trial/burden.h"
#include "measure/base/libcurl.h"
#include "measure/base/utf8.h"

void version_print(void)
{
    printf("ccbench %s (%s%s%s%s, %s %s)\n", CCBENCH_VERSION, CCBENCH_BUILD_TYPE,
           CCBENCH_SANITIZER[0] != '\0' ? ", " : "", CCBENCH_SANITIZER, burden_built ? ", burden" : "",
           CCBENCH_COMPILER, CCBENCH_FLAGS);
#ifdef CCBENCH_HAVE_UV
    printf("libuv %s\n", uv_version_string());
#else
    printf("libuv: not found when built\n");
#endif
#ifdef CCBENCH_HAVE_CURL
    // Not loaded for this: with its thirty libraries it takes longer than all else here. A report tells which it was.
    printf("libcurl: loaded where tasks fetch; built for %s\n", LIBCURL_VERSION);
#else
    printf("libcurl: not found when built\n");
#endif
    printf("cJSON %s\nutf8proc %s\ngreen threads switch by %s\n", cJSON_Version(), utf8proc_version(),
           CCBENCH_BOOST_CONTEXT);
}

static int command_main(int argc, char **argv)
{
    if (argc > 1)
        return complain("version takes no '%.*s', expected nothing behind it", UTF8_CLIPPED(argv[1], 60));
    version_print();
    return EXIT_DONE;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "Says which ccbench this is, how it was built, and its libraries.",
    .main = command_main,
};
