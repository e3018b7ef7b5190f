// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/net/authority.h"
#include "tests/unit/evidence/scratch.h"
#include "tests/unit/net/net_tests.h"

#define DAY_US (24 * US_PER_HOUR)

static struct authority *open_good(const char *dir, const struct clock *clock)
{
    struct authority *a = NULL;
    struct diag d = {0};
    CHECK_INT(authority_open(&a, dir, clock, &d), RC_OK);
    CHECK_TEXT(d.text, "");
    return a;
}

static int mode_of(const char *dir, const char *name)
{
    struct stat st = {0};
    OWN(text) char *path = disk_join(dir, name);
    CHECK_INT(stat(path, &st), 0);
    return (int)(st.st_mode & 07777);
}

static size_t count_certificates(const char *dir)
{
    OWN_BUF struct buf text = scratch_get(dir, "authority.pem");
    CHECK(!span_has(buf_span(&text), SPAN("PRIVATE")));
    struct span rest = buf_span(&text);
    size_t count = 0;
    while (rest.at != NULL) {
        count += span_is(span_cut(&rest, '\n'), "-----BEGIN CERTIFICATE-----") ? 1 : 0;
    }
    return count;
}

// The directory need not be there, nor that in which it lies.
static void is_made_once(void)
{
    SCRATCH char *base = scratch_new();
    OWN(text) char *dir = disk_join(base, "state/meterprover");
    struct clock clock = clock_system();
    struct authority *a = open_good(dir, &clock);
    OWN(text) char *path = disk_join(dir, "authority.pem");
    CHECK_TEXT(authority_path(a), path);
    CHECK_INT(mode_of(dir, "authority-key.pem"), 0600);
    CHECK_INT(mode_of(dir, "authority.pem"), 0644);
    CHECK_INT(mode_of(base, "state/meterprover"), 0700);
    OWN_BUF struct buf first = scratch_get(dir, "authority-key.pem");
    authority_free(&a);
    scratch_remove(dir, "authority.pem"); // is made anew from the other
    a = open_good(dir, &clock);
    OWN_BUF struct buf second = scratch_get(dir, "authority-key.pem");
    CHECK(span_equal(buf_span(&first), buf_span(&second)));
    CHECK_INT(count_certificates(dir), 1);
    authority_free(&a);
}

// What this process would show must be signed by what stands in the file in the end.
static void put_leaf(const char *dir, struct authority *a)
{
    unsigned char *der = NULL;
    int len = i2d_X509(authority_leaf(a, "", LEAF_GOOD), &der);
    struct buf name = {0};
    buf_addf(&name, "leaf-%d", (int)getpid());
    OWN(text) char *file = buf_take_text(&name);
    scratch_put(dir, file, (struct span){.at = (char *)der, .len = (size_t)len});
    OPENSSL_free(der);
}

static void open_in_child(const char *dir, int go)
{
    char byte = 0;
    struct authority *a = NULL;
    struct clock clock = clock_system();
    bool began = read(go, &byte, 1) == 0; // until the parent closes its end
    bool good = began && authority_open(&a, dir, &clock, NULL) == RC_OK;
    if (good) {
        put_leaf(dir, a);
    }
    authority_free(&a);
    _exit(good ? 0 : 1);
}

static void check_signed(const char *dir, int pid)
{
    struct buf name = {0};
    buf_addf(&name, "leaf-%d", pid);
    OWN(text) char *file = buf_take_text(&name);
    OWN_BUF struct buf der = scratch_get(dir, file);
    OWN_BUF struct buf pem = scratch_get(dir, "authority.pem");
    const unsigned char *at = (const unsigned char *)der.data;
    X509 *leaf = d2i_X509(NULL, &at, (long)der.len);
    BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *authority = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    CHECK_INT(X509_verify(leaf, X509_get0_pubkey(authority)), 1);
    BIO_free(memory);
    X509_free(leaf);
    X509_free(authority);
}

// Eight processes at once: one makes it, and all have the same.
static void is_made_once_by_many(void)
{
    SCRATCH char *dir = scratch_new();
    pid_t children[8];
    int gate[2];
    CHECK_INT(pipe(gate), 0);
    for (size_t i = 0; i < 8; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            (void)close(gate[1]);
            open_in_child(dir, gate[0]);
        }
    }
    (void)close(gate[1]);
    (void)close(gate[0]);
    for (size_t i = 0; i < 8; i++) {
        int status = -1;
        CHECK_INT(waitpid(children[i], &status, 0), children[i]);
        CHECK_INT(status, 0);
        check_signed(dir, (int)children[i]);
    }
    CHECK_INT(count_certificates(dir), 1);
}

// Before it expires there is another, and clients that trust the file trust both.
static void is_renewed(void)
{
    SCRATCH char *dir = scratch_new();
    struct clock clock = clock_manual(&scratch_time);
    struct authority *old = open_good(dir, &clock);
    scratch_time.wall_us += 200 * DAY_US;
    struct authority *same = open_good(dir, &clock);
    CHECK_INT(count_certificates(dir), 1);
    authority_free(&same);
    scratch_time.wall_us += 100 * DAY_US;
    struct authority *fresh = open_good(dir, &clock);
    CHECK_INT(count_certificates(dir), 2);
    CHECK_INT(certificate_left_us(authority_leaf(fresh, "", LEAF_GOOD), scratch_time.wall_us) > 0,
              1);
    authority_free(&fresh);
    fresh = open_good(dir, &clock);
    CHECK_INT(count_certificates(dir), 2);
    authority_free(&fresh);
    scratch_time.wall_us += 1000 * DAY_US; // both have expired long since
    fresh = open_good(dir, &clock);
    CHECK_INT(count_certificates(dir), 1);
    authority_free(&fresh);
    authority_free(&old);
}

static void refuses(const char *dir, const char *sentence)
{
    struct authority *a = NULL;
    struct diag d = {0};
    struct clock clock = clock_system();
    CHECK(authority_open(&a, dir, &clock, &d) != RC_OK);
    CHECK(a == NULL);
    CHECK_TEXT(d.text, sentence);
    CHECK_INT(ERR_peek_error(), 0);
}

static void refuses_keys(void)
{
    static const char OPEN_KEY[] =
        "others than its owner can read or write this key, by which all "
        "that trust it can be deceived: remove it, and a new one is made";
    static const char NO_KEY[] =
        "this is no key with its certificate: remove it, and a new authority is made";
    SCRATCH char *dir = scratch_new();
    SCRATCH char *other = scratch_new();
    struct clock clock = clock_system();
    struct authority *a = open_good(dir, &clock);
    authority_free(&a);
    a = open_good(other, &clock);
    authority_free(&a);
    OWN(text) char *path = disk_join(dir, "authority-key.pem");
    OWN_BUF struct buf good = scratch_get(dir, "authority-key.pem");
    OWN_BUF struct buf wrong = scratch_get(other, "authority.pem");
    CHECK_INT(chmod(path, 0640), 0);
    refuses(dir, OPEN_KEY);
    CHECK_INT(chmod(path, 0600), 0);
    scratch_put_text(dir, "authority-key.pem", "");
    (void)chmod(path, 0600);
    refuses(dir, NO_KEY);
    // A key with somebody else's certificate.
    struct span text = buf_span(&good);
    size_t end = (size_t)(strstr(text.at, "-----BEGIN CERT") - text.at);
    OWN_BUF struct buf mixed = {0};
    buf_add(&mixed, span_slice(text, 0, end));
    buf_add(&mixed, buf_span(&wrong));
    scratch_put(dir, "authority-key.pem", buf_span(&mixed));
    (void)chmod(path, 0600);
    refuses(dir, NO_KEY);
    scratch_put(dir, "authority-key.pem", text);
    (void)chmod(path, 0600);
    a = open_good(dir, &clock);
    authority_free(&a);
}

static void caches_leaves(void)
{
    SCRATCH char *dir = scratch_new();
    struct clock clock = clock_manual(&scratch_time);
    struct authority *a = open_good(dir, &clock);
    X509 *first = authority_leaf(a, "localhost", LEAF_GOOD);
    CHECK(first == authority_leaf(a, "localhost", LEAF_GOOD));
    CHECK(first != authority_leaf(a, "a.amazonaws.com", LEAF_GOOD));
    CHECK(first != authority_leaf(a, "localhost", LEAF_EXPIRED));
    CHECK(authority_leaf(a, "", LEAF_GOOD) == authority_leaf(a, "example.com", LEAF_GOOD));
    CHECK(certificate_left_us(authority_leaf(a, "", LEAF_EXPIRED), scratch_time.wall_us) < 0);
    scratch_time.wall_us += 31 * DAY_US;
    int64_t left_us =
        certificate_left_us(authority_leaf(a, "localhost", LEAF_GOOD), scratch_time.wall_us);
    CHECK(left_us > 80 * DAY_US);
    for (int i = 0; i < 300; i++) { // more names than are kept
        struct buf name = {0};
        buf_addf(&name, "h%d.amazonaws.com", i);
        OWN(text) char *host = buf_take_text(&name);
        CHECK(authority_leaf(a, host, LEAF_GOOD) != NULL);
    }
    authority_free(&a);
}

static void covers(void)
{
    static const struct {
        const char *host;
        bool is_covered;
    } ROWS[] = {
        {"localhost", true},
        {"metering.marketplace.us-east-1.amazonaws.com", true},
        {"amazonaws.com", true},
        {"x.api.aws", true},
        {"x.amazonaws.com.cn", true},
        {"x.amazonaws.eu", true},
        {"", false},
        {".amazonaws.com", false},
        {"a..amazonaws.com", false},
        {"xamazonaws.com", false},
        {"api.aws.example", false},
        {"aws", false},
        {"A.amazonaws.com", false},
        {"a,DNS:b.amazonaws.com", false},
        {"a\n.amazonaws.com", false},
        {"127.0.0.1", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].host);
        CHECK_INT(certificate_covers(ROWS[i].host), ROWS[i].is_covered);
    }
    unit_row(NULL);
    char longest[HOST_MAX + 16];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + sizeof longest - 15, ".amazonaws.com", 15);
    CHECK(!certificate_covers(longest));
}

static void finds_its_place(void)
{
    char *dir = NULL;
    (void)setenv("XDG_STATE_HOME", "/state", 1);
    (void)setenv("HOME", "/home/me", 1);
    CHECK_INT(authority_usual_dir(&dir, NULL), RC_OK);
    CHECK_TEXT(dir, "/state/meterprover");
    x_free(dir);
    (void)setenv("XDG_STATE_HOME", "relative", 1);
    CHECK_INT(authority_usual_dir(&dir, NULL), RC_OK);
    CHECK_TEXT(dir, "/home/me/.local/state/meterprover");
    x_free(dir);
    (void)unsetenv("XDG_STATE_HOME");
    (void)unsetenv("HOME");
    CHECK_INT(authority_usual_dir(&dir, NULL), RC_MISSING);
}

const struct unit_test AUTHORITY_TESTS[] = {
    {"made once, for its owner", is_made_once},
    {"made once by many", is_made_once_by_many},
    {"renewed before it expires", is_renewed},
    {"a key that others can read, or none", refuses_keys},
    {"leaves", caches_leaves},
    {"which hosts", covers},
    {"the usual place", finds_its_place},
    {NULL, NULL},
};
