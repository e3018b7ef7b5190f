// SPDX-License-Identifier: Apache-2.0
// One file holds the key with its certificates, so that they cannot be of different authorities
// whenever a process is killed; the file that clients read is made from it.
#include "proxy/net/authority.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"

#define DAY_US (24 * US_PER_HOUR)
#define RENEW_BEFORE_US (90 * DAY_US)
#define LEAF_AGE_US (30 * DAY_US)
// Beside the newest at most one older authority is kept: it was replaced before it expired.
#define MAX_CERTIFICATES 2
// A client decides which names it asks for: the oldest leaf makes room.
#define MAX_LEAVES 64

OWN_KIND(bio, BIO, BIO_free)

struct leaf {
    char host[HOST_MAX + 1];
    enum leaf_kind kind;
    X509 *certificate; // NULL: the place is free
    int64_t made_us;
};

struct authority {
    struct clock clock;
    char *key_path, *path;
    EVP_PKEY *key;
    X509 *certificates[MAX_CERTIFICATES]; // the newest first; NULL where there is none
    EVP_PKEY *stranger_key;               // of an authority that nobody trusts
    X509 *stranger;
    EVP_PKEY *leaf_key;
    struct leaf leaves[MAX_LEAVES];
    size_t next_leaf;
};

enum rc authority_usual_dir(char **out, struct diag *d)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    OWN_BUF struct buf path = {0};
    if (state != NULL && state[0] == '/') { // XDG: a relative path is invalid and ignored
        buf_addf(&path, "%s/meterprover", state);
    } else if (home != NULL && home[0] == '/') {
        buf_addf(&path, "%s/.local/state/meterprover", home);
    } else {
        return diag_fail(d, RC_MISSING,
                         "neither XDG_STATE_HOME nor HOME says where the certificate authority is "
                         "kept: name a directory");
    }
    *out = buf_take_text(&path);
    return RC_OK;
}

// The directory and those above it; nobody else may look into what is made here.
static enum rc make_dir(const char *dir, struct diag *d)
{
    OWN(text) char *path = x_strdup(dir);
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0700); // whether it is there shows below
            *at = '/';
        }
    }
    return mkdir(path, 0700) != 0 && errno != EEXIST ? disk_fail(d, dir, errno) : RC_OK;
}

static enum rc lock(int *fd, const char *dir, struct diag *d)
{
    OWN(text) char *path = disk_join(dir, "authority.lock");
    int got = 0;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0) {
        return disk_fail(d, path, errno);
    }
    do {
        got = flock(*fd, LOCK_EX);
    } while (got != 0 && errno == EINTR);
    if (got == 0) {
        return RC_OK;
    }
    (void)close(*fd);
    return disk_fail(d, path, errno);
}

static enum rc check_secret(const char *path, struct diag *d)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return disk_fail(d, path, errno);
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return diag_fail_at(d, RC_CONFLICT, path, (struct place){0},
                            "others than its owner can read or write this key, by which all that "
                            "trust it can be deceived: remove it, and a new one is made");
    }
    return RC_OK;
}

static enum rc parse(struct authority *a, struct span text, struct diag *d)
{
    OWN(bio) BIO *memory = BIO_new_mem_buf(text.at, (int)text.len);
    a->key = memory == NULL ? NULL : PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);
    for (size_t i = 0; a->key != NULL && i < MAX_CERTIFICATES; i++) {
        a->certificates[i] = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    }
    bool is_ours = a->key != NULL && a->certificates[0] != NULL &&
                   X509_check_private_key(a->certificates[0], a->key) == 1 &&
                   X509_check_ca(a->certificates[0]) == 1;
    ERR_clear_error(); // also after success: the end of the text is an error to OpenSSL
    return is_ours ? RC_OK
                   : diag_fail_at(d, RC_SYNTAX, a->key_path, (struct place){0},
                                  "this is no key with its certificate: remove it, and a new "
                                  "authority is made");
}

static bool add_certificates(const struct authority *a, BIO *memory)
{
    for (size_t i = 0; i < MAX_CERTIFICATES; i++) {
        X509 *c = a->certificates[i];
        if (c != NULL && PEM_write_bio_X509(memory, c) != 1) {
            return false;
        }
    }
    return true;
}

static struct span bio_span(BIO *memory)
{
    char *data = NULL;
    long len = BIO_get_mem_data(memory, &data);
    return (struct span){.at = data, .len = len > 0 ? (size_t)len : 0};
}

static enum rc store_key(const struct authority *a, struct diag *d)
{
    OWN(bio) BIO *memory = BIO_new(BIO_s_mem());
    if (memory == NULL ||
        PEM_write_bio_PrivateKey(memory, a->key, NULL, NULL, 0, NULL, NULL) != 1 ||
        !add_certificates(a, memory)) {
        return certificate_fail(d, "cannot write the authority's key");
    }
    return disk_replace(a->key_path, bio_span(memory), d);
}

// Clients may run as other users, so this one anybody may read.
static enum rc publish(const struct authority *a, struct diag *d)
{
    OWN(bio) BIO *memory = BIO_new(BIO_s_mem());
    OWN_BUF struct buf old = {0};
    if (memory == NULL || !add_certificates(a, memory)) {
        return certificate_fail(d, "cannot write the authority's certificate");
    }
    bool is_there = disk_exists(a->path) && disk_read(&old, a->path, NULL) == RC_OK;
    enum rc rc = is_there && span_equal(buf_span(&old), bio_span(memory))
                     ? RC_OK
                     : disk_replace(a->path, bio_span(memory), d);
    if (rc == RC_OK && chmod(a->path, 0644) != 0) {
        rc = disk_fail(d, a->path, errno);
    }
    return rc;
}

// A fresh key and certificate; what was there stays behind it while it is good.
static enum rc renew(struct authority *a, int64_t now_us, struct diag *d)
{
    EVP_PKEY_free(a->key);
    a->key = NULL;
    X509_free(a->certificates[1]);
    a->certificates[1] = NULL;
    if (a->certificates[0] != NULL && certificate_left_us(a->certificates[0], now_us) > 0) {
        a->certificates[1] = a->certificates[0];
    } else {
        X509_free(a->certificates[0]);
    }
    a->certificates[0] = NULL;
    enum rc rc = certificate_key_new(&a->key, d);
    if (rc == RC_OK) {
        rc = certificate_authority_new(&a->certificates[0], a->key, now_us, d);
    }
    return rc == RC_OK ? store_key(a, d) : rc;
}

static enum rc load(struct authority *a, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    int64_t now_us = clock_wall_us(&a->clock);
    enum rc rc = RC_OK;
    if (disk_exists(a->key_path)) {
        rc = check_secret(a->key_path, d);
        rc = rc == RC_OK ? disk_read(&text, a->key_path, d) : rc;
        rc = rc == RC_OK ? parse(a, buf_span(&text), d) : rc;
        OPENSSL_cleanse(text.data, text.len);
    }
    bool is_old = a->certificates[0] == NULL ||
                  certificate_left_us(a->certificates[0], now_us) < RENEW_BEFORE_US;
    if (rc == RC_OK && is_old) {
        rc = renew(a, now_us, d);
    }
    return rc == RC_OK ? publish(a, d) : rc;
}

static enum rc make_servers_keys(struct authority *a, struct diag *d)
{
    enum rc rc = certificate_key_new(&a->leaf_key, d);
    if (rc == RC_OK) {
        rc = certificate_key_new(&a->stranger_key, d);
    }
    if (rc == RC_OK) {
        rc = certificate_authority_new(&a->stranger, a->stranger_key, clock_wall_us(&a->clock), d);
    }
    return rc;
}

enum rc authority_open(struct authority **out, const char *dir, const struct clock *clock,
                       struct diag *d)
{
    int fd = -1;
    enum rc rc = make_dir(dir, d);
    rc = rc == RC_OK ? lock(&fd, dir, d) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    char whole[PATH_MAX]; // clients are told it, wherever they run
    const char *place = realpath(dir, whole) == NULL ? dir : whole;
    struct authority *a = x_alloc(sizeof *a);
    *a = (struct authority){.clock = *clock,
                            .key_path = disk_join(place, "authority-key.pem"),
                            .path = disk_join(place, "authority.pem")};
    rc = load(a, d);
    (void)close(fd); // gives the lock up
    rc = rc == RC_OK ? make_servers_keys(a, d) : rc;
    if (rc != RC_OK) {
        authority_free(&a);
        return rc;
    }
    *out = a;
    return RC_OK;
}

void authority_free(struct authority **slot)
{
    struct authority *a = *slot;
    if (a == NULL) {
        return;
    }
    for (size_t i = 0; i < MAX_LEAVES; i++) {
        X509_free(a->leaves[i].certificate);
    }
    for (size_t i = 0; i < MAX_CERTIFICATES; i++) {
        X509_free(a->certificates[i]);
    }
    X509_free(a->stranger);
    EVP_PKEY_free(a->key);
    EVP_PKEY_free(a->stranger_key);
    EVP_PKEY_free(a->leaf_key);
    x_free(a->key_path);
    x_free(a->path);
    x_free(a);
    *slot = NULL;
}

const char *authority_path(const struct authority *a)
{
    return a->path;
}

EVP_PKEY *authority_leaf_key(const struct authority *a)
{
    return a->leaf_key;
}

static struct leaf *find_leaf(struct authority *a, const char *host, enum leaf_kind kind)
{
    for (size_t i = 0; i < MAX_LEAVES; i++) {
        struct leaf *l = &a->leaves[i];
        if (l->certificate != NULL && l->kind == kind && strcmp(l->host, host) == 0) {
            return l;
        }
    }
    struct leaf *free_one = &a->leaves[a->next_leaf];
    a->next_leaf = (a->next_leaf + 1) % MAX_LEAVES;
    X509_free(free_one->certificate);
    *free_one = (struct leaf){.kind = kind};
    (void)memcpy(free_one->host, host, strlen(host)); // certificate_covers: it fits
    return free_one;
}

X509 *authority_leaf(struct authority *a, const char *host, enum leaf_kind kind)
{
    int64_t now_us = clock_wall_us(&a->clock);
    struct leaf *l = find_leaf(a, certificate_covers(host) ? host : "", kind);
    if (l->certificate != NULL && now_us - l->made_us < LEAF_AGE_US) {
        return l->certificate;
    }
    bool by_stranger = kind == LEAF_UNTRUSTED;
    X509 *fresh = NULL;
    enum rc rc = certificate_leaf_new(&fresh, a->leaf_key, l->host, kind,
                                      by_stranger ? a->stranger : a->certificates[0],
                                      by_stranger ? a->stranger_key : a->key, now_us, NULL);
    if (rc == RC_OK) {
        X509_free(l->certificate);
        l->certificate = fresh;
        l->made_us = now_us;
    }
    return l->certificate;
}
