// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/service_tests.h"

#include <stdio.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/service/ledger.h"

#define HOUR_US (INT64_C(1794996000) * US_PER_S) // 2026-11-18T10:00:00Z

static struct ledger_key sample(void)
{
    return (struct ledger_key){
        .region = SPAN("us-east-1"),
        .product = SPAN("widget"),
        .payer = SPAN("customer:acme"),
        .dimension = SPAN("requests"),
        .hour_us = HOUR_US,
    };
}

// Every part of the key tells entries apart, and moving a byte from one part to the next does too.
static void keys(void)
{
    struct ledger *l = ledger_new();
    struct ledger_key key = sample();
    CHECK(ledger_find(l, &key) == NULL);
    const struct ledger_entry *entry = ledger_add(l, &key, 7, HOUR_US + US_PER_S, "r-1");
    CHECK(ledger_find(l, &key) == entry);
    struct ledger_key others[6] = {sample(), sample(), sample(), sample(), sample(), sample()};
    others[0].region = SPAN("eu-west-1");
    others[1].product = SPAN("gadget");
    others[2].payer = SPAN("license:acme");
    others[3].dimension = SPAN("Requests");
    others[4].hour_us += US_PER_HOUR;
    others[5].product = SPAN("widge");
    others[5].payer = SPAN("tcustomer:acme");
    for (size_t i = 0; i < 6; i++) {
        CHECK(ledger_find(l, &others[i]) == NULL);
    }
    CHECK_INT(entry->quantity, 7);
    CHECK_INT(entry->committed_us, HOUR_US + US_PER_S);
    CHECK_TEXT(entry->record_id, "r-1");
    CHECK(entry->allocations == NULL && !entry->preloaded);
    ledger_free(&l);
    CHECK(l == NULL);
    ledger_free(&l);
}

static void owns_its_texts(void)
{
    struct ledger *l = ledger_new();
    char payer[] = "customer:acme";
    struct ledger_key key = sample();
    key.payer = span_of(payer);
    const struct ledger_entry *entry = ledger_add(l, &key, 1, 0, "r");
    payer[0] = 'X';
    CHECK(span_is(entry->key.payer, "customer:acme"));
    struct ledger_key again = sample();
    CHECK(ledger_find(l, &again) == entry);
    ledger_set_allocations(l, entry, "digest");
    ledger_set_preloaded(l, entry);
    CHECK_TEXT(entry->allocations, "digest");
    CHECK(entry->preloaded);
    ledger_free(&l);
}

// Borrowed entries stay where they are while the ledger grows past several blocks and tables.
static void grows(void)
{
    struct ledger *l = ledger_new();
    struct ledger_key key = sample();
    const struct ledger_entry *first = ledger_add(l, &key, 0, 0, "r-0");
    for (int i = 1; i < 2000; i++) {
        char id[40];
        (void)snprintf(id, sizeof id, "r-%d", i);
        key.hour_us = HOUR_US + i * US_PER_HOUR;
        (void)ledger_add(l, &key, i, 0, id);
    }
    CHECK_INT(ledger_count(l), 2000);
    CHECK(ledger_at(l, 0) == first && first->key.hour_us == HOUR_US);
    int found = 0;
    for (int i = 0; i < 2000; i++) {
        key.hour_us = HOUR_US + i * US_PER_HOUR;
        const struct ledger_entry *entry = ledger_find(l, &key);
        found += entry != NULL && entry->quantity == i && entry == ledger_at(l, (size_t)i);
    }
    CHECK_INT(found, 2000);
    ledger_free(&l);
}

static void renders(void)
{
    struct ledger *l = ledger_new();
    OWN_BUF struct buf empty = {0};
    ledger_render(l, &empty);
    CHECK(span_is(buf_span(&empty), "{\"entries\":[]}"));
    struct ledger_key key = sample();
    (void)ledger_add(l, &key, 7, HOUR_US + 123 * US_PER_MS, "r-1");
    key.dimension = SPAN("a\"b");
    ledger_set_preloaded(l, ledger_add(l, &key, 2147483647, HOUR_US, "r-2"));
    OWN_BUF struct buf out = {0};
    ledger_render(l, &out);
    OWN(text) char *text = buf_take_text(&out);
    CHECK_TEXT(text, "{\"entries\":[{\"region\":\"us-east-1\",\"product\":\"widget\","
                     "\"payer\":\"customer:acme\",\"dimension\":\"requests\","
                     "\"hour\":\"2026-11-18T10:00:00Z\",\"quantity\":7,\"record\":\"r-1\","
                     "\"committed\":\"2026-11-18T10:00:00.123Z\"},"
                     "{\"region\":\"us-east-1\",\"product\":\"widget\",\"payer\":\"customer:acme\","
                     "\"dimension\":\"a\\\"b\",\"hour\":\"2026-11-18T10:00:00Z\","
                     "\"quantity\":2147483647,\"record\":\"r-2\","
                     "\"committed\":\"2026-11-18T10:00:00.000Z\",\"preloaded\":true}]}");
    ledger_free(&l);
}

static void fractions(void)
{
    static const struct {
        int64_t micros;
        const char *text;
    } ROWS[] = {{250000, "\"quantity\":7.25,"},
                {1, "\"quantity\":7.000001,"},
                {900000, "\"quantity\":7.9,"},
                {0, "\"quantity\":7,"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct ledger *l = ledger_new();
        struct ledger_key key = sample();
        ledger_set_fraction(l, ledger_add(l, &key, 7, 0, "r"), ROWS[i].micros);
        OWN_BUF struct buf out = {0};
        ledger_render(l, &out);
        unit_row(ROWS[i].text);
        CHECK(span_has(buf_span(&out), span_of(ROWS[i].text)));
        ledger_free(&l);
    }
    unit_row(NULL);
}

const struct unit_test LEDGER_TESTS[] = {
    {"every part of the key counts", keys},
    {"texts are its own", owns_its_texts},
    {"grows and keeps entries in place", grows},
    {"renders", renders},
    {"renders fractions", fractions},
    {NULL, NULL},
};
