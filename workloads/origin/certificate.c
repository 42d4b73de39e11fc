// SPDX-License-Identifier: MIT
#include "workloads/origin/certificate.h"

#include <errno.h>
#include <string.h>

#include "workloads/origin/openssl.h"

#define DAY_S (24L * 60 * 60)
// From a day ago, for whoever measures on another machine with a clock of its own, until long after the longest run.
#define VALID_SINCE_S (-DAY_S)
#define VALID_FOR_S (365 * DAY_S)

// What strict clients ask of a certificate that is its own authority (RFC 5280, section 4.2).
static const struct {
    int nid;
    const char *value;
} extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,digitalSignature,keyCertSign"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid:always"},
    {NID_subject_alt_name, "IP:127.0.0.1,IP:::1,DNS:localhost"},
};

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context = {0};
    X509_EXTENSION *extension;
    bool added;

    openssl.X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = openssl.X509V3_EXT_conf_nid(NULL, &context, nid, value);
    added = extension != NULL && openssl.X509_add_ext(certificate, extension, -1) == 1;
    openssl.X509_EXTENSION_free(extension);
    return added;
}

// No two certificates of the same name may have the same number: clients remember them.
static bool number(X509 *certificate)
{
    uint64_t serial = 0;

    return openssl.RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
           openssl.ASN1_INTEGER_set_uint64(openssl.X509_get_serialNumber(certificate), serial >> 1) == 1;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    static const unsigned char name[] = "ccbench origin";
    X509_NAME *subject = openssl.X509_get_subject_name(certificate);
    bool filled = openssl.X509_set_version(certificate, X509_VERSION_3) == 1 && number(certificate) &&
                  openssl.X509_gmtime_adj(openssl.X509_getm_notBefore(certificate), VALID_SINCE_S) != NULL &&
                  openssl.X509_gmtime_adj(openssl.X509_getm_notAfter(certificate), VALID_FOR_S) != NULL &&
                  openssl.X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
                  openssl.X509_set_issuer_name(certificate, subject) == 1 &&
                  openssl.X509_set_pubkey(certificate, key) == 1;

    for (size_t i = 0; filled && i < sizeof extensions / sizeof extensions[0]; i++)
        filled = add_extension(certificate, extensions[i].nid, extensions[i].value);
    return filled && openssl.X509_sign(certificate, key, openssl.EVP_sha256()) > 0;
}

int certificate_make(X509 **ret_certificate, EVP_PKEY **ret_key)
{
    EVP_PKEY *key = openssl.EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = openssl.X509_new();

    if (key == NULL || certificate == NULL || !fill(certificate, key)) {
        openssl.X509_free(certificate);
        openssl.EVP_PKEY_free(key);
        return -ENOMEM;
    }
    *ret_certificate = certificate;
    *ret_key = key;
    return 0;
}

char *certificate_pem(X509 *certificate)
{
    BIO *memory = openssl.BIO_new(openssl.BIO_s_mem());
    char *text = NULL, *copy = NULL;
    long length;

    if (memory != NULL && openssl.PEM_write_bio_X509(memory, certificate) == 1) {
        length = openssl.BIO_ctrl(memory, BIO_CTRL_INFO, 0, &text);
        copy = strndup(text, (size_t)length);
    }
    openssl.BIO_free(memory);
    return copy;
}
