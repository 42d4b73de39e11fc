// SPDX-License-Identifier: MIT
#include "workloads/origin/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "workloads/origin/openssl.h"

#define DAY_S (24L * 60 * 60)
// From a day ago, for whoever measures on another machine with a clock of its own, until long after the longest run.
#define VALID_SINCE_S (-DAY_S)
#define VALID_FOR_S (365 * DAY_S)

// Of the names and addresses that it is for: as many as leave room for the rest of ORIGIN_CERTIFICATE.
#define NAMES_MOST 1024

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
};

static void add_name(char names[NAMES_MOST], const char *sort, const char *name)
{
    const size_t length = strlen(names);

    if (length + strlen(name) + sizeof ",DNS:" < NAMES_MOST)
        snprintf(names + length, NAMES_MOST - length, ",%s:%s", sort, name);
}

// A name, or an address: else it would be taken for something else.
static void add_host(char names[NAMES_MOST], const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        add_name(names, "IP", host);
    else if (host[0] != '\0' &&
             host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == '\0')
        add_name(names, "DNS", host);
}

static void add_interfaces(char names[NAMES_MOST])
{
    struct ifaddrs *all = NULL;
    char text[INET6_ADDRSTRLEN];

    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        const int family = one->ifa_addr != NULL ? one->ifa_addr->sa_family : AF_UNSPEC;
        const void *address = family == AF_INET ? (const void *)&((const struct sockaddr_in *)one->ifa_addr)->sin_addr
                                                : &((const struct sockaddr_in6 *)one->ifa_addr)->sin6_addr;

        if ((family == AF_INET || family == AF_INET6) && inet_ntop(family, address, text, sizeof text) != NULL)
            add_name(names, "IP", text);
    }
    freeifaddrs(all);
}

static void list_names(const char *host, char names[NAMES_MOST])
{
    char own[256] = "";

    snprintf(names, NAMES_MOST, "IP:127.0.0.1,IP:::1,DNS:localhost");
    if (host == NULL)
        return;
    add_host(names, host);
    if (gethostname(own, sizeof own - 1) == 0)
        add_host(names, own);
    add_interfaces(names);
}

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

static bool fill(X509 *certificate, EVP_PKEY *key, const char *host)
{
    static const unsigned char name[] = "ccbench origin";
    char names[NAMES_MOST];
    X509_NAME *subject = openssl.X509_get_subject_name(certificate);
    bool filled = openssl.X509_set_version(certificate, X509_VERSION_3) == 1 && number(certificate) &&
                  openssl.X509_gmtime_adj(openssl.X509_getm_notBefore(certificate), VALID_SINCE_S) != NULL &&
                  openssl.X509_gmtime_adj(openssl.X509_getm_notAfter(certificate), VALID_FOR_S) != NULL &&
                  openssl.X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
                  openssl.X509_set_issuer_name(certificate, subject) == 1 &&
                  openssl.X509_set_pubkey(certificate, key) == 1;

    list_names(host, names);
    for (size_t i = 0; filled && i < sizeof extensions / sizeof extensions[0]; i++)
        filled = add_extension(certificate, extensions[i].nid, extensions[i].value);
    filled = filled && add_extension(certificate, NID_subject_alt_name, names);
    return filled && openssl.X509_sign(certificate, key, openssl.EVP_sha256()) > 0;
}

int certificate_make(const char *host, X509 **ret_certificate, EVP_PKEY **ret_key)
{
    EVP_PKEY *key = openssl.EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = openssl.X509_new();

    if (key == NULL || certificate == NULL || !fill(certificate, key, host)) {
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
