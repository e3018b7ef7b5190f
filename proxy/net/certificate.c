// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/certificate.h"

#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "proxy/base/buf.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"

#define DAY_US (24 * US_PER_HOUR)
#define AUTHORITY_LIFE_US (365 * DAY_US)
#define LEAF_LIFE_US (90 * DAY_US)
// A client whose clock is behind must not find a certificate that is not valid yet.
#define HEAD_START_US (2 * DAY_US)
#define SERIAL_BITS 127
#define MAX_COMMON_NAME 64 // RFC 5280, ub-common-name

// The suffixes of the service's endpoint rules in those partitions that the public can use, and
// this machine.
static const char *const SUFFIXES[] = {
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "localhost",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
};
#define SUFFIX_COUNT (sizeof SUFFIXES / sizeof SUFFIXES[0])

#define LOOPBACK "DNS:localhost,IP:127.0.0.1,IP:::1"
#define OTHER_HOST "another-host.amazonaws.com"

OWN_KIND(x509, X509, X509_free)

enum rc certificate_fail(struct diag *d, const char *what)
{
    char why[160];
    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    ERR_clear_error();
    return diag_fail(d, RC_INTERNAL, "%s: %s", what, why);
}

enum rc certificate_key_new(EVP_PKEY **out, struct diag *d)
{
    *out = EVP_EC_gen("P-256");
    return *out == NULL ? certificate_fail(d, "cannot make a key") : RC_OK;
}

static bool set_serial(X509 *c)
{
    BIGNUM *number = BN_new();
    bool done = number != NULL &&
                BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(c)) != NULL;
    BN_free(number);
    return done;
}

static bool set_life(X509 *c, int64_t from_us, int64_t to_us)
{
    return ASN1_TIME_set(X509_getm_notBefore(c), (time_t)(from_us / US_PER_S)) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(c), (time_t)(to_us / US_PER_S)) != NULL;
}

static bool set_name(X509 *c, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(c);
    bool done = X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
                                           (const unsigned char *)"Meterprover", -1, -1, 0) == 1;
    return done && (strlen(name) > MAX_COMMON_NAME ||
                    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                               (const unsigned char *)name, -1, -1, 0) == 1);
}

static bool add_extension(X509 *c, X509 *issuer, int id, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, c, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
    bool done = extension != NULL && X509_add_ext(c, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

struct extension {
    int id;
    const char *value;
};

static bool add_extensions(X509 *c, X509 *issuer, const struct extension *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!add_extension(c, issuer, list[i].id, list[i].value)) {
            return false;
        }
    }
    return true;
}

static X509 *begin(EVP_PKEY *key, const char *name, int64_t from_us, int64_t to_us)
{
    X509 *c = X509_new();
    bool done = c != NULL && X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) &&
                set_life(c, from_us, to_us) && set_name(c, name) && X509_set_pubkey(c, key) == 1;
    if (!done) {
        X509_free(c);
        return NULL;
    }
    return c;
}

// RFC 5280 4.2.1.10: a name is permitted with everything below it.
static void constraints(struct buf *out)
{
    buf_add_text(out, "critical,permitted;IP:127.0.0.0/255.0.0.0,"
                      "permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        buf_addf(out, ",permitted;DNS:%s", SUFFIXES[i]);
    }
    buf_add_char(out, '\0');
}

// Each authority has a name of its own: beside one that it replaces, a client must not mistake it.
static void authority_name(char *out, size_t size, int64_t now_us)
{
    time_t now = (time_t)(now_us / US_PER_S);
    struct tm day;
    (void)strftime(out, size, "Meterprover authority %Y-%m-%d %H:%M:%S", gmtime_r(&now, &day));
}

enum rc certificate_authority_new(X509 **out, EVP_PKEY *key, int64_t now_us, struct diag *d)
{
    OWN_BUF struct buf permitted = {0};
    constraints(&permitted);
    char name[MAX_COMMON_NAME];
    authority_name(name, sizeof name, now_us);
    const struct extension list[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_name_constraints, permitted.data},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
    };
    OWN(x509) X509 *c = begin(key, name, now_us - HEAD_START_US, now_us + AUTHORITY_LIFE_US);
    if (c == NULL || X509_set_issuer_name(c, X509_get_subject_name(c)) != 1 ||
        !add_extensions(c, c, list, sizeof list / sizeof list[0]) ||
        X509_sign(c, key, EVP_sha256()) == 0) {
        return certificate_fail(d, "cannot make a certificate for the authority");
    }
    *out = own_take_x509(&c);
    return RC_OK;
}

static void names(struct buf *out, const char *host, enum leaf_kind kind)
{
    if (kind == LEAF_WRONG_HOST) {
        buf_add_text(out, "DNS:" OTHER_HOST);
    } else if (*host != '\0' && strcmp(host, "localhost") != 0) {
        buf_addf(out, "DNS:%s,%s", host, LOOPBACK);
    } else {
        buf_add_text(out, LOOPBACK);
    }
    buf_add_char(out, '\0');
}

enum rc certificate_leaf_new(X509 **out, EVP_PKEY *key, const char *host, enum leaf_kind kind,
                             X509 *issuer, EVP_PKEY *issuer_key, int64_t now_us, struct diag *d)
{
    OWN_BUF struct buf alternatives = {0};
    names(&alternatives, host, kind);
    const struct extension list[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_alt_name, alternatives.data},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
    };
    const char *name = kind == LEAF_WRONG_HOST ? OTHER_HOST : *host == '\0' ? "localhost" : host;
    int64_t end_us = now_us + (kind == LEAF_EXPIRED ? -DAY_US : LEAF_LIFE_US);
    int64_t begin_us = now_us - (kind == LEAF_EXPIRED ? LEAF_LIFE_US : HEAD_START_US);
    OWN(x509) X509 *c = begin(key, name, begin_us, end_us);
    if (c == NULL || X509_set_issuer_name(c, X509_get_subject_name(issuer)) != 1 ||
        !add_extensions(c, issuer, list, sizeof list / sizeof list[0]) ||
        X509_sign(c, issuer_key, EVP_sha256()) == 0) {
        return certificate_fail(d, "cannot make a server's certificate");
    }
    *out = own_take_x509(&c);
    return RC_OK;
}

static bool is_name(const char *host)
{
    size_t len = strlen(host);
    return len > 0 && len <= HOST_MAX && host[0] != '.' && strstr(host, "..") == NULL &&
           strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") == len;
}

bool certificate_covers(const char *host)
{
    if (!is_name(host)) {
        return false;
    }
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        size_t len = strlen(host);
        size_t suffix = strlen(SUFFIXES[i]);
        bool ends = len >= suffix && strcmp(host + len - suffix, SUFFIXES[i]) == 0;
        if (ends && (len == suffix || host[len - suffix - 1] == '.')) {
            return true;
        }
    }
    return false;
}

int64_t certificate_left_us(const X509 *certificate, int64_t now_us)
{
    struct tm end;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
        ERR_clear_error();
        return INT64_MIN;
    }
    return (int64_t)timegm(&end) * US_PER_S - now_us;
}
