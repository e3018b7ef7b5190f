// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/instant.h"

// What becomes of single records: billed once, told apart, refused.

#define T "1794992400" // 2026-11-18T09:00:00Z
#define ID(name) "\"CustomerIdentifier\":\"id-" name "\""
#define RECORD(time, customer, dimension, rest)                                                    \
    "{\"Timestamp\":" time "," customer ",\"Dimension\":\"" dimension "\"" rest "}"
#define ACME(quantity) RECORD(T, ID("acme"), "req", ",\"Quantity\":" quantity)

static void check_outcome(const struct fixture *f, size_t i, const char *status, bool billed)
{
    if (!CHECK(i < f->reply.count)) {
        return;
    }
    CHECK_TEXT(f->reply.outcomes[i].status, status);
    CHECK_INT(f->reply.outcomes[i].billed, billed);
}

static void bills_once(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(&f, ACME("7")), AWS_ERROR_NONE);
    check_outcome(&f, 0, "Success", true);
    const struct ledger_entry *entry = f.reply.outcomes[0].entry;
    CHECK(entry == ledger_at(f.ledger, 0));
    CHECK_INT(entry->committed_us, START_US);
    char id[40];
    (void)snprintf(id, sizeof id, "%s", f.reply.outcomes[0].record_id);
    CHECK_INT(strlen(id), 36);

    f.now_us += US_PER_S;
    CHECK_INT(fixture_meter(&f, ACME("7")), AWS_ERROR_NONE);
    check_outcome(&f, 0, "Success", false);
    CHECK_TEXT(f.reply.outcomes[0].record_id, id);

    CHECK_INT(fixture_meter(&f, ACME("8")), AWS_ERROR_NONE);
    check_outcome(&f, 0, "DuplicateRecord", false);
    CHECK_TEXT(f.reply.outcomes[0].record_id, "");
    CHECK(f.reply.outcomes[0].entry == entry);
    CHECK_INT(entry->quantity, 7);
    CHECK_INT(ledger_count(f.ledger), 1);
    fixture_close(&f);
}

static void order_within_a_batch(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(&f, ACME("7") "," ACME("3") "," ACME("7")), AWS_ERROR_NONE);
    check_outcome(&f, 0, "Success", true);
    check_outcome(&f, 1, "DuplicateRecord", false);
    check_outcome(&f, 2, "Success", false);
    CHECK_TEXT(f.reply.outcomes[2].record_id, f.reply.outcomes[0].record_id);
    CHECK_INT(ledger_count(f.ledger), 1);
    fixture_close(&f);
}

struct pair_row {
    const char *name, *first, *second;
    const char *status; // of the second
    bool billed;
};

#define SHARE(quantity, key, value)                                                                \
    "{\"AllocatedUsageQuantity\":" quantity ",\"Tags\":[{\"Key\":\"" key "\",\"Value\":\"" value   \
    "\"}]}"
#define SHARED(allocations)                                                                        \
    RECORD(T, ID("acme"), "req", ",\"Quantity\":7,\"UsageAllocations\":[" allocations "]")
#define TWO_TAGS(a, b)                                                                             \
    "{\"AllocatedUsageQuantity\":7,\"Tags\":[{\"Key\":\"" a "\",\"Value\":\"v" a                   \
    "\"},{\"Key\":\"" b "\",\"Value\":\"v" b "\"}]}"

static const struct pair_row PAIRS[] = {
    {"another dimension", ACME("7"), RECORD(T, ID("acme"), "sto", ",\"Quantity\":7"), "Success",
     true},
    {"another customer", ACME("7"), RECORD(T, ID("globex"), "req", ",\"Quantity\":7"), "Success",
     true},
    {"another hour", ACME("7"), RECORD("1794996000", ID("acme"), "req", ",\"Quantity\":7"),
     "Success", true},
    {"the last second of the hour", ACME("7"),
     RECORD("1794995999", ID("acme"), "req", ",\"Quantity\":7"), "Success", false},
    {"the last second of the hour, another quantity", ACME("7"),
     RECORD("1794995999", ID("acme"), "req", ",\"Quantity\":6"), "DuplicateRecord", false},
    {"nothing, then nothing said", ACME("0"), RECORD(T, ID("acme"), "req", ""), "Success", false},
    {"nothing, then one", ACME("0"), ACME("1"), "DuplicateRecord", false},
    {"the account of the same buyer", ACME("7"),
     RECORD(T, "\"CustomerAWSAccountId\":\"111122223333\"", "req", ",\"Quantity\":7"), "Success",
     false},
    {"the licence of the same buyer", ACME("7"),
     RECORD(T, "\"CustomerAWSAccountId\":\"111122223333\",\"LicenseArn\":\"" ACME_LICENSE "\"",
            "req", ",\"Quantity\":7"),
     "Success", true},
    {"the same shares", SHARED(SHARE("7", "k", "v")), SHARED(SHARE("7", "k", "v")), "Success",
     false},
    {"shares in another order", SHARED(SHARE("3", "k", "v") "," SHARE("4", "k", "w")),
     SHARED(SHARE("4", "k", "w") "," SHARE("3", "k", "v")), "Success", false},
    {"tags in another order", SHARED(TWO_TAGS("a", "b")), SHARED(TWO_TAGS("b", "a")), "Success",
     false},
    {"another share", SHARED(SHARE("3", "k", "v") "," SHARE("4", "k", "w")),
     SHARED(SHARE("4", "k", "v") "," SHARE("3", "k", "w")), "DuplicateRecord", false},
    {"another tag", SHARED(SHARE("7", "k", "v")), SHARED(SHARE("7", "k", "w")), "DuplicateRecord",
     false},
    {"shares, then none", SHARED(SHARE("7", "k", "v")), ACME("7"), "DuplicateRecord", false},
    {"none, then shares", ACME("7"), SHARED(SHARE("7", "k", "v")), "DuplicateRecord", false},
};

// The second record of each pair, in a call of its own and in the same call.
static void pairs(void)
{
    for (size_t i = 0; i < 2 * (sizeof PAIRS / sizeof PAIRS[0]); i++) {
        const struct pair_row *row = &PAIRS[i / 2];
        unit_row(row->name);
        struct fixture f;
        if (!fixture_open(&f, NULL)) {
            continue;
        }
        bool together = i % 2 == 1;
        char both[1024];
        (void)snprintf(both, sizeof both, "%s,%s", row->first, row->second);
        CHECK_INT(fixture_meter(&f, together ? both : row->first), AWS_ERROR_NONE);
        if (!together) {
            CHECK_INT(fixture_meter(&f, row->second), AWS_ERROR_NONE);
        }
        check_outcome(&f, together ? 1 : 0, row->status, row->billed);
        CHECK_INT(ledger_count(f.ledger), row->billed ? 2 : 1);
        fixture_close(&f);
    }
    unit_row(NULL);
}

#define DECIMAL(quantity) RECORD(T, ID("acme"), "req", ",\"QuantityAsDecimal\":\"" quantity "\"")
#define DECIMAL_SHARE(quantity)                                                                    \
    RECORD(T, ID("acme"), "sto",                                                                   \
           ",\"QuantityAsDecimal\":\"" quantity                                                    \
           "\",\"UsageAllocations\":[{\"AllocatedUsageQuantityAsDecimal\":\"" quantity "\"}]")

// Decimal quantities of the newest rules: what counts is the number, not how it is written.
static void decimals(void)
{
    static const struct {
        const char *first, *second, *status;
    } ROWS[] = {
        {DECIMAL("7.25"), DECIMAL("7.250"), "Success"},
        {DECIMAL("7.25"), DECIMAL("7.26"), "DuplicateRecord"},
        {DECIMAL("7.25"), ACME("7"), "DuplicateRecord"},
        {DECIMAL("7.00"), ACME("7"), "Success"},
        {DECIMAL_SHARE("7.5"), DECIMAL_SHARE("7.50"), "Success"},
        {DECIMAL_SHARE("7.5"), DECIMAL_SHARE("7.500001"), "DuplicateRecord"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].second);
        struct fixture f;
        if (!fixture_open(&f, "{\"rule_set\":\"2026-10\"}")) {
            continue;
        }
        CHECK_INT(fixture_meter(&f, ROWS[i].first), AWS_ERROR_NONE);
        CHECK_INT(fixture_meter(&f, ROWS[i].second), AWS_ERROR_NONE);
        check_outcome(&f, 0, ROWS[i].status, false);
        CHECK_INT(ledger_at(f.ledger, 0)->quantity, 7);
        fixture_close(&f);
    }
    unit_row(NULL);
}

// The same usage to two Regions is billed twice: that is the trap.
static void per_region(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(&f, ACME("7")), AWS_ERROR_NONE);
    f.region = "eu-west-1";
    CHECK_INT(fixture_meter(&f, ACME("7")), AWS_ERROR_NONE);
    check_outcome(&f, 0, "Success", true);
    CHECK_INT(ledger_count(f.ledger), 2);
    fixture_close(&f);
}

static void keys_are_symbols(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(&f, RECORD("1794993000.25", ID("acme"), "req", ",\"Quantity\":7")),
              AWS_ERROR_NONE);
    CHECK_INT(fixture_meter(&f, RECORD(T,
                                       "\"CustomerAWSAccountId\":\"012345678901\","
                                       "\"LicenseArn\":\"" GLOBEX_LICENSE "\"",
                                       "sto", "")),
              AWS_ERROR_NONE);
    const struct ledger_key *key = &ledger_at(f.ledger, 0)->key;
    CHECK(span_is(key->region, "us-east-1") && span_is(key->product, "widget"));
    CHECK(span_is(key->payer, "customer:acme") && span_is(key->dimension, "requests"));
    CHECK_INT(key->hour_us, INT64_C(1794992400) * US_PER_S);
    key = &ledger_at(f.ledger, 1)->key;
    CHECK(span_is(key->payer, "license:globex") && span_is(key->dimension, "storage"));
    fixture_close(&f);
}

// One account, two agreements: each record is the one's whose licence it bears, also when only the
// other may be billed.
static void agreements_of_one_account(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"customers\":{\"acme\":{\"subscribed\":false},\"second\":{"
                          "\"identifier\":null,\"account\":\"111122223333\",\"license\":"
                          "\"" ACME_LICENSE "2\",\"subscribed\":true}}}")) {
        return;
    }
    CHECK_INT(fixture_meter(&f, RECORD(T,
                                       "\"CustomerAWSAccountId\":\"111122223333\","
                                       "\"LicenseArn\":\"" ACME_LICENSE "2\"",
                                       "req", "")),
              AWS_ERROR_NONE);
    CHECK_INT(ledger_count(f.ledger), 1);
    CHECK(span_is(ledger_at(f.ledger, 0)->key.payer, "license:second"));
    fixture_close(&f);
}

struct subscription_row {
    const char *name;
    const char *world; // as the case begins
    const char *step;  // at the start + 1 min, or NULL
    const char *now;   // of the call
    const char *event; // seconds
    bool taken;
};

static const struct subscription_row SUBSCRIPTIONS[] = {
    {"never subscribed", "{\"customers\":{\"acme\":{\"subscribed\":false}}}", NULL,
     "2026-11-18T10:20:00Z", T, false},
    {"subscribes", "{\"customers\":{\"acme\":{\"subscribed\":false}}}",
     "{\"customers\":{\"acme\":{\"subscribed\":true}}}", "2026-11-18T10:20:00Z", T, true},
    {"will subscribe", "{\"customers\":{\"acme\":{\"subscribed_from\":\"hour+30m\"}}}", NULL,
     "2026-11-18T10:29:59Z", T, false},
    {"has subscribed", "{\"customers\":{\"acme\":{\"subscribed_from\":\"hour+30m\"}}}", NULL,
     "2026-11-18T10:30:00Z", T, true},
    {"ends at once", NULL, "{\"customers\":{\"acme\":{\"subscribed\":false}}}",
     "2026-11-18T10:16:01Z", T, false},
    {"pending, the last second of the hour of grace", NULL,
     "{\"customers\":{\"acme\":{\"unsubscribe_pending\":true}}}", "2026-11-18T11:15:59Z", T, true},
    {"pending, after the hour of grace", NULL,
     "{\"customers\":{\"acme\":{\"unsubscribe_pending\":true}}}", "2026-11-18T11:16:00Z", T, false},
    {"pending, usage of the hour of the notice", NULL,
     "{\"customers\":{\"acme\":{\"unsubscribe_pending\":true}}}", "2026-11-18T11:05:00Z",
     "1794999599", true},
    {"pending, usage of the hour after the notice", NULL,
     "{\"customers\":{\"acme\":{\"unsubscribe_pending\":true}}}", "2026-11-18T11:05:00Z",
     "1794999600", false},
    {"pending, taken back", "{\"customers\":{\"acme\":{\"unsubscribe_pending\":true}}}",
     "{\"customers\":{\"acme\":{\"unsubscribe_pending\":false}}}", "2026-11-18T15:00:00Z",
     "1795010400", true},
    {"pending, then subscribed anew", "{\"customers\":{\"acme\":{\"unsubscribe_pending\":true}}}",
     "{\"customers\":{\"acme\":{\"subscribed\":true}}}", "2026-11-18T15:00:00Z", "1795010400",
     true},
    {"another customer left", NULL, "{\"customers\":{\"globex\":{\"subscribed\":false}}}",
     "2026-11-18T10:20:00Z", T, true},
};

static void subscriptions(void)
{
    for (size_t i = 0; i < sizeof SUBSCRIPTIONS / sizeof SUBSCRIPTIONS[0]; i++) {
        const struct subscription_row *row = &SUBSCRIPTIONS[i];
        unit_row(row->name);
        struct fixture f;
        if (!fixture_open(&f, row->world)) {
            continue;
        }
        f.now_us = START_US + 60 * US_PER_S;
        if (row->step != NULL) {
            CHECK(fixture_change(&f, row->step));
        }
        f.now_us = fixture_instant(row->now);
        char record[256];
        (void)snprintf(record, sizeof record,
                       "{\"Timestamp\":%s,\"CustomerIdentifier\":\"id-acme\",\"Dimension\":"
                       "\"req\",\"Quantity\":1}",
                       row->event);
        CHECK_INT(fixture_meter(&f, record), AWS_ERROR_NONE);
        check_outcome(&f, 0, row->taken ? "Success" : "CustomerNotSubscribed", row->taken);
        fixture_close(&f);
    }
    unit_row(NULL);
}

// One customer without a subscription does not hold up the others; what was billed stays billed.
static void not_subscribed_is_per_record(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(&f, ACME("7")), AWS_ERROR_NONE);
    CHECK(fixture_change(&f, "{\"customers\":{\"acme\":{\"subscribed\":false}}}"));
    CHECK_INT(fixture_meter(&f, ACME("7") "," ACME("8") "," RECORD(T, ID("globex"), "req", "")),
              AWS_ERROR_NONE);
    check_outcome(&f, 0, "Success", false);
    check_outcome(&f, 1, "CustomerNotSubscribed", false);
    check_outcome(&f, 2, "Success", true);
    fixture_close(&f);
}

static void unknown_as_status(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"unknown_customer\":\"status\"}")) {
        return;
    }
    CHECK_INT(fixture_meter(&f, RECORD(T, ID("nobody"), "req", "") "," ACME("1")), AWS_ERROR_NONE);
    check_outcome(&f, 0, "CustomerNotSubscribed", false);
    CHECK(f.reply.outcomes[0].entry == NULL);
    check_outcome(&f, 1, "Success", true);
    fixture_close(&f);
}

static void preloads(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"ledger\":[{\"customer\":\"acme\",\"dimension\":\"requests\","
                          "\"hour\":\"hour-1\",\"quantity\":7},"
                          "{\"customer\":\"globex\",\"dimension\":\"requests\","
                          "\"hour\":\"hour-1\",\"quantity\":5,\"payer\":\"license\"}]}")) {
        return;
    }
    CHECK_INT(ledger_count(f.ledger), 3); // without payer: under both
    CHECK(ledger_at(f.ledger, 0)->preloaded && ledger_at(f.ledger, 2)->preloaded);
    CHECK(span_is(ledger_at(f.ledger, 2)->key.payer, "license:globex"));
    CHECK_INT(fixture_meter(&f, ACME("8") "," RECORD(T, ID("globex"), "req", ",\"Quantity\":6")),
              AWS_ERROR_NONE);
    check_outcome(&f, 0, "DuplicateRecord", false);
    check_outcome(&f, 1, "Success", true);
    CHECK_INT(ledger_count(f.ledger), 4);
    CHECK(!ledger_at(f.ledger, 3)->preloaded);

    CHECK(fixture_change(&f, "{\"ledger\":[{\"customer\":\"acme\",\"dimension\":\"storage\","
                             "\"hour\":\"hour\",\"quantity\":1,\"payer\":\"customer\"}]}"));
    service_preload(f.service);
    service_preload(f.service);
    CHECK_INT(ledger_count(f.ledger), 5);
    // A key that is billed already: the first write wins here too.
    CHECK(fixture_change(&f, "{\"ledger\":[{\"customer\":\"globex\",\"dimension\":\"requests\","
                             "\"hour\":\"hour-1\",\"quantity\":9,\"payer\":\"customer\"}]}"));
    service_preload(f.service);
    CHECK_INT(ledger_count(f.ledger), 5);
    CHECK_INT(ledger_at(f.ledger, 3)->quantity, 6);
    fixture_close(&f);
}

static void fill_ids(struct fixture *f, char ids[25][40])
{
    for (int i = 0; i < 25; i++) {
        char record[200];
        (void)snprintf(record, sizeof record,
                       "{\"Timestamp\":%d,\"CustomerIdentifier\":\"id-acme\",\"Dimension\":"
                       "\"%s\"}",
                       1794992400 - 3600 * (i / 2), i % 2 == 0 ? "req" : "sto");
        CHECK_INT(fixture_meter(f, record), AWS_ERROR_NONE);
        (void)snprintf(ids[i], sizeof ids[i], "%s", f->reply.outcomes[0].record_id);
    }
}

static void ids(void)
{
    char first[25][40];
    char second[25][40];
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    fill_ids(&f, first);
    fixture_close(&f);
    if (!fixture_open(&f, NULL)) {
        return;
    }
    fill_ids(&f, second);
    fixture_close(&f);
    int same = 0;
    for (size_t i = 0; i < 25; i++) {
        CHECK_TEXT(second[i], first[i]);
        CHECK(first[i][14] == '4' && first[i][8] == '-' && first[i][23] == '-');
        for (size_t k = 0; k < i; k++) {
            same += strcmp(first[i], first[k]) == 0;
        }
    }
    CHECK_INT(same, 0);
}

const struct unit_test BATCH_TESTS[] = {
    {"bills once, first write wins", bills_once},
    {"order within a batch", order_within_a_batch},
    {"pairs of records", pairs},
    {"decimal quantities", decimals},
    {"regions bill apart", per_region},
    {"keys are symbols", keys_are_symbols},
    {"agreements of one account", agreements_of_one_account},
    {"subscriptions begin and end", subscriptions},
    {"not subscribed is one record's matter", not_subscribed_is_per_record},
    {"unknown customers as a status", unknown_as_status},
    {"preloaded ledger", preloads},
    {"record ids", ids},
    {NULL, NULL},
};
