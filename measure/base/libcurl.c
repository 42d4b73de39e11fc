// SPDX-License-Identifier: MIT
#include "measure/base/libcurl.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

struct libcurl libcurl;

// The first is what the compiler saw; Debian's other flavour has the same interface.
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static void *open_library(void)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);

        if (library != NULL)
            return library;
    }
    return NULL;
}

// A pointer to a function, from one to an object: as POSIX has dlsym.
static int look_up(void *library, const char *name, void *ret_function)
{
    void *symbol = dlsym(library, name);

    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL ? 0 : -ENOENT;
}

int libcurl_load(const char **ret_why)
{
    struct libcurl loaded;
    void *library;
    int err = 0;

    if (libcurl.global_init != NULL)
        return 0;
    library = open_library();
    if (library == NULL)
        err = -ENOENT;
#define LIBCURL_LOOK_UP(name) \
    if (err == 0)             \
        err = look_up(library, "curl_" #name, &loaded.name);
    LIBCURL_FUNCTIONS(LIBCURL_LOOK_UP)
#undef LIBCURL_LOOK_UP
    if (err == 0)
        libcurl = loaded;
    else if (ret_why != NULL)
        *ret_why = dlerror();
    return err;
}

const char *libcurl_version(void)
{
    return libcurl.version_info != NULL ? libcurl.version_info(CURLVERSION_NOW)->version : LIBCURL_VERSION;
}
