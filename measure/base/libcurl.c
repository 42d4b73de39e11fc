// SPDX-License-Identifier: MIT
#include "measure/base/libcurl.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/needed.h"

struct libcurl libcurl;

static void *loaded_library;

// The first is what the compiler saw; Debian's other flavour has the same interface.
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

// GnuTLS, which OpenSSL's flavour has by way of librtmp and libldap, reads its tables of ASN.1 when it is mapped unless this is
// said. The other flavour initialises it itself.
#define GNUTLS_LATER "GNUTLS_NO_IMPLICIT_INIT"

static void *open_any(void)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *library;

        needed_load(names[i]);
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library != NULL)
            return library;
    }
    return NULL;
}

static void *open_library(void)
{
    bool said = getenv(GNUTLS_LATER) != NULL;
    void *library;

    if (!said)
        setenv(GNUTLS_LATER, "1", 1);
    library = open_any();
    if (!said)
        unsetenv(GNUTLS_LATER);
    return library;
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
    loaded_library = library;
    return err;
}

// OPENSSL_INIT_NO_LOAD_CONFIG, _NO_LOAD_CRYPTO_STRINGS and _NO_ATEXIT of openssl/crypto.h, which need not be here to build.
#define OPENSSL_LITTLE (UINT64_C(0x80) | UINT64_C(0x01) | UINT64_C(0x80000))

// Whatever it is asked for, libcurl since 7.57 initialises OpenSSL, which reads openssl.cnf and lists the texts of its errors, and
// frees all that at the end of the process. What is called first decides: see OPENSSL_init_crypto(3).
static void keep_openssl_little(void)
{
    int (*init_crypto)(uint64_t, const void *);

    if (look_up(loaded_library, "OPENSSL_init_crypto", &init_crypto) == 0)
        init_crypto(OPENSSL_LITTLE, NULL);
}

CURLcode libcurl_init(bool tls)
{
    if (!tls)
        keep_openssl_little();
    return libcurl.global_init(tls ? CURL_GLOBAL_ALL : CURL_GLOBAL_NOTHING);
}

const char *libcurl_version(void)
{
    return libcurl.version_info != NULL ? libcurl.version_info(CURLVERSION_NOW)->version : LIBCURL_VERSION;
}
