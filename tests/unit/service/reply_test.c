// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/service/echo.h"

// What the reply to a batch looks like, and what rules of a scenario can make of it.

#define T "1794992400"
#define RECORD(customer)                                                                           \
    "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"" customer "\",\"Dimension\":\"req\","          \
    "\"Quantity\":7}"

// The reply with ids replaced, for comparison: RESULT("record", id, "Success").
static char *with_ids(const struct fixture *f, const char *form)
{
    struct buf out = {0};
    for (; *form != '\0'; form++) {
        if (*form == '#') { // #0: the id of record 0
            form++;
            buf_add_json_string(&out, span_of(f->reply.outcomes[*form - '0'].record_id));
        } else {
            buf_add_char(&out, *form);
        }
    }
    return buf_take_text(&out);
}

static void check_body(const struct fixture *f, const char *form)
{
    OWN(text) char *expected = with_ids(f, form);
    CHECK_TEXT(f->body, expected);
}

static void renders(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"customers\":{\"globex\":{\"subscribed\":false}}}")) {
        return;
    }
    CHECK_INT(fixture_meter(&f, ""), AWS_ERROR_NONE);
    CHECK_TEXT(f.body, "{\"Results\":[],\"UnprocessedRecords\":[]}");
    CHECK_INT(fixture_meter(&f, RECORD("id-acme") "," RECORD("id-globex")), AWS_ERROR_NONE);
    check_body(&f, "{\"Results\":[{\"UsageRecord\":" RECORD(
                       "id-acme") ",\"MeteringRecordId\":#0,"
                                  "\"Status\":\"Success\"},{\"UsageRecord\":" RECORD(
                                      "id-globex") ",\"Status\":\"CustomerNotSubscribed\"}],"
                                                   "\"UnprocessedRecords\":[]}");
    fixture_close(&f);
}

// Members in the order sent, unknown ones too, numbers as they were, allocations whole.
static void echoes(void)
{
    static const char *const RECORDS[] = {
        "{\"Quantity\":2147483647,\"Dimension\":\"req\",\"Timestamp\":1794992400.5,"
        "\"CustomerIdentifier\":\"id-acme\"}",
        "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"sto\","
        "\"Quantity\":7,\"UsageAllocations\":[{\"AllocatedUsageQuantity\":7,"
        "\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}]}",
        "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-globex\",\"Dimension\":\"req\","
        "\"X\\\"y\\u0001\":\"z\\\\\xc3\xbc\",\"Deep\":{\"a\":[true,null,-1.5]}}",
        "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-globex\",\"Dimension\":\"sto\"}",
    };
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    for (size_t i = 0; i < sizeof RECORDS / sizeof RECORDS[0]; i++) {
        CHECK_INT(fixture_meter(&f, RECORDS[i]), AWS_ERROR_NONE);
        char form[1024];
        (void)snprintf(form, sizeof form,
                       "{\"Results\":[{\"UsageRecord\":%s,\"MeteringRecordId\":#0,\"Status\":"
                       "\"Success\"}],\"UnprocessedRecords\":[]}",
                       RECORDS[i]);
        check_body(&f, form);
    }
    fixture_close(&f);
}

static void echoes_nothing(void)
{
    OWN_BUF struct buf record = {0};
    OWN(json) cJSON *object = cJSON_CreateObject();
    echo_record(&record, object, ECHO_AS_SENT);
    CHECK(span_is(buf_span(&record), "{}"));
}

static void unprocessed(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    const struct record_directive directives[2] = {{.fate = RECORD_UNPROCESSED},
                                                   {.fate = RECORD_AS_IS}};
    f.directives = directives;
    CHECK_INT(fixture_meter(&f, RECORD("id-acme") "," RECORD("id-globex")), AWS_ERROR_NONE);
    check_body(&f, "{\"Results\":[{\"UsageRecord\":" RECORD(
                       "id-globex") ",\"MeteringRecordId\":#1,\"Status\":\"Success\"}],"
                                    "\"UnprocessedRecords\":[" RECORD("id-acme") "]}");
    CHECK_TEXT(f.reply.outcomes[0].status, "Unprocessed");
    CHECK(!f.reply.outcomes[0].billed && f.reply.outcomes[0].entry == NULL);
    CHECK_INT(ledger_count(f.ledger), 1);
    f.directives = NULL;
    CHECK_INT(fixture_meter(&f, RECORD("id-acme")), AWS_ERROR_NONE);
    CHECK(f.reply.outcomes[0].billed);
    fixture_close(&f);
}

static void statuses(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    const struct record_directive directives[2] = {
        {.fate = RECORD_STATUS, .status = "Later\"Perhaps"},
        {.fate = RECORD_STATUS, .status = "Success"}};
    f.directives = directives;
    CHECK_INT(fixture_meter(&f, RECORD("id-acme") "," RECORD("id-globex")), AWS_ERROR_NONE);
    CHECK_INT(ledger_count(f.ledger), 0);
    CHECK_INT(strlen(f.reply.outcomes[1].record_id), 36);
    check_body(&f, "{\"Results\":[{\"UsageRecord\":" RECORD(
                       "id-acme") ",\"Status\":\"Later\\\"Perhaps\"},{"
                                  "\"UsageRecord\":" RECORD("id-globex") ",\"MeteringRecordId\""
                                                                         ":#1,\"Status\":"
                                                                         "\"Success\"}],"
                                                                         "\"UnprocessedRecords"
                                                                         "\":[]}");
    char pretended[40];
    (void)snprintf(pretended, sizeof pretended, "%s", f.reply.outcomes[1].record_id);
    f.directives = NULL;
    CHECK_INT(fixture_meter(&f, RECORD("id-globex")), AWS_ERROR_NONE);
    CHECK(strcmp(f.reply.outcomes[0].record_id, pretended) != 0);
    f.directives = directives + 1;
    CHECK_INT(fixture_meter(&f, RECORD("id-globex")), AWS_ERROR_NONE);
    CHECK_TEXT(f.reply.outcomes[0].record_id, f.reply.outcomes[0].entry->record_id);
    fixture_close(&f);
}

// Left out of the reply is not left out of the bill.
static void omissions(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    const struct record_directive directives[2] = {{.fate = RECORD_AS_IS, .omit_result = true},
                                                   {.fate = RECORD_AS_IS, .omit_record_id = true}};
    f.directives = directives;
    CHECK_INT(fixture_meter(&f, RECORD("id-acme") "," RECORD("id-globex")), AWS_ERROR_NONE);
    CHECK_TEXT(f.body, "{\"Results\":[{\"UsageRecord\":" RECORD(
                           "id-globex") ",\"Status\":\"Success\"}],\"UnprocessedRecords\":[]}");
    CHECK_INT(ledger_count(f.ledger), 2);
    CHECK(f.reply.outcomes[0].billed && f.reply.outcomes[1].record_id[0] != '\0');
    fixture_close(&f);
}

// The same number, whatever it looks like; what is no time stays as it is.
static void writes_times_otherwise(void)
{
    static const struct {
        enum echo_times times;
        const char *text;
    } ROWS[] = {
        {ECHO_AS_SENT, "{\"Timestamp\":1794993600,\"Quantity\":7}"},
        {ECHO_DECIMAL, "{\"Timestamp\":1794993600.000,\"Quantity\":7}"},
        {ECHO_EXPONENT, "{\"Timestamp\":1.794993600000E+09,\"Quantity\":7}"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN(json) cJSON *object = NULL;
        OWN_BUF struct buf record = {0};
        CHECK_INT(json_read(&object, NULL, span_of(ROWS[0].text), NULL, NULL), RC_OK);
        echo_record(&record, object, ROWS[i].times);
        OWN(text) char *text = buf_take_text(&record);
        CHECK_TEXT(text, ROWS[i].text);
    }
}

static void shuffles(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    static const size_t ORDER[] = {2, 0, 1};
    const struct record_directive directives[3] = {
        {.fate = RECORD_AS_IS}, {.fate = RECORD_UNPROCESSED}, {.fate = RECORD_AS_IS}};
    f.order = ORDER;
    CHECK_INT(fixture_meter(&f,
                            "{\"Timestamp\":" T ",\"CustomerAWSAccountId\":\"333344445555\","
                            "\"Dimension\":\"req\"}," RECORD("id-acme") "," RECORD("id-globex")),
              AWS_ERROR_NONE);
    check_body(&f,
               "{\"Results\":[{\"UsageRecord\":" RECORD(
                   "id-globex") ",\"MeteringRecordId\":#2,\"Status\":\"Success\"},"
                                "{\"UsageRecord\":{\"Timestamp\":" T
                                ",\"CustomerAWSAccountId\":\"333344445555\","
                                "\"Dimension\":\"req\"},\"MeteringRecordId\":#0,\"Status\":"
                                "\"Success\"},{\"UsageRecord\":" RECORD(
                                    "id-acme") ",\"MeteringRecordId\":#1,\"Status\":\"Success\"}],"
                                               "\"UnprocessedRecords\":[]}");
    f.directives = directives;
    CHECK_INT(fixture_meter(&f, RECORD("id-globex") "," RECORD("id-acme") "," RECORD("id-acme")),
              AWS_ERROR_NONE);
    check_body(&f,
               "{\"Results\":[{\"UsageRecord\":" RECORD(
                   "id-acme") ",\"MeteringRecordId\":#2,\"Status\":\"Success\"},"
                              "{\"UsageRecord\":" RECORD(
                                  "id-globex") ",\"MeteringRecordId\":#0,\"Status\":\"Success\"}],"
                                               "\"UnprocessedRecords\":[" RECORD("id-acme") "]}");
    fixture_close(&f);
}

// A reply is used again for the next answer and holds nothing of the last one.
static void forgets(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(&f, RECORD("id-nobody")), AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER);
    CHECK(f.reply.text[0] != '\0');
    CHECK_INT(fixture_meter(&f, RECORD("id-acme")), AWS_ERROR_NONE);
    CHECK_TEXT(f.reply.text, "");
    check_body(&f, "{\"Results\":[{\"UsageRecord\":" RECORD(
                       "id-acme") ",\"MeteringRecordId\":#0,\"Status\":\"Success\"}],"
                                  "\"UnprocessedRecords\":[]}");
    CHECK_INT(fixture_ask(&f, OPERATION_RESOLVE_CUSTOMER, "{\"RegistrationToken\":\"tok-2\"}"),
              AWS_ERROR_NONE);
    CHECK(f.reply.count == 0 && f.reply.outcomes == NULL);
    CHECK_INT(fixture_meter(&f, RECORD("id-acme")), AWS_ERROR_NONE);
    CHECK(f.reply.customer == NULL);
    fixture_close(&f);
}

const struct unit_test REPLY_TESTS[] = {
    {"renders results", renders},
    {"echoes records as sent", echoes},
    {"echoes a record without members", echoes_nothing},
    {"unprocessed records", unprocessed},
    {"statuses by order", statuses},
    {"omissions", omissions},
    {"times written otherwise", writes_times_otherwise},
    {"another order", shuffles},
    {"forgets the last answer", forgets},
    {NULL, NULL},
};
