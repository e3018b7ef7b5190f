// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/scenario/rules.h"

#define NAMED(name) "\"name\": \"" name "\", \"then\": [{\"delay\": \"1s\"}]"

// A case with those rules, and its rules at work.
struct table {
    struct scenario_file *file;
    struct rules *rules;
};

static struct table table_of(const char *rules, uint64_t seed)
{
    struct table t = {.file = case_file(&(struct case_parts){
                          .rules = rules,
                          .steps = "[{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", "
                                   "\"dimension\": \"requests\", \"quantity\": 7}}]"})};
    if (t.file != NULL) {
        struct rules_options options = {.scenario = scenario_at(t.file, 0),
                                        .metering = OPERATION_BATCH_METER_USAGE,
                                        .seed = seed};
        CHECK_INT(instant_parse(&options.start_us, SPAN("2026-11-18T10:15:00Z")), RC_OK);
        t.rules = rules_new(&options);
    }
    return t;
}

static void table_clear(struct table *t)
{
    rules_free(&t->rules);
    scenario_file_free(&t->file);
}

static struct subject plain_subject(void)
{
    struct subject s = {.phase = PHASE_REQUEST,
                        .operation = OPERATION_BATCH_METER_USAGE,
                        .target = SPAN("service"),
                        .region = SPAN("us-east-1"),
                        .credential = SPAN("k1"),
                        .attempt = 1,
                        .connection = 1};
    return s;
}

// The winner's name, "-" for none.
static const char *chosen(const struct table *t, const struct subject *subject)
{
    uint64_t index = 0;
    const struct rule *rule = rules_choose(t->rules, subject, NULL, NULL, &index);
    return rule == NULL ? "-" : rule->name;
}

// One letter per request, in order.
static void check_run(const char *rules, const struct subject *subjects, size_t count,
                      const char *expected)
{
    struct table t = table_of(rules, 1);
    struct buf out = {0};
    for (size_t i = 0; i < count && t.rules != NULL; i++) {
        buf_add_text(&out, chosen(&t, &subjects[i]));
    }
    OWN(text) char *got = buf_take_text(&out);
    CHECK_TEXT(got, expected);
    table_clear(&t);
}

static void counts(void)
{
    static const struct {
        const char *match, *expected;
    } ROWS[] = {{"1", "a-------"},        {"2-3", "-aa-----"},     {"4+", "---aaaaa"},
                {"3", "--a-----"},        {"every 3", "--a--a--"}, {"every 1", "aaaaaaaa"},
                {"1,3-4,7+", "a-aa--aa"}, {"2,2", "-a------"},     {"none", "--------"}};
    struct subject subjects[8];
    for (size_t i = 0; i < 8; i++) {
        subjects[i] = plain_subject();
    }
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].match);
        char rules[200];
        (void)snprintf(rules, sizeof rules, "[{" NAMED("a") ", \"when\": {}, \"match\": \"%s\"}]",
                       ROWS[i].match);
        check_run(rules, subjects, 8, ROWS[i].expected);
    }
    unit_row(NULL);
    check_run("[{" NAMED("a") ", \"when\": {}}]", subjects, 3, "aaa");
}

static void counts_per_invocation_and_connection(void)
{
    struct subject s[8];
    static const char *const INVOCATIONS[] = {"i1", "i1", "i2", "i1", "i3", "", "", "i2"};
    static const uint64_t CONNECTIONS[] = {7, 7, 9, 7, 9, 11, 7, 12};
    for (size_t i = 0; i < 8; i++) {
        s[i] = plain_subject();
        s[i].invocation = span_of(INVOCATIONS[i]);
        s[i].connection = CONNECTIONS[i];
    }
    check_run("[{" NAMED("a") ", \"when\": {}, \"match\": \"2\"}]", s, 8, "-a------");
    check_run("[{" NAMED("a") ", \"when\": {}, \"match\": \"2\", \"per\": \"invocation\"}]", s, 8,
              "--a----a");
    // Requests without an id are each an invocation of their own: the 4th and the 5th here.
    check_run("[{" NAMED("a") ", \"when\": {}, \"match\": \"4+\", \"per\": \"invocation\"}]", s, 8,
              "-----aa-");
    check_run("[{" NAMED("a") ", \"when\": {}, \"match\": \"1\", \"per\": \"connection\"}]", s, 8,
              "aa-a--a-");
    check_run("[{" NAMED("a") ", \"when\": {\"invocation\": \"2-3\"}}]", s, 8, "--a-a--a");
    check_run("[{" NAMED("a") ", \"when\": {\"connection\": 9}}]", s, 8, "--a-a---");
}

// Who wins, and that counters advance whoever wins.
static void first_wins_and_all_count(void)
{
    struct subject s[4];
    for (size_t i = 0; i < 4; i++) {
        s[i] = plain_subject();
    }
    check_run("[{" NAMED("a") ", \"when\": {}, \"match\": \"1-2\"},"
                              " {" NAMED("b") ", \"when\": {}, \"match\": \"2-3\"}]",
              s, 4, "aab-");
}

static void arming(void)
{
    struct table t =
        table_of("[{" NAMED("a") ", \"when\": {}, \"match\": \"1\", \"armed\": false},"
                                 " {\"name\": \"b\", \"when\": {}, \"then\": [{\"arm\": \"a\"}]}]",
                 1);
    if (t.rules == NULL) {
        return;
    }
    struct subject s = plain_subject();
    const struct rule *a = &scenario_at(t.file, 0)->rules[0];
    CHECK_TEXT(chosen(&t, &s), "b");
    CHECK(!rules_is_armed(t.rules, a));
    CHECK_INT(rules_arm(t.rules, SPAN("a"), true), RC_OK);
    CHECK(rules_is_armed(t.rules, a));
    // While it was disarmed it saw nothing, so this is the first request that it meets.
    CHECK_TEXT(chosen(&t, &s), "a");
    CHECK_TEXT(chosen(&t, &s), "b");
    CHECK_INT(rules_arm(t.rules, SPAN("a"), false), RC_OK);
    CHECK(!rules_is_armed(t.rules, a));
    CHECK_INT(rules_arm(t.rules, SPAN("b"), false), RC_OK);
    CHECK(!rules_is_armed(t.rules, a + 1));
    CHECK_TEXT(chosen(&t, &s), "-");
    CHECK_INT(rules_arm(t.rules, SPAN("c"), true), RC_UNKNOWN);
    table_clear(&t);
}

static void matchers(void)
{
    static const struct {
        const char *when;
        const char *expected; // for the subject, and for the changed one
        enum {
            OPERATION,
            REGION,
            CREDENTIAL,
            TOKEN,
            DRY_RUN,
            NONCE,
            ATTEMPT,
            TARGET,
            PHASE,
            TIME
        } change;
    } ROWS[] = {
        {"\"operation\": \"BatchMeterUsage\"", "a-", OPERATION},
        {"\"operation\": \"metering\"", "a-", OPERATION},
        {"\"operation\": \"MeterUsage\"", "-a", OPERATION},
        {"\"region\": \"us-east-1\"", "a-", REGION},
        {"\"credential\": \"k1\"", "a-", CREDENTIAL},
        {"\"token\": \"t2\"", "-a", TOKEN},
        {"\"dry_run\": true", "-a", DRY_RUN},
        {"\"dry_run\": false", "a-", DRY_RUN},
        {"\"nonce\": true", "-a", NONCE},
        {"\"nonce\": false", "a-", NONCE},
        {"\"attempt\": \"2+\"", "-a", ATTEMPT},
        {"\"target\": \"sts\"", "-a", TARGET},
        {"\"phase\": \"request\"", "a-", TARGET},
        {"\"phase\": \"head\"", "-a", PHASE},
        {"\"time\": {\"from\": \"start-hour+1h\"}", "-a", TIME},
        {"\"time\": {\"until\": \"start-hour+1h\"}", "a-", TIME},
        {"\"time\": {\"from\": \"u1+1h\"}", "--", TIME}, // u1 has not begun
        {"\"time\": {\"until\": \"u1+1h\"}", "aa", TIME},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].when);
        struct subject s[2] = {plain_subject(), plain_subject()};
        CHECK_INT(instant_parse(&s[0].service_us, SPAN("2026-11-18T10:59:59Z")), RC_OK);
        s[1].service_us = s[0].service_us + (ROWS[i].change == TIME ? US_PER_S : 0);
        s[1].operation = ROWS[i].change == OPERATION ? OPERATION_METER_USAGE : s[1].operation;
        s[1].region = ROWS[i].change == REGION ? SPAN("eu-west-1") : s[1].region;
        s[1].credential = ROWS[i].change == CREDENTIAL ? SPAN("k2") : s[1].credential;
        s[1].token = ROWS[i].change == TOKEN ? SPAN("t2") : s[1].token;
        s[1].is_dry_run = ROWS[i].change == DRY_RUN;
        s[1].has_nonce = ROWS[i].change == NONCE;
        s[1].attempt = ROWS[i].change == ATTEMPT ? 3 : s[1].attempt;
        s[1].target = ROWS[i].change == TARGET ? SPAN("sts") : s[1].target;
        s[1].phase = ROWS[i].change == PHASE ? PHASE_HEAD : s[1].phase;
        char rules[300];
        (void)snprintf(rules, sizeof rules, "[{" NAMED("a") ", \"when\": {%s}}]", ROWS[i].when);
        check_run(rules, s, 2, ROWS[i].expected);
    }
    unit_row(NULL);
}

static void records(void)
{
    static const struct {
        const char *selector;
        bool matches;
    } ROWS[] = {
        {"{\"customer\": \"acme\"}", true},
        {"{\"customer\": \"initech\"}", false},
        {"{\"count\": \"2+\"}", true},
        {"{\"count\": 3}", false},
        {"{\"customer\": \"acme\", \"count\": 1}", true},
        {"{\"customer\": \"acme\", \"count\": \"2+\"}", false},
        {"{\"customer\": \"initech\", \"count\": 0}", true},
        {"{\"customer\": \"acme\", \"dimension\": \"storage\"}", false}, // one record must be both
        {"{\"dimension\": \"storage\"}", true},
        {"{\"usage\": \"u1\"}", true},
        {"{\"usage\": \"u1\", \"customer\": \"globex\"}", false},
        {"{\"quantity\": \"5-9\"}", true},
        {"{\"quantity\": \"8+\"}", false},
        {"{\"product\": \"widget\"}", true},
        {"{\"hour\": \"start-hour-1\"}", true},
        {"{\"hour\": \"start-hour-2\"}", false},
        {"{\"hour\": \"hour-1h\", \"customer\": \"acme\"}", true},
    };
    struct subject s = plain_subject();
    struct subject_record sent[2] = {
        {.customer = SPAN("acme"),
         .dimension = SPAN("requests"),
         .product = SPAN("widget"),
         .usage = SPAN("u1"),
         .quantity = 7},
        {.customer = SPAN("globex"),
         .dimension = SPAN("storage"),
         .product = SPAN("widget"),
         .quantity = 2},
    };
    CHECK_INT(instant_parse(&sent[0].hour_us, SPAN("2026-11-18T09:00:00Z")), RC_OK);
    sent[1].hour_us = sent[0].hour_us;
    s.records = sent;
    s.record_count = 2;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].selector);
        char rules[300];
        (void)snprintf(rules, sizeof rules, "[{" NAMED("a") ", \"when\": {\"records\": %s}}]",
                       ROWS[i].selector);
        check_run(rules, &s, 1, ROWS[i].matches ? "a" : "-");
    }
    unit_row(NULL);
    OWN(json) cJSON *hour = NULL;
    CHECK_INT(json_read(&hour, NULL, SPAN("{\"hour\": \"start-hour-1\"}"), NULL, NULL), RC_OK);
    CHECK(!record_matches(hour, &sent[0])); // nobody knows the start here
    OWN(json) cJSON *status = NULL;
    CHECK_INT(
        json_read(&status, NULL, SPAN("{\"status\": \"X\", \"customer\": \"acme\"}"), NULL, NULL),
        RC_OK);
    CHECK(record_matches(status, &sent[0]) && !record_matches(status, &sent[1]));
}

struct seen {
    struct buf text;
};

static void on_match(void *arg, const struct rule *rule, uint64_t index, double drew, bool won)
{
    struct seen *seen = arg;
    buf_addf(&seen->text, "%s%d%s%s ", rule->name, (int)index, drew < 0 ? "" : "?", won ? "!" : "");
}

static void tells_the_witness(void)
{
    struct table t = table_of(
        "[{" NAMED("a") ", \"when\": {\"operation\": \"MeterUsage\"}},"
                        " {" NAMED("b") ", \"when\": {}, \"match\": \"2\"},"
                                        " {" NAMED(
                                            "c") ", \"when\": {}, \"match\": \"1\"},"
                                                 " {" NAMED(
                                                     "d") ", \"when\": {}, \"probability\": 0.5}]",
        1);
    struct seen seen = {0};
    struct subject s = plain_subject();
    uint64_t index = 0;
    for (int i = 0; i < 2 && t.rules != NULL; i++) {
        (void)rules_choose(t.rules, &s, on_match, &seen, &index);
    }
    CHECK_INT(index, 2);
    OWN(text) char *text = buf_take_text(&seen.text);
    // Only armed rules whose `when` holds are told, and after the winner nothing is drawn.
    CHECK_TEXT(text, "b1 c1! d1 b2! c2 d2 ");
    table_clear(&t);
}

static char *draws(uint64_t seed, unsigned others)
{
    struct table t = table_of(
        "[{" NAMED("o") ", \"when\": {\"operation\": \"MeterUsage\"}},"
                        " {" NAMED("d") ", \"when\": {\"operation\": \"BatchMeterUsage\"}, "
                                        "\"probability\": 0.3}]",
        seed);
    struct buf out = {0};
    struct subject s = plain_subject();
    struct subject other = plain_subject();
    other.operation = OPERATION_METER_USAGE;
    for (int i = 0; i < 400 && t.rules != NULL; i++) {
        for (unsigned k = 0; k < others; k++) {
            (void)chosen(&t, &other);
        }
        buf_add_text(&out, chosen(&t, &s));
    }
    table_clear(&t);
    return buf_take_text(&out);
}

static void draws_are_reproducible(void)
{
    OWN(text) char *one = draws(1, 0);
    OWN(text) char *again = draws(1, 0);
    OWN(text) char *among_others = draws(1, 3);
    OWN(text) char *two = draws(2, 0);
    CHECK_TEXT(again, one);
    CHECK_TEXT(among_others, one); // other traffic cannot shift a draw
    CHECK(strcmp(one, two) != 0);
    size_t hits = 0;
    for (const char *p = one; *p != '\0'; p++) {
        hits += *p == 'd' ? 1 : 0;
    }
    CHECK(hits > 80 && hits < 160); // 120 of 400 are due; five standard deviations either way
}

static void ranges(void)
{
    static const struct {
        const char *range;
        uint64_t n;
        bool holds;
    } ROWS[] = {{"\"3\"", 3, true},    {"\"3\"", 4, false},
                {"\"1-3\"", 1, true},  {"\"1-3\"", 3, true},
                {"\"1-3\"", 4, false}, {"\"4+\"", 4, true},
                {"\"4+\"", 3, false},  {"\"4+\"", UINT64_MAX, true},
                {"5", 5, true},        {"5", 6, false},
                {"\"0\"", 0, true}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].range);
        OWN(json) cJSON *range = NULL;
        CHECK_INT(json_read(&range, NULL, span_of(ROWS[i].range), NULL, NULL), RC_OK);
        CHECK(count_matches(range, ROWS[i].n) == ROWS[i].holds);
    }
    unit_row(NULL);
}

// A matcher that is asked is no rule: nothing is counted by it, and it looks at no phase.
static void asked_without_a_rule(void)
{
    static const struct {
        const char *when;
        bool holds;
    } ROWS[] = {{"{}", true},
                {"{\"operation\": \"metering\", \"region\": \"us-east-1\"}", true},
                {"{\"operation\": \"MeterUsage\"}", false},
                {"{\"target\": \"imds\"}", false},
                {"{\"invocation\": \"1+\"}", false},
                {"{\"phase\": \"head\"}", true}};
    struct table t = table_of("[{" NAMED("r") ", \"when\": {}, \"match\": \"1\"}]", 1);
    struct subject s = plain_subject();
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN(json) cJSON *when = NULL;
        unit_row(ROWS[i].when);
        CHECK_INT(json_read(&when, NULL, span_of(ROWS[i].when), NULL, NULL), RC_OK);
        CHECK(rules_when_holds(t.rules, when, &s) == ROWS[i].holds);
    }
    unit_row(NULL);
    CHECK_TEXT(chosen(&t, &s), "r"); // it is the first that the rule meets
    table_clear(&t);
}

const struct unit_test RULES_TESTS[] = {
    {"counts", counts},
    {"counts per invocation and connection", counts_per_invocation_and_connection},
    {"the first wins and all count", first_wins_and_all_count},
    {"arming", arming},
    {"matchers", matchers},
    {"records", records},
    {"tells the witness", tells_the_witness},
    {"draws are reproducible", draws_are_reproducible},
    {"ranges", ranges},
    {"asked without a rule", asked_without_a_rule},
    {NULL, NULL},
};
