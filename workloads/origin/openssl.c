// SPDX-License-Identifier: MIT
#include "workloads/origin/openssl.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

struct openssl openssl;

#define TEXT(number) #number
#define SONAME(version) "libssl.so." TEXT(version)

// A pointer to a function, from one to an object: as POSIX has dlsym.
static int look_up(void *library, const char *name, void *ret_function)
{
    void *symbol = dlsym(library, name);

    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL ? 0 : -ELIBACC;
}

int openssl_load(void)
{
    struct openssl loaded;
    void *library;
    int err = 0;

    if (openssl.SSL_new != NULL)
        return 0;
    // What it needs, libcrypto, is searched with it.
    library = dlopen(SONAME(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return -ELIBACC;
#define OPENSSL_LOOK_UP(name) \
    if (err == 0)             \
        err = look_up(library, #name, &loaded.name);
    OPENSSL_FUNCTIONS(OPENSSL_LOOK_UP)
#undef OPENSSL_LOOK_UP
    if (err == 0)
        openssl = loaded;
    else
        dlclose(library);
    return err;
}
