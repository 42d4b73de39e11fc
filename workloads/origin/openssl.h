// SPDX-License-Identifier: MIT
// OpenSSL, loaded only by an origin that speaks TLS: linked, its 5 MB would be mapped and relocated at the start of each
// trial.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define OPENSSL_FUNCTIONS(X)      \
    X(ASN1_INTEGER_set_uint64)    \
    X(BIO_ctrl)                   \
    X(BIO_free)                   \
    X(BIO_new)                    \
    X(BIO_read)                   \
    X(BIO_s_mem)                  \
    X(BIO_write)                  \
    X(ERR_clear_error)            \
    X(EVP_PKEY_Q_keygen)          \
    X(EVP_PKEY_free)              \
    X(EVP_sha256)                 \
    X(PEM_write_bio_X509)         \
    X(RAND_bytes)                 \
    X(SSL_CTX_ctrl)               \
    X(SSL_CTX_free)               \
    X(SSL_CTX_new)                \
    X(SSL_CTX_set_options)        \
    X(SSL_CTX_use_PrivateKey)     \
    X(SSL_CTX_use_certificate)    \
    X(SSL_free)                   \
    X(SSL_get_error)              \
    X(SSL_is_init_finished)       \
    X(SSL_new)                    \
    X(SSL_read)                   \
    X(SSL_session_reused)         \
    X(SSL_set_accept_state)       \
    X(SSL_set_bio)                \
    X(SSL_shutdown)               \
    X(SSL_write)                  \
    X(TLS_server_method)          \
    X(X509V3_EXT_conf_nid)        \
    X(X509V3_set_ctx)             \
    X(X509_EXTENSION_free)        \
    X(X509_NAME_add_entry_by_txt) \
    X(X509_add_ext)               \
    X(X509_free)                  \
    X(X509_get_serialNumber)      \
    X(X509_get_subject_name)      \
    X(X509_getm_notAfter)         \
    X(X509_getm_notBefore)        \
    X(X509_gmtime_adj)            \
    X(X509_new)                   \
    X(X509_set_issuer_name)       \
    X(X509_set_pubkey)            \
    X(X509_set_version)           \
    X(X509_sign)

// Called as openssl.SSL_new(); valid once openssl_load() has returned 0.
struct openssl {
#define OPENSSL_MEMBER(name) __typeof__(name) *(name);
    OPENSSL_FUNCTIONS(OPENSSL_MEMBER)
#undef OPENSSL_MEMBER
};
extern struct openssl openssl;

// Maps the library; again is nothing. To be called while there is one thread. 0, or -ELIBACC where it is not there or
// lacks a function.
int openssl_load(void);
