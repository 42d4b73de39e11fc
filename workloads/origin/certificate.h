// SPDX-License-Identifier: MIT
// The key and the certificate of one origin: made in memory when it starts, trusted by nobody who was not given it, gone
// with it.
#pragma once

#include <openssl/types.h>
#include <stdbool.h>

// For 127.0.0.1, ::1 and localhost, and where `host` is not NULL for that name, this machine's, and its addresses, signed by itself: EC P-256, as most servers of today have. The caller frees both by
// X509_free and EVP_PKEY_free. OpenSSL must have been loaded. 0 or -ENOMEM.
int certificate_make(const char *host, X509 **ret_certificate, EVP_PKEY **ret_key);

// As PEM, to be freed with free(); NULL: out of memory.
char *certificate_pem(X509 *certificate);
