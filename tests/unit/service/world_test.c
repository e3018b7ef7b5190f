// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

static struct world *open_world(const char *overrides, const char *map)
{
    struct world *w = NULL;
    struct diag d = {0};
    if (!CHECK_INT(fixture_world(&w, overrides, map, "CASE-1", &d), RC_OK)) {
        CHECK_TEXT(d.text, "");
    }
    return w;
}

static void base(void)
{
    struct world *w = open_world(NULL, NULL);
    if (w == NULL) {
        return;
    }
    CHECK_TEXT(world_region(w), "us-east-1");
    CHECK_TEXT(world_ruleset(w)->name, "2026-09");
    CHECK(!world_has_quotas(w));
    CHECK(world_first_product(w) == world_product(w, SPAN("widget")));
    CHECK(world_product_by_code(w, SPAN("code-g")) == world_product(w, SPAN("gadget")));
    CHECK_TEXT(world_first_product(w)->dimensions[1], "sto");
    CHECK_TEXT(world_first_product(w)->dimension_symbols[1], "storage");
    CHECK(world_first_product(w)->dimensions[2] == NULL);
    const struct world_customer *acme = world_customer(w, SPAN("acme"));
    CHECK(world_customer_by_identifier(w, SPAN("id-acme")) == acme);
    CHECK(world_customer_by_account(w, SPAN("111122223333")) == acme);
    CHECK(world_customer_by_license(w, SPAN(ACME_LICENSE)) == acme);
    CHECK(world_customer_by_license(w, SPAN(ACME_GADGET_LICENSE)) == acme);
    CHECK(world_product_by_license(w, SPAN(ACME_GADGET_LICENSE)) ==
          world_product(w, SPAN("gadget")));
    CHECK(world_product_by_license(w, SPAN("none")) == NULL);
    CHECK_TEXT(world_license(acme, world_product(w, SPAN("gadget"))), ACME_GADGET_LICENSE);
    CHECK(world_license(world_customer(w, SPAN("globex")), world_product(w, SPAN("gadget"))) ==
          NULL);
    CHECK_TEXT(acme->license, ACME_LICENSE);
    CHECK(world_customer(w, SPAN("initech"))->identifier == NULL);
    CHECK(world_customer(w, SPAN("initech"))->license == NULL);
    CHECK(world_token_by_value(w, SPAN("tok+1/==")) == world_token(w, SPAN("t1")));
    CHECK_INT(world_token(w, SPAN("t2"))->life_us, 4 * US_PER_HOUR);
    CHECK_TEXT(world_token(w, SPAN("t1"))->product, "widget");
    CHECK(span_is(world_dimension_symbol(w, SPAN("hrs")), "hours"));
    CHECK(span_is(world_dimension_name(w, SPAN("hours")), "hrs"));
    CHECK(world_dimension_symbol(w, SPAN("hours")).at == NULL);
    CHECK(world_product(w, SPAN("Widget")) == NULL && world_customer(w, SPAN("acm")) == NULL);
    CHECK(world_token(w, SPAN("t3")) == NULL && world_token_by_value(w, SPAN("")) == NULL);
    CHECK(world_customer_by_identifier(w, (struct span){0}) == NULL);
    world_free(&w);
    CHECK(w == NULL);
}

// The case changes what it names and leaves the rest; lists merge by name.
static void overrides(void)
{
    struct world *w = open_world(
        "{\"region\":\"eu-west-1\",\"rule_set\":\"2021\",\"quotas\":true,"
        "\"dimensions\":{\"requests\":\"REQ\",\"seats\":\"seat\"},"
        "\"customers\":[{\"name\":\"acme\",\"identifier\":\"other\"},{\"name\":\"c1\"}],"
        "\"tokens\":[{\"name\":\"t1\",\"value\":\"a+b/c%41==\"},{\"name\":\"t9\",\"customer\":"
        "\"c1\",\"life\":\"5s\",\"issued\":\"hour\"}],"
        "\"credentials\":[{\"name\":\"k1\",\"life_wire\":\"5s\"},{\"name\":\"k2\"}]}",
        NULL);
    if (w == NULL) {
        return;
    }
    CHECK_TEXT(world_region(w), "eu-west-1");
    CHECK_TEXT(world_ruleset(w)->name, "2021");
    CHECK(world_has_quotas(w));
    CHECK(span_is(world_dimension_name(w, SPAN("requests")), "REQ"));
    CHECK(span_is(world_dimension_name(w, SPAN("storage")), "sto"));
    CHECK(span_is(world_dimension_name(w, SPAN("seats")), "seat"));
    CHECK_TEXT(world_customer(w, SPAN("acme"))->identifier, "other");
    CHECK_TEXT(world_customer(w, SPAN("acme"))->account, "111122223333");
    CHECK(world_customer_by_identifier(w, SPAN("id-acme")) == NULL);
    CHECK(world_customer(w, SPAN("c1"))->subscribed);
    CHECK_TEXT(world_token(w, SPAN("t1"))->value, "a+b/c%41==");
    CHECK_TEXT(world_token(w, SPAN("t1"))->customer, "acme");
    CHECK_INT(world_token(w, SPAN("t9"))->life_us, 5 * US_PER_S);
    CHECK_INT(world_token(w, SPAN("t9"))->issued_us, instant_hour(START_US));
    CHECK_INT(world_credential_count(w), 2);
    CHECK_INT(world_credential(w, 0)->expires_us, START_US + 6 * US_PER_S);
    CHECK_INT(world_credential(w, 1)->expires_us, 0);
    CHECK(world_credential(w, 2) == NULL);
    world_free(&w);
}

// The seller's values replace ours under the same symbols; a case's own wishes stand above them.
static void map(void)
{
    static const char MAP[] =
        "{\"products\":{\"widget\":{\"code\":\"real\",\"dimensions\":{\"requests\":\"Real Req\"}}},"
        "\"customers\":{\"acme\":{\"identifier\":\"real-id\",\"account\":\"999988887777\","
        "\"license\":null},\"globex\":{\"identifier\":\"real-globex\"}}}";
    struct world *w = open_world("{\"customers\":{\"globex\":{\"identifier\":\"case\"}}}", MAP);
    if (w == NULL) {
        return;
    }
    CHECK_TEXT(world_first_product(w)->code, "real");
    CHECK(span_is(world_dimension_symbol(w, SPAN("Real Req")), "requests"));
    CHECK(span_is(world_dimension_name(w, SPAN("storage")), "sto"));
    CHECK_TEXT(world_customer_by_account(w, SPAN("999988887777"))->symbol, "acme");
    CHECK(world_customer(w, SPAN("acme"))->license == NULL);
    CHECK_TEXT(world_customer(w, SPAN("globex"))->identifier, "case");
    world_free(&w);
}

// Licences tell two customers of one account apart.
static void one_account(void)
{
    struct world *w = open_world("{\"customers\":{\"acme\":{\"account\":\"012345678901\","
                                 "\"license\":\"arn:aws:license-manager::1:license:l-of-acme\"},"
                                 "\"globex\":{\"license\":\"" GLOBEX_LICENSE "\"}}}",
                                 NULL);
    if (w == NULL) {
        return;
    }
    CHECK_TEXT(world_customer(w, SPAN("acme"))->account, "012345678901");
    CHECK_TEXT(
        world_customer_by_license(w, SPAN("arn:aws:license-manager::1:license:l-of-acme"))->symbol,
        "acme");
    CHECK_TEXT(world_customer_by_license(w, SPAN(GLOBEX_LICENSE))->symbol, "globex");
    CHECK_TEXT(world_license(world_customer(w, SPAN("globex")), world_first_product(w)),
               GLOBEX_LICENSE);
    world_free(&w);
}

// Another seller's product exists for the service, and the client is not told of it.
static void foreign_product(void)
{
    struct world *w = open_world("{\"products\":{\"gizmo\":{\"code\":\"g1\",\"dimensions\":"
                                 "{\"boxes\":\"boxes\"},\"foreign\":true}}}",
                                 NULL);
    OWN_BUF struct buf text = {0};
    if (w == NULL) {
        return;
    }
    world_describe(w, &text);
    CHECK(world_product_by_code(w, SPAN("g1")) != NULL);
    CHECK(!span_has(buf_span(&text), SPAN("gizmo")));
    CHECK(span_has(buf_span(&text), SPAN("widget")));
    world_free(&w);
}

struct refusal_row {
    const char *tree, *sentence;
};

static const struct refusal_row CASE_REFUSALS[] = {
    {"{\"regions\":\"x\"}", "world has no key \"regions\""},
    {"[]", "world must be an object, not an array"},
    {"{\"world\":2}", "world.world must be 1: no other format is known"},
    {"{\"region\":7}", "world.region must be a string, not a number"},
    {"{\"region\":\"\"}", "world.region must not be empty"},
    {"{\"quotas\":\"yes\"}", "world.quotas must be true or false, not a string"},
    {"{\"unknown_customer\":\"maybe\"}",
     "world.unknown_customer must be \"exception\" or \"status\""},
    {"{\"customers\":7}",
     "world.customers must be an object, or a list of objects with a name, not a number"},
    {"{\"customers\":{\"acme\":7}}", "world.customers.acme must be an object, not a number"},
    {"{\"customers\":{\"acme\":{\"licence\":\"x\"}}}",
     "world.customers.acme has no key \"licence\""},
    {"{\"customers\":{\"acme\":{\"account\":\"12345678901\"}}}",
     "world.customers.acme.account must be a string of 12 digits"},
    {"{\"customers\":{\"acme\":{\"account\":\"12345678901x\"}}}",
     "world.customers.acme.account must be a string of 12 digits"},
    {"{\"customers\":{\"acme\":{\"account\":111122223333}}}",
     "world.customers.acme.account must be a string of 12 digits"},
    {"{\"customers\":[{\"identifier\":\"x\"}]}", "each of world.customers needs a name"},
    {"{\"customers\":{\"acme\":{\"identifier\":\"id-globex\"}}}",
     "world.customers: globex and acme have the same identifier"},
    {"{\"customers\":{\"acme\":{\"account\":\"012345678901\",\"license\":null}}}",
     "world.customers: globex and acme have the same account"},
    {"{\"customers\":{\"acme\":{\"license\":\"" GLOBEX_LICENSE "\"}}}",
     "world.customers: globex and acme have the same license"},
    {"{\"customers\":{\"acme\":{\"licenses\":{\"thing\":\"x\"}}}}",
     "world.customers.acme.licenses: there is no product thing"},
    {"{\"customers\":{\"acme\":{\"licenses\":\"x\"}}}",
     "world.customers.acme.licenses must be an object, not a string"},
    {"{\"products\":{\"thing\":{}}}", "world.products.thing has no dimensions"},
    {"{\"products\":{\"gadget\":{\"code\":\"code-w\"}}}",
     "world.products: two products have the code code-w"},
    {"{\"dimensions\":{\"storage\":\"req\"}}",
     "world.products.widget: the dimensions requests and storage have the same name"},
    {"{\"products\":{\"widget\":{\"dimensions\":[]}}}",
     "world.products.widget.dimensions must be an object, not an array"},
    {"{\"tokens\":[{\"name\":\"t3\"}]}", "world.tokens.t3.customer must name a customer"},
    {"{\"tokens\":[{\"name\":\"t1\",\"customer\":\"nobody\"}]}",
     "world.tokens.t1.customer must name a customer"},
    {"{\"tokens\":[{\"name\":\"t1\",\"product\":\"thing\"}]}",
     "world.tokens.t1: there is no product thing"},
    {"{\"tokens\":[{\"name\":\"t1\",\"value\":\"tok-2\"}]}",
     "world.tokens: t1 and t2 have the same value"},
    {"{\"tokens\":[{\"name\":\"t1\",\"life\":4}]}",
     "world.tokens.t1.life must be a string that names a duration, not a number"},
    {"{\"tokens\":[{\"name\":\"t1\",\"issued\":true}]}",
     "world.tokens.t1.issued must be a string that names a moment, not true or false"},
    {"{\"credentials\":[{\"name\":\"k1\",\"access_key_id\":\"AKIA1\"},"
     "{\"name\":\"k2\",\"access_key_id\":\"AKIA1\"}]}",
     "world.credentials: two have the access key id AKIA1"},
    {"{\"credentials\":[{\"name\":\"k1\",\"session_token\":\"x\"}]}",
     "world.credentials.k1 has a session token but is not a session"},
    {"{\"credentials\":[{\"name\":\"k1\",\"customer\":\"nobody\"}]}",
     "world.credentials.k1: there is no customer nobody"},
    {"{\"credentials\":[{\"name\":\"k1\",\"denied\":\"MeterUsage\"}]}",
     "world.credentials.k1.denied must be a list of operations, not a string"},
    {"{\"credentials\":[{\"name\":\"k1\",\"denied\":[\"metering\"]}]}",
     "world.credentials.k1.denied must name operations"},
    {"{\"platform\":\"lambda\"}",
     "world.platform must be \"ec2\" or \"ecs\" or \"eks\" or \"agentcore\" or \"other\""},
    {"{\"dry_run\":true}", "world.dry_run must be \"record\" or \"error\""},
    {"{\"claims\":\"upper\"}", "world.claims must be \"lower\" or \"capital\""},
    {"{\"public_key_version\":0}", "world.public_key_version must be a whole number from 1"},
    {"{\"runtime_region\":\"\"}", "world.runtime_region must not be empty"},
    {"{\"ledger\":{}}", "world.ledger must be a list of objects, not an object"},
    {"{\"ledger\":[{\"customer\":\"acme\",\"dimension\":\"requests\",\"hour\":\"hour\"}]}",
     "each of world.ledger needs customer, dimension, hour and quantity"},
    {"{\"ledger\":[{\"customer\":\"acme\",\"dimension\":\"requests\",\"quantity\":1}]}",
     "each of world.ledger needs customer, dimension, hour and quantity"},
    {"{\"ledger\":[{\"quantity\":-1}]}",
     "world.ledger.[].quantity must be a whole number from 0 to 2147483647"},
    {"{\"ledger\":[{\"payer\":\"acme\"}]}",
     "world.ledger.[].payer must be \"customer\" or \"license\""},
    {"{\"ledger\":[{\"customer\":\"x\",\"dimension\":\"requests\",\"hour\":\"hour\",\"quantity\":1}"
     "]}",
     "world.ledger: there is no customer x"},
    {"{\"ledger\":[{\"customer\":\"acme\",\"dimension\":\"req\",\"hour\":\"hour\",\"quantity\":1}]"
     "}",
     "world.ledger: the product widget has no dimension req"},
    {"{\"ledger\":[{\"customer\":\"acme\",\"product\":\"x\",\"dimension\":\"requests\",\"hour\":"
     "\"hour\",\"quantity\":1}]}",
     "world.ledger: there is no product x"},
};

static const struct refusal_row MAP_REFUSALS[] = {
    {"{\"customers\":{\"nobody\":{\"identifier\":\"x\"}}}",
     "world.customers.nobody is named by no case"},
    {"{\"products\":{\"thing\":{\"code\":\"x\"}}}", "world.products.thing is named by no case"},
    {"{\"products\":{\"widget\":{\"dimensions\":{\"seats\":\"x\"}}}}",
     "world.products.widget.dimensions.seats is named by no case"},
    {"{\"customers\":{\"acme\":{\"subscribed\":false}}}",
     "world.customers.acme.subscribed is not for the seller to say: a map of the world gives wire "
     "values only"},
    {"{\"rule_set\":\"2021\"}", "world.rule_set is not for the seller to say: a map of the world "
                                "gives wire values only"},
};

static void check_refusal(const char *case_tree, const char *map_tree, const char *sentence)
{
    struct world *w = NULL;
    struct diag d = {0};
    unit_row(sentence);
    CHECK(fixture_world(&w, case_tree, map_tree, "CASE-1", &d) != RC_OK);
    CHECK_TEXT(d.text, sentence);
    CHECK(w == NULL);
    world_free(&w);
    unit_row(NULL);
}

static void refusals(void)
{
    for (size_t i = 0; i < sizeof CASE_REFUSALS / sizeof CASE_REFUSALS[0]; i++) {
        check_refusal(CASE_REFUSALS[i].tree, NULL, CASE_REFUSALS[i].sentence);
    }
    for (size_t i = 0; i < sizeof MAP_REFUSALS / sizeof MAP_REFUSALS[0]; i++) {
        check_refusal(NULL, MAP_REFUSALS[i].tree, MAP_REFUSALS[i].sentence);
    }
    struct world *w = NULL;
    struct diag d = {0};
    CHECK_INT(fixture_world(&w, "{\"rule_set\":\"2020\"}", NULL, "C", &d), RC_UNKNOWN);
    CHECK(strstr(d.text, "there is no such rule set") != NULL);
    d = (struct diag){0};
    CHECK(fixture_world(&w, "{\"tokens\":[{\"name\":\"t1\",\"life\":\"soon\"}]}", NULL, "C", &d) !=
          RC_OK);
    d = (struct diag){0};
    CHECK(fixture_world(&w, "{\"customers\":{\"acme\":{\"subscribed_from\":\"some day\"}}}", NULL,
                        "C", &d) != RC_OK);
}

static void no_products(void)
{
    struct world *w = NULL;
    struct diag d = {0};
    OWN(json) cJSON *empty = cJSON_CreateObject();
    struct world_options options = {.base = empty};
    CHECK_INT(world_new(&w, &options, &d), RC_MISSING);
    CHECK_TEXT(d.text, "world has no products");
}

static bool holds_only(const char *text, const char *alphabet)
{
    return text[strspn(text, alphabet)] == '\0';
}

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void derived(void)
{
    static const char TREE[] =
        "{\"customers\":{\"c1\":{},\"c2\":{}},\"products\":{\"thing\":{\"dimensions\":{\"d\":"
        "\"d\"}}},\"tokens\":[{\"name\":\"t3\",\"customer\":\"c1\"}],\"credentials\":[{\"name\":"
        "\"k2\",\"life_wire\":\"11h\"},{\"name\":\"k3\",\"session\":true},{\"name\":\"k4\","
        "\"life_wire\":\"5s\",\"session\":false}]}";
    struct world *w = open_world(TREE, NULL);
    if (w == NULL) {
        return;
    }
    const struct world_customer *c1 = world_customer(w, SPAN("c1"));
    const struct world_customer *c2 = world_customer(w, SPAN("c2"));
    CHECK(strlen(c1->identifier) == 11 && holds_only(c1->identifier, ALPHANUMERIC));
    CHECK(strlen(c1->account) == 12 && holds_only(c1->account, "0123456789"));
    CHECK(span_starts(span_of(c1->license),
                      SPAN("arn:aws:license-manager::294406891311:license:l-")));
    CHECK(strcmp(c1->identifier, c2->identifier) != 0 && strcmp(c1->account, c2->account) != 0);
    CHECK(strcmp(c1->license, c2->license) != 0);
    CHECK(world_customer_by_license(w, span_of(c2->license)) == c2);
    CHECK_INT(strlen(world_product(w, SPAN("thing"))->code), 25);
    CHECK(holds_only(world_token(w, SPAN("t3"))->value, ALPHANUMERIC "+/="));
    static const struct {
        const char *before;
        bool session;
        int64_t life_s;
    } KEYS[] = {{"AKIA", false, INT64_C(12) * 3600},
                {"ASIA", true, INT64_C(11) * 3600},
                {"ASIA", true, 0},
                {"AKIA", false, 5}};
    for (size_t i = 0; i < 4; i++) {
        const struct sigv4_credential *key = world_credential(w, i);
        unit_row(key->name);
        CHECK(span_starts(span_of(key->access_key_id), span_of(KEYS[i].before)));
        CHECK_INT(strlen(key->access_key_id), 20);
        CHECK(strlen(key->secret_access_key) == 40 &&
              holds_only(key->secret_access_key, ALPHANUMERIC "+/"));
        CHECK((key->session_token != NULL) == KEYS[i].session);
        int64_t end_us = START_US + (KEYS[i].life_s + 1) * US_PER_S;
        CHECK_INT(key->expires_us, KEYS[i].life_s == 0 ? 0 : end_us);
        CHECK(world_find_credential(w, span_of(key->access_key_id)) == key);
    }
    unit_row(NULL);
    CHECK(world_find_credential(w, SPAN("AKIA")) == NULL);
    world_free(&w);
}

// The same seed and case give the same secrets; another case gives others.
static void secrets_of_a_case(void)
{
    struct world *worlds[3] = {NULL};
    static const char *const CASES[] = {"CASE-1", "CASE-1", "CASE-2"};
    for (size_t i = 0; i < 3; i++) {
        struct diag d = {0};
        CHECK_INT(fixture_world(&worlds[i], NULL, NULL, CASES[i], &d), RC_OK);
    }
    const char *first = world_credential(worlds[0], 0)->secret_access_key;
    CHECK_TEXT(world_credential(worlds[1], 0)->secret_access_key, first);
    CHECK(strcmp(world_credential(worlds[2], 0)->secret_access_key, first) != 0);
    for (size_t i = 0; i < 3; i++) {
        world_free(&worlds[i]);
    }
}

static void many_customers(void)
{
    OWN_BUF struct buf tree = {0};
    buf_add_text(&tree, "{\"customers\":[");
    for (int i = 0; i < 1000; i++) {
        buf_addf(&tree, "%s{\"name\":\"c%d\"}", i > 0 ? "," : "", i);
    }
    buf_add_text(&tree, "]}");
    OWN(text) char *text = buf_take_text(&tree);
    struct world *w = open_world(text, NULL);
    if (w == NULL) {
        return;
    }
    const struct world_customer *c = world_customer(w, SPAN("c999"));
    CHECK(c != NULL && world_customer_by_account(w, span_of(c->account)) == c);
    CHECK(c != NULL && world_customer_by_identifier(w, span_of(c->identifier)) == c);
    world_free(&w);
}

// A step changes what is there; what was borrowed stays where it was.
static void steps(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    const struct world_customer *acme = world_customer(f.world, SPAN("acme"));
    const struct sigv4_credential *key = world_credential(f.world, 0);
    const char *old_identifier = acme->identifier;
    f.now_us += US_PER_HOUR;
    CHECK(fixture_change(&f, "{\"customers\":{\"acme\":{\"subscribed\":false,\"identifier\":\"n\"},"
                             "\"c7\":{}},\"tokens\":[{\"name\":\"t7\",\"customer\":\"c7\"}]}"));
    CHECK(world_customer(f.world, SPAN("acme")) == acme && world_credential(f.world, 0) == key);
    CHECK_TEXT(old_identifier, "id-acme");
    CHECK_TEXT(acme->identifier, "n");
    CHECK(!acme->subscribed);
    CHECK_INT(acme->subscribed_until_us, START_US + US_PER_HOUR);
    CHECK(world_customer_by_identifier(f.world, SPAN("id-acme")) == NULL);
    CHECK_INT(world_token(f.world, SPAN("t7"))->issued_us, START_US + US_PER_HOUR);
    CHECK_INT(world_customer(f.world, SPAN("c7"))->subscribed_from_us, START_US + US_PER_HOUR);
    f.now_us += US_PER_HOUR;
    CHECK(fixture_change(&f, "{\"customers\":{\"acme\":{\"subscribed\":true}}}"));
    CHECK(acme->subscribed && acme->subscribed_until_us == 0);
    CHECK_INT(acme->subscribed_from_us, START_US + 2 * US_PER_HOUR);

    OWN(json) cJSON *keys = cJSON_CreateObject();
    (void)cJSON_AddArrayToObject(keys, "credentials");
    struct diag d = {0};
    CHECK_INT(world_change(f.world, keys, f.now_us, &d), RC_UNSUPPORTED);
    CHECK_TEXT(d.text, "world.credentials must be given before the case begins; a step of verb "
                       "credentials serves and expires them");
    fixture_close(&f);
}

static void describes(void)
{
    struct world *w = open_world(NULL, NULL);
    if (w == NULL) {
        return;
    }
    OWN_BUF struct buf out = {0};
    world_describe(w, &out);
    OWN(text) char *text = buf_take_text(&out);
    CHECK_TEXT(text,
               "{\"region\":\"us-east-1\",\"public_key_version\":1,\"products\":[{\"symbol\":"
               "\"widget\",\"code\":\"code-w\","
               "\"dimensions\":{\"requests\":\"req\",\"storage\":\"sto\"}},{\"symbol\":\"gadget\","
               "\"code\":\"code-g\",\"dimensions\":{\"hours\":\"hrs\"}}],\"customers\":{"
               "\"acme\":{\"identifier\":\"id-acme\",\"account\":\"111122223333\",\"license\":"
               "\"" ACME_LICENSE "\"},\"globex\":{\"identifier\":\"id-globex\",\"account\":"
               "\"012345678901\",\"license\":\"" GLOBEX_LICENSE "\"},\"initech\":{\"account\":"
               "\"333344445555\"}}}");
    world_free(&w);
}

// An adapter for several product types is told which it is asked to be.
static void describes_profile(void)
{
    struct diag d = {0};
    OWN(json) cJSON *base = NULL;
    struct world *w = NULL;
    CHECK_INT(json_read_file(&base, NULL, METERPROVER_SOURCE_DIR "/scenarios/world.json", &d),
              RC_OK);
    struct world_options options = {.base = base, .profile = "agentcore", .case_id = SPAN("C-1")};
    if (CHECK_INT(world_new(&w, &options, &d), RC_OK)) {
        OWN_BUF struct buf out = {0};
        world_describe(w, &out);
        CHECK(span_starts(buf_span(&out),
                          SPAN("{\"region\":\"us-east-1\",\"profile\":\"agentcore\",")));
    }
    world_free(&w);
}

// The world that every case starts from is one that we take.
static void the_one_that_ships(void)
{
    struct diag d = {0};
    cJSON *base = NULL;
    CHECK_INT(json_read_file(&base, NULL, METERPROVER_SOURCE_DIR "/scenarios/world.json", &d),
              RC_OK);
    struct world_options options = {.base = base, .start_us = START_US, .wire_us = START_US};
    struct world *w = NULL;
    CHECK_INT(world_new(&w, &options, &d), RC_OK);
    CHECK_TEXT(d.text, "");
    if (w != NULL) {
        CHECK(world_customer(w, SPAN("acme")) != NULL && world_credential_count(w) > 0);
    }
    world_free(&w);
    cJSON_Delete(base);
}

const struct unit_test WORLD_TESTS[] = {
    {"what every case starts from", base},
    {"what a case changes", overrides},
    {"the seller's own values", map},
    {"one account", one_account},
    {"a foreign product", foreign_product},
    {"refusals", refusals},
    {"no products", no_products},
    {"derived values", derived},
    {"secrets of a case", secrets_of_a_case},
    {"a thousand customers", many_customers},
    {"steps", steps},
    {"describes itself", describes},
    {"names its profile", describes_profile},
    {"the world that ships", the_one_that_ships},
    {NULL, NULL},
};
