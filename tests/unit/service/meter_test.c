// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// MeterUsage: each rule broken and met, and what tells two reports apart.

#define T "1794992400"        // 2026-11-18T09:00:00Z
#define T_LATER "1794995999"  // 09:59:59Z
#define T_NEXT "1794996000"   // 10:00:00Z
#define T_OLDEST "1794974400" // 04:00:00Z, six hours before the current hour
#define T_TOO_OLD "1794974399"
#define METER(code, time, dimension, rest)                                                         \
    "{\"ProductCode\":\"" code "\",\"Timestamp\":" time ",\"UsageDimension\":\"" dimension         \
    "\"" rest "}"
#define USE(time, quantity) METER("code-w", time, "req", ",\"UsageQuantity\":" quantity)
#define USE_TOKEN(time, quantity, token)                                                           \
    METER("code-w", time, "req", ",\"UsageQuantity\":" quantity ",\"ClientToken\":\"" token "\"")
#define DRY_RUN METER("code-x", "0", "nothing", ",\"DryRun\":true")
#define SPLIT(a, x, b, y)                                                                          \
    ",\"UsageAllocations\":[{\"AllocatedUsageQuantity\":" a                                        \
    ",\"Tags\":[{\"Key\":\"team\",\"Value\":\"" x "\"}]},{\"AllocatedUsageQuantity\":" b           \
    ",\"Tags\":[{\"Key\":\"team\",\"Value\":\"" y "\"}]}]"
#define TWO_INSTANCES                                                                              \
    "{\"credentials\":[{\"name\":\"k1\"},{\"name\":\"k2\",\"instance\":\"other\"},"                \
    "{\"name\":\"k3\"},{\"name\":\"k4\",\"customer\":\"globex\"}]}"
#define AGENTCORE "{\"platform\":\"agentcore\"}"

// One request, by whom and where, and what must come of it.
struct ask {
    const char *body;
    enum aws_error error;
    enum { NEW, SAME, NONE } billed; // a new entry; the entry of the first request; no entry
    const char *credential, *region;
    int64_t later_s;
};

struct meter_row {
    const char *name, *world;
    struct ask asks[4];
};

static const struct meter_row ROWS[] = {
    {"identical is the same record",
     NULL,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = SAME}}},
    {"identical after rounding",
     NULL,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T_LATER, "7"), .error = AWS_ERROR_NONE, .billed = SAME}}},
    {"the next hour is another",
     NULL,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T_NEXT, "7"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"another quantity",
     NULL,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T_LATER, "8"), .error = AWS_ERROR_DUPLICATE_REQUEST, .billed = NONE}}},
    {"0 burns the hour",
     NULL,
     {{.body = USE(T, "0"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T, "7"), .error = AWS_ERROR_DUPLICATE_REQUEST, .billed = NONE}}},
    {"no quantity is 0",
     NULL,
     {{.body = METER("code-w", T, "req", ""), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T, "0"), .error = AWS_ERROR_NONE, .billed = SAME}}},
    {"another dimension",
     NULL,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = METER("code-w", T, "sto", ",\"UsageQuantity\":8"),
       .error = AWS_ERROR_NONE,
       .billed = NEW}}},
    {"another product",
     NULL,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = METER("code-g", T, "hrs", ",\"UsageQuantity\":8"),
       .error = AWS_ERROR_NONE,
       .billed = NEW}}},
    {"another split",
     NULL,
     {{.body = METER("code-w", T, "req", ",\"UsageQuantity\":3" SPLIT("1", "a", "2", "b")),
       .error = AWS_ERROR_NONE,
       .billed = NEW},
      {.body = METER("code-w", T, "req", ",\"UsageQuantity\":3" SPLIT("2", "b", "1", "a")),
       .error = AWS_ERROR_NONE,
       .billed = SAME},
      {.body = METER("code-w", T, "req", ",\"UsageQuantity\":3" SPLIT("2", "a", "1", "b")),
       .error = AWS_ERROR_DUPLICATE_REQUEST,
       .billed = NONE}}},
    {"another instance is another report",
     TWO_INSTANCES,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .credential = "k2"},
      {.body = USE(T, "8"),
       .error = AWS_ERROR_DUPLICATE_REQUEST,
       .billed = NONE,
       .credential = "k2"}}},
    {"other keys of the same instance are not",
     TWO_INSTANCES,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .credential = "k1"},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = SAME, .credential = "k3"}}},
    {"another account pays for its own",
     TWO_INSTANCES,
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .credential = "k1"},
      {.body = USE(T, "9"), .error = AWS_ERROR_NONE, .billed = NEW, .credential = "k4"}}},
    {"billed before the case began",
     "{\"ledger\":[{\"customer\":\"acme\",\"dimension\":\"requests\",\"hour\":\"hour-1\","
     "\"quantity\":5,\"payer\":\"customer\"}]}",
     {{.body = USE(T, "5"), .error = AWS_ERROR_NONE, .billed = NONE},
      {.body = USE(T, "7"), .error = AWS_ERROR_DUPLICATE_REQUEST, .billed = NONE}}},
    {"a token of its own each time",
     NULL,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T, "7", "b"), .error = AWS_ERROR_NONE, .billed = SAME}}},
    {"a token for another quantity",
     NULL,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T_NEXT, "8", "a"),
       .error = AWS_ERROR_IDEMPOTENCY_CONFLICT,
       .billed = NONE},
      {.body = USE_TOKEN(T_NEXT, "8", "A"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"a token says more than the hour",
     NULL,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T, "8", "a"), .error = AWS_ERROR_IDEMPOTENCY_CONFLICT, .billed = NONE},
      {.body = METER("code-w", T, "sto", ",\"UsageQuantity\":7,\"ClientToken\":\"a\""),
       .error = AWS_ERROR_IDEMPOTENCY_CONFLICT,
       .billed = NONE},
      {.body = METER("code-w", T, "req",
                     ",\"UsageQuantity\":7,\"ClientToken\":\"a\"" SPLIT("3", "a", "4", "b")),
       .error = AWS_ERROR_IDEMPOTENCY_CONFLICT,
       .billed = NONE}}},
    {"a token of a refused report is free",
     NULL,
     {{.body = USE_TOKEN(T_TOO_OLD, "7", "a"),
       .error = AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS,
       .billed = NONE},
      {.body = USE_TOKEN(T, "8", "a"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"a token belongs to an account",
     TWO_INSTANCES,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW, .credential = "k1"},
      {.body = USE_TOKEN(T, "8", "a"),
       .error = AWS_ERROR_NONE,
       .billed = NEW,
       .credential = "k4"}}},
    {"a token elsewhere than on AgentCore rounds the hour",
     NULL,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T_LATER, "7", "a"), .error = AWS_ERROR_NONE, .billed = SAME}}},

    {"AgentCore: as often as it likes",
     AGENTCORE,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T, "7", "b"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T, "8", "c"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = SAME}}},
    {"AgentCore: the timestamp is not rounded",
     AGENTCORE,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T_LATER, "7", "a"),
       .error = AWS_ERROR_IDEMPOTENCY_CONFLICT,
       .billed = NONE}}},
    {"AgentCore: a token says more than the moment",
     AGENTCORE,
     {{.body = USE_TOKEN(T, "7", "a"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE_TOKEN(T, "8", "a"), .error = AWS_ERROR_IDEMPOTENCY_CONFLICT, .billed = NONE},
      {.body = METER("code-w", T, "req",
                     ",\"UsageQuantity\":7,\"ClientToken\":\"a\"" SPLIT("3", "a", "4", "b")),
       .error = AWS_ERROR_IDEMPOTENCY_CONFLICT,
       .billed = NONE}}},
    {"AgentCore: nothing without a token",
     AGENTCORE,
     {{.body = USE(T, "7"), .error = AWS_ERROR_VALIDATION, .billed = NONE}}},

    {"the code of no product",
     NULL,
     {{.body = METER("code-x", T, "req", ""),
       .error = AWS_ERROR_INVALID_PRODUCT_CODE,
       .billed = NONE}}},
    {"the dimension of no product",
     NULL,
     {{.body = METER("code-w", T, "REQ", ""),
       .error = AWS_ERROR_INVALID_USAGE_DIMENSION,
       .billed = NONE},
      {.body = METER("code-w", T, "hrs", ""),
       .error = AWS_ERROR_INVALID_USAGE_DIMENSION,
       .billed = NONE}}},
    {"six hours", NULL, {{.body = USE(T_OLDEST, "7"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"more than six hours",
     NULL,
     {{.body = USE(T_TOO_OLD, "7"), .error = AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS, .billed = NONE}}},
    {"one hour, in 2019",
     "{\"rule_set\":\"2019-06\"}",
     {{.body = METER("code-w", "1794992400", "req", ",\"UsageQuantity\":1,\"DryRun\":false"),
       .error = AWS_ERROR_NONE,
       .billed = NEW},
      {.body = METER("code-w", "1794992399", "req", ",\"UsageQuantity\":1,\"DryRun\":false"),
       .error = AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS,
       .billed = NONE}}},
    {"an endpoint elsewhere",
     NULL,
     {{.body = USE(T, "7"),
       .error = AWS_ERROR_INVALID_ENDPOINT_REGION,
       .billed = NONE,
       .region = "eu-west-1"},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .region = "us-east-1"}}},
    {"a program elsewhere",
     "{\"runtime_region\":\"eu-west-1\"}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_INVALID_ENDPOINT_REGION, .billed = NONE},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .region = "eu-west-1"}}},
    {"a Region without containers",
     "{\"runtime_region\":\"me-south-1\"}",
     {{.body = USE(T, "7"),
       .error = AWS_ERROR_DISABLED_API,
       .billed = NONE,
       .region = "me-south-1"}}},
    {"which has instances",
     "{\"runtime_region\":\"me-south-1\",\"platform\":\"ec2\"}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .region = "me-south-1"}}},
    {"GovCloud has no containers",
     "{\"runtime_region\":\"us-gov-west-1\",\"platform\":\"eks\"}",
     {{.body = USE(T, "7"),
       .error = AWS_ERROR_DISABLED_API,
       .billed = NONE,
       .region = "us-gov-west-1"}}},
    {"switched off",
     "{\"disabled\":true}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_DISABLED_API, .billed = NONE}}},
    {"not subscribed",
     "{\"customers\":{\"acme\":{\"subscribed\":false}}}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED, .billed = NONE}}},
    {"subscribed later",
     "{\"customers\":{\"acme\":{\"subscribed_from\":\"now+1h\"}}}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED, .billed = NONE},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW, .later_s = 3600}}},
    {"left, but what was billed was billed",
     "{\"customers\":{\"acme\":{\"subscribed_until\":\"now\"}}}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = SAME, .later_s = 3600},
      {.body = USE(T_NEXT, "7"),
       .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED,
       .billed = NONE,
       .later_s = 3600}}},
    {"not allowed",
     "{\"credentials\":[{\"name\":\"k1\",\"denied\":[\"MeterUsage\"]}]}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_ACCESS_DENIED, .billed = NONE},
      {.body = DRY_RUN, .error = AWS_ERROR_UNAUTHORIZED, .billed = NONE}}},
    {"another operation is not allowed",
     "{\"credentials\":[{\"name\":\"k1\",\"denied\":[\"BatchMeterUsage\",\"RegisterUsage\"]}]}",
     {{.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"a dry run looks at nothing but permission",
     NULL,
     {{.body = DRY_RUN, .error = AWS_ERROR_NONE, .billed = NONE},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"a dry run, told by an error",
     "{\"dry_run\":\"error\"}",
     {{.body = DRY_RUN, .error = AWS_ERROR_DRY_RUN_OPERATION, .billed = NONE},
      {.body = USE(T, "7"), .error = AWS_ERROR_NONE, .billed = NEW}}},
    {"no dry run",
     NULL,
     {{.body = METER("code-w", T, "req", ",\"DryRun\":false"),
       .error = AWS_ERROR_NONE,
       .billed = NEW}}},
};

static void check_ask(struct fixture *f, const struct ask *ask, char first[40])
{
    size_t before = ledger_count(f->ledger);
    f->now_us = START_US + ask->later_s * US_PER_S;
    f->credential = ask->credential;
    f->region = ask->region;
    CHECK_TEXT(aws_error_name(fixture_ask(f, OPERATION_METER_USAGE, ask->body)),
               aws_error_name(ask->error));
    CHECK_INT(ledger_count(f->ledger), before + (ask->billed == NEW ? 1 : 0));
    if (ask->error != AWS_ERROR_NONE || f->reply.is_dry_run) {
        CHECK(f->reply.count == 0 || f->reply.outcomes[0].status == NULL);
        return;
    }
    CHECK_INT(f->reply.count, 1);
    CHECK_TEXT(f->reply.outcomes[0].status, "Success");
    CHECK_INT(f->reply.outcomes[0].billed, ask->billed == NEW);
    char body[96];
    (void)snprintf(body, sizeof body, "{\"MeteringRecordId\":\"%s\"}",
                   f->reply.outcomes[0].record_id);
    CHECK_TEXT(f->body, body);
    CHECK_INT(strlen(f->reply.outcomes[0].record_id), 36);
    if (first[0] == '\0') {
        (void)snprintf(first, 40, "%s", f->reply.outcomes[0].record_id);
    } else {
        CHECK_INT(strcmp(first, f->reply.outcomes[0].record_id) == 0, ask->billed == SAME);
    }
}

static void reports(void)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct fixture f;
        char first[40] = "";
        unit_row(ROWS[i].name);
        if (!fixture_open(&f, ROWS[i].world)) {
            continue;
        }
        for (size_t k = 0; k < 4 && ROWS[i].asks[k].body != NULL; k++) {
            check_ask(&f, &ROWS[i].asks[k], first);
        }
        fixture_close(&f);
    }
    unit_row(NULL);
}

static void the_forms_of_a_dry_run(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE, DRY_RUN), AWS_ERROR_NONE);
    CHECK_TEXT(f.body, "{\"MeteringRecordId\":\"DryRunOperation\"}");
    CHECK(f.reply.is_dry_run && f.reply.outcomes == NULL);
    CHECK(fixture_change(&f, "{\"dry_run\":\"error\"}"));
    CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE, DRY_RUN), AWS_ERROR_DRY_RUN_OPERATION);
    CHECK_TEXT(f.body,
               "{\"__type\":\"DryRunOperation\",\"message\":\"Request would have succeeded, "
               "but DryRun flag is set.\"}");
    CHECK(f.reply.is_dry_run);
    CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE, USE(T, "7")), AWS_ERROR_NONE);
    CHECK(!f.reply.is_dry_run);
    fixture_close(&f);
}

static void check_ledger(struct fixture *f, const char *text)
{
    struct buf out = {0};
    ledger_render(f->ledger, &out);
    char *all = buf_take_text(&out);
    CHECK(strstr(all, text) != NULL);
    x_free(all);
}

// Who, where, by which instance; and on AgentCore by which token.
static void what_is_billed(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"credentials\":[{\"name\":\"k1\",\"instance\":\"i7\"}]}")) {
        return;
    }
    CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE, USE_TOKEN(T_LATER, "7", "a")), AWS_ERROR_NONE);
    check_ledger(&f,
                 "{\"region\":\"us-east-1\",\"product\":\"widget\",\"payer\":\"customer:acme\","
                 "\"dimension\":\"requests\",\"hour\":\"2026-11-18T09:00:00Z\",\"quantity\":7,");
    check_ledger(&f, ",\"committed\":\"2026-11-18T10:15:00.000Z\",\"instance\":\"i7\"}");
    fixture_close(&f);
    if (fixture_open(&f, AGENTCORE)) {
        CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE, USE_TOKEN(T, "7", "a")), AWS_ERROR_NONE);
        check_ledger(&f, ",\"instance\":\"main\",\"token\":\"a\"}");
        fixture_close(&f);
    }
}

// Where the program runs unless the case says so.
static void profiles(void)
{
    static const struct {
        const char *profile;
        enum aws_error error; // of a report without token from a Region that has no containers
    } PROFILES[] = {{"ami", AWS_ERROR_NONE},
                    {"agentcore", AWS_ERROR_VALIDATION},
                    {"container-metered", AWS_ERROR_DISABLED_API},
                    {"container-hourly", AWS_ERROR_DISABLED_API},
                    {"saas", AWS_ERROR_DISABLED_API},
                    {NULL, AWS_ERROR_DISABLED_API}};
    for (size_t i = 0; i < sizeof PROFILES / sizeof PROFILES[0]; i++) {
        struct fixture f;
        unit_row(PROFILES[i].profile);
        if (fixture_open_as(&f, "{\"region\":\"me-south-1\"}", PROFILES[i].profile)) {
            CHECK_TEXT(aws_error_name(fixture_ask(&f, OPERATION_METER_USAGE, USE(T, "7"))),
                       aws_error_name(PROFILES[i].error));
            fixture_close(&f);
        }
    }
    unit_row(NULL);
}

const struct unit_test METER_TESTS[] = {
    {"each rule, broken and met", reports},
    {"the forms of a dry run", the_forms_of_a_dry_run},
    {"what is billed", what_is_billed},
    {"profiles", profiles},
    {NULL, NULL},
};
