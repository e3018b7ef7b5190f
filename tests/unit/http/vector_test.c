// SPDX-License-Identifier: Apache-2.0
// Every vectors/*.http is fed whole, byte by byte and cut at every point, and must give the log
// that stands beside it in .expected. METERPROVER_REGENERATE=1 writes the logs instead.
#include "tests/unit/http/http_tests.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/unit/http/event_log.h"

#define LEAST_VECTORS 60

struct vector {
    const char *name; // with its ending
    const struct h1_setup *setup;
    struct buf bytes;
    struct buf log; // of feeding it whole
};

// The part of the name before the first "-" says how the parser is set up.
static const struct h1_setup *setup_for(const char *name)
{
    size_t n = strcspn(name, "-");
    for (const struct h1_setup *s = H1_SETUPS; s->name != NULL; s++) {
        if (span_equal((struct span){name, n}, span_of(s->name))) {
            return s;
        }
    }
    return NULL;
}

static int is_vector(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".http") == 0;
}

static bool read_vector(struct vector *v, const char *name)
{
    char path[512];
    *v = (struct vector){.name = name, .setup = setup_for(name)};
    (void)snprintf(path, sizeof path, TEST_DATA "/vectors/%s", name);
    return CHECK(v->setup != NULL) && CHECK_INT(file_read(&v->bytes, path, NULL), RC_OK);
}

// Feeds it with a cut before byte `cut` (0: none), or after every byte.
static void run_vector(const struct vector *v, size_t cut, bool bytewise, struct buf *text)
{
    struct event_log log;
    struct span rest = buf_span(&v->bytes);
    event_log_init(&log, v->setup);
    for (size_t i = 0; bytewise && i < rest.len; i++) {
        event_log_feed(&log, span_slice(rest, i, i + 1));
    }
    if (!bytewise) {
        event_log_feed(&log, span_slice(rest, 0, cut));
        event_log_feed(&log, span_slice(rest, cut, rest.len));
    }
    event_log_finish(&log);
    CHECK(log.is_sound);
    buf_reset(text);
    buf_add(text, buf_span(&log.text));
    event_log_clear(&log);
}

static void compare_feedings(struct vector *v)
{
    OWN_BUF struct buf other = {0};
    run_vector(v, 0, false, &v->log);
    run_vector(v, 0, true, &other);
    CHECK(span_equal(buf_span(&v->log), buf_span(&other)));
    for (size_t cut = 1; cut < v->bytes.len; cut++) {
        run_vector(v, cut, false, &other);
        if (!CHECK(span_equal(buf_span(&v->log), buf_span(&other)))) {
            return;
        }
    }
}

static void compare_expected(const struct vector *v)
{
    char path[512];
    int stem = (int)strlen(v->name) - (int)strlen(".http");
    (void)snprintf(path, sizeof path, TEST_DATA "/vectors/%.*s.expected", stem, v->name);
    if (getenv("METERPROVER_REGENERATE") != NULL) {
        OWN(file) FILE *file = fopen(path, "wb");
        CHECK(file != NULL && fwrite(v->log.data, 1, v->log.len, file) == v->log.len);
        return;
    }
    struct buf expected = {0};
    CHECK_INT(file_read(&expected, path, NULL), RC_OK);
    OWN(text) char *wanted = buf_take_text(&expected);
    struct buf log = {0};
    buf_add(&log, buf_span(&v->log));
    OWN(text) char *got = buf_take_text(&log);
    CHECK_TEXT(got, wanted);
}

typedef void vector_fn(struct vector *v, void *arg);

static void each_vector(vector_fn *fn, void *arg)
{
    struct dirent **entries = NULL;
    int count = scandir(TEST_DATA "/vectors", &entries, is_vector, alphasort);
    CHECK(count >= LEAST_VECTORS);
    for (int i = 0; i < count; i++) {
        struct vector v;
        unit_row(entries[i]->d_name);
        if (read_vector(&v, entries[i]->d_name)) {
            fn(&v, arg);
        }
        buf_clear(&v.bytes);
        buf_clear(&v.log);
        x_free(entries[i]); // malloced by scandir
    }
    x_free(entries);
    unit_row(NULL);
}

static void check_vector(struct vector *v, void *arg)
{
    (void)arg;
    compare_feedings(v);
    compare_expected(v);
}

static void vectors(void)
{
    each_vector(check_vector, NULL);
}

static const char *const FAULTS[] = {
#define H1_FAULT(id, status, text) #id,
#include "proxy/http/fault.def"
};
#define FAULT_COUNT (sizeof FAULTS / sizeof *FAULTS)

static void note_faults(struct vector *v, void *arg)
{
    bool *seen = arg;
    run_vector(v, 0, false, &v->log);
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        char word[64];
        int n = snprintf(word, sizeof word, " %s line ", FAULTS[i]);
        seen[i] = seen[i] || span_has(buf_span(&v->log), (struct span){word, (size_t)n});
    }
}

// A reason to refuse that no vector shows would be a check that cannot fail.
static void every_fault_is_shown(void)
{
    bool seen[FAULT_COUNT] = {false};
    each_vector(note_faults, seen);
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        unit_row(FAULTS[i]);
        CHECK_INT(seen[i], i != H1_FAULT_NONE);
    }
    unit_row(NULL);
}

const struct unit_test VECTOR_TESTS[] = {
    {"vectors", vectors}, {"every fault is shown", every_fault_is_shown}, {NULL, NULL}};
