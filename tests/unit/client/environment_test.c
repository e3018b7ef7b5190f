// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/base/own.h"
#include "suites/client/environment.h"

static const char *const HOSTILE[] = {
    "PATH=/bin",
    "HOME=/home/seller",
    "AWS_ACCESS_KEY_ID=AKIAREALREALREALREAL",
    "AWS_SECRET_ACCESS_KEY=real",
    "AWS_SESSION_TOKEN=real",
    "AWS_PROFILE=production",
    "AWS_REGION=eu-west-1",
    "AWS_ENDPOINT_URL=https://real.example",
    "AWS_ENDPOINT_URL_MARKETPLACE_METERING=https://metering.marketplace.us-east-1.amazonaws.com",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
    "AWS_CONFIG_FILE=/home/seller/.aws/config",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1",
    "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/token",
    "AWS_ROLE_ARN=arn:aws:iam::1:role/real",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://169.254.169.254",
    "AWS_CA_BUNDLE=/real.pem",
    "AWS_MAX_ATTEMPTS=9",
    "AWS_=odd",
    "HTTP_PROXY=http://corp:1",
    "https_proxy=http://corp:2",
    "All_Proxy=socks5://corp:3",
    "ALL_PROXY=socks5://corp:4",
    "no_proxy=*",
    "NO_PROXY=metering.marketplace.us-east-1.amazonaws.com",
    "npm_config_https_proxy=http://corp:5",
    "METERPROVER_PUBLIC_KEY=/old",
    "METERPROVER_CASE=old",
    "TWICE=first",
    "TWICE=second",
    "GOPROXY=off",
    "SSL_CERT_FILE=/etc/corp.pem",
    "AWSOME=kept",
    "EMPTY=",
    "no equals sign",
    "=nameless",
    NULL,
};

static struct environment_options basic(void)
{
    return (struct environment_options){
        .caller = HOSTILE,
        .endpoint = "http://127.0.0.1:4000",
        .region = "us-east-1",
        .config_file = "/out/config",
        .credentials_file = "/out/credentials",
        .proxy = "http://127.0.0.1:4999",
        .source = CREDENTIALS_STATIC,
        .access_key = "AKIDTEST",
        .secret_key = "secret",
        .state_dir = "/out/state",
        .world = "{\"product\":\"p\"}",
        .deadline_s = 30,
        .case_id = "BMU-R02",
    };
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Everything in it, sorted: what is not listed must not be there.
static void holds_exactly(struct environment *e, const char *expected)
{
    OWN_BUF struct buf all = {0};
    qsort(e->vars, e->count, sizeof *e->vars, by_text);
    for (size_t i = 0; i < e->count; i++) {
        buf_add_text(&all, e->vars[i]);
        buf_add_char(&all, '\n');
    }
    CHECK(environment_vars(e)[e->count] == NULL);
    OWN(text) char *text = buf_take_text(&all);
    CHECK_TEXT(text, expected);
}

static void scrubs_a_hostile_caller(void)
{
    struct environment e;
    struct environment_options o = basic();
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    holds_exactly(&e, "AWSOME=kept\n"
                      "AWS_ACCESS_KEY_ID=AKIDTEST\n"
                      "AWS_CONFIG_FILE=/out/config\n"
                      "AWS_DEFAULT_REGION=us-east-1\n"
                      "AWS_EC2_METADATA_DISABLED=true\n"
                      "AWS_ENDPOINT_URL_MARKETPLACE_METERING=http://127.0.0.1:4000\n"
                      "AWS_ENDPOINT_URL_STS=http://127.0.0.1:4000\n"
                      "AWS_REGION=us-east-1\n"
                      "AWS_SECRET_ACCESS_KEY=secret\n"
                      "AWS_SHARED_CREDENTIALS_FILE=/out/credentials\n"
                      "EMPTY=\n"
                      "GOPROXY=off\n"
                      "HOME=/home/seller\n"
                      "HTTPS_PROXY=http://127.0.0.1:4999\n"
                      "HTTP_PROXY=http://127.0.0.1:4999\n"
                      "METERPROVER_CASE=BMU-R02\n"
                      "METERPROVER_DEADLINE_S=30\n"
                      "METERPROVER_ENDPOINT=http://127.0.0.1:4000\n"
                      "METERPROVER_STATE=/out/state\n"
                      "METERPROVER_WORLD={\"product\":\"p\"}\n"
                      "NO_PROXY=127.0.0.1,localhost,::1\n"
                      "PATH=/bin\n"
                      "SSL_CERT_FILE=/etc/corp.pem\n"
                      "TWICE=first\n"
                      "http_proxy=http://127.0.0.1:4999\n"
                      "https_proxy=http://127.0.0.1:4999\n"
                      "no_proxy=127.0.0.1,localhost,::1\n");
    environment_clear(&e);
}

static void needs_no_caller(void)
{
    static const char *const NONE[] = {NULL};
    struct environment e;
    struct environment_options o = basic();
    o.caller = NONE;
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    CHECK_TEXT(environment_get(&e, "AWS_REGION"), "us-east-1");
    CHECK_TEXT(environment_get(&e, "AWS_REG"), NULL);
    CHECK_TEXT(environment_get(&e, "PATH"), NULL);
    environment_clear(&e);
    CHECK(environment_vars(&e)[0] == NULL);
}

static void offer_container(struct environment_options *o)
{
    o->container_uri = "http://127.0.0.1:1/c";
    o->container_token = "t";
    o->container_token_file = "/out/container-token";
}

// What a lane tells of that source.
static struct environment_options offering(enum credential_source source)
{
    struct environment_options o = basic();
    o.source = source;
    if (source == CREDENTIALS_STATIC) {
        o.session_token = "t";
        return o;
    }
    o.access_key = o.secret_key = o.session_token = NULL;
    if (source == CREDENTIALS_CONTAINER) {
        offer_container(&o);
    } else if (source == CREDENTIALS_IMDS) {
        o.imds_endpoint = "http://127.0.0.1:2";
    } else {
        o.web_identity_file = "/out/token";
        o.role_arn = "arn:aws:iam::000000000000:role/meter";
    }
    return o;
}

static void sets_what_stands_beside_a_source(void)
{
    struct environment e;
    struct environment_options o = offering(CREDENTIALS_WEB_IDENTITY);
    offer_container(&o);
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    CHECK_TEXT(environment_get(&e, "AWS_WEB_IDENTITY_TOKEN_FILE"), "/out/token");
    CHECK_TEXT(environment_get(&e, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), "http://127.0.0.1:1/c");
    environment_clear(&e);

    o = offering(CREDENTIALS_IMDS);
    o.access_key = "AKIA";
    o.secret_key = "s";
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    CHECK_TEXT(environment_get(&e, "AWS_EC2_METADATA_SERVICE_ENDPOINT"), "http://127.0.0.1:2");
    CHECK_TEXT(environment_get(&e, "AWS_EC2_METADATA_DISABLED"), NULL);
    CHECK_TEXT(environment_get(&e, "AWS_ACCESS_KEY_ID"), "AKIA");
    CHECK_TEXT(environment_get(&e, "AWS_SECRET_ACCESS_KEY"), "s");
    environment_clear(&e);
}

static void sets_each_credential_source(void)
{
    static const struct {
        const char *name;
        enum credential_source source;
        const char *set[4], *absent[4];
    } ROWS[] = {
        {"static",
         CREDENTIALS_STATIC,
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
          "AWS_EC2_METADATA_DISABLED"},
         {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
          "AWS_EC2_METADATA_SERVICE_ENDPOINT"}},
        {"container",
         CREDENTIALS_CONTAINER,
         {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
          "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_EC2_METADATA_DISABLED"},
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"}},
        {"imds",
         CREDENTIALS_IMDS,
         {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_REGION", "AWS_CONFIG_FILE", "HTTPS_PROXY"},
         {"AWS_EC2_METADATA_DISABLED", "AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
          "AWS_ROLE_ARN"}},
        {"web identity",
         CREDENTIALS_WEB_IDENTITY,
         {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
          "AWS_EC2_METADATA_DISABLED"},
         {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
          "AWS_EC2_METADATA_SERVICE_ENDPOINT"}},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct environment e;
        struct environment_options o = offering(ROWS[i].source);
        CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
        for (size_t k = 0; k < 4; k++) {
            if (!CHECK(environment_get(&e, ROWS[i].set[k]) != NULL) ||
                !CHECK(environment_get(&e, ROWS[i].absent[k]) == NULL)) {
                CHECK_TEXT(ROWS[i].set[k], ROWS[i].absent[k]);
            }
        }
        environment_clear(&e);
    }
    unit_row(NULL);
}

static void trusts_our_authority_under_tls(void)
{
    struct environment e;
    struct environment_options o = basic();
    o.ca_file = "/out/ca.pem";
    o.public_key = "/out/key.pem";
    o.sts_endpoint = "http://127.0.0.1:4001";
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    CHECK_TEXT(environment_get(&e, "AWS_CA_BUNDLE"), "/out/ca.pem");
    CHECK_TEXT(environment_get(&e, "SSL_CERT_FILE"), "/out/ca.pem");
    CHECK_TEXT(environment_get(&e, "NODE_EXTRA_CA_CERTS"), "/out/ca.pem");
    CHECK_TEXT(environment_get(&e, "REQUESTS_CA_BUNDLE"), "/out/ca.pem");
    CHECK_TEXT(environment_get(&e, "CURL_CA_BUNDLE"), "/out/ca.pem");
    CHECK_TEXT(environment_get(&e, "METERPROVER_PUBLIC_KEY"), "/out/key.pem");
    CHECK_TEXT(environment_get(&e, "AWS_ENDPOINT_URL_STS"), "http://127.0.0.1:4001");
    environment_clear(&e);
}

static void adds_and_passes(void)
{
    static const char *const ADD[] = {"MY=a=b", "PATH=/mine", "AWS_RETRY_MODE=adaptive",
                                      "NIL=", NULL};
    static const char *const PASS[] = {"AWS_MAX_ATTEMPTS", "HOME", NULL};
    struct environment e;
    struct environment_options o = basic();
    o.add = ADD;
    o.pass = PASS;
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    CHECK_TEXT(environment_get(&e, "MY"), "a=b");
    CHECK_TEXT(environment_get(&e, "PATH"), "/mine");
    CHECK_TEXT(environment_get(&e, "NIL"), "");
    CHECK_TEXT(environment_get(&e, "AWS_RETRY_MODE"), "adaptive");
    CHECK_TEXT(environment_get(&e, "AWS_MAX_ATTEMPTS"), "9");
    CHECK_TEXT(environment_get(&e, "HOME"), "/home/seller");
    environment_clear(&e);
}

#define ENDPOINT_WHY "it decides where requests go, and they must not leave this machine"
#define KEYS_WHY "the case decides which credentials the client finds"

static void refuses_with_a_sentence(void)
{
    static const struct {
        const char *add, *pass;
        enum rc code;
        const char *sentence;
    } ROWS[] = {
        {"novalue", NULL, RC_USAGE, "--env needs NAME=VALUE, not \"novalue\""},
        {"=x", NULL, RC_USAGE, "--env needs NAME=VALUE, not \"=x\""},
        {"AWS_ENDPOINT_URL=https://x", NULL, RC_CONFLICT,
         "--env must not set AWS_ENDPOINT_URL: " ENDPOINT_WHY},
        {"AWS_ENDPOINT_URL_STS=https://x", NULL, RC_CONFLICT,
         "--env must not set AWS_ENDPOINT_URL_STS: " ENDPOINT_WHY},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", NULL, RC_CONFLICT,
         "--env must not set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: " ENDPOINT_WHY},
        {"Https_Proxy=http://x", NULL, RC_CONFLICT,
         "--env must not set Https_Proxy: " ENDPOINT_WHY},
        {"AWS_ACCESS_KEY_ID=AKIA", NULL, RC_CONFLICT,
         "--env must not set AWS_ACCESS_KEY_ID: " KEYS_WHY},
        {"AWS_SHARED_CREDENTIALS_FILE=/x", NULL, RC_CONFLICT,
         "--env must not set AWS_SHARED_CREDENTIALS_FILE: " KEYS_WHY},
        {"METERPROVER_CASE=x", NULL, RC_CONFLICT,
         "--env must not set METERPROVER_CASE: it tells the client of its case"},
        {NULL, "AWS_PROFILE", RC_CONFLICT, "--pass must not set AWS_PROFILE: " KEYS_WHY},
        {NULL, "AWS_SECRET_ACCESS_KEY", RC_CONFLICT,
         "--pass must not set AWS_SECRET_ACCESS_KEY: " KEYS_WHY},
        {NULL, "no_proxy", RC_CONFLICT, "--pass must not set no_proxy: " ENDPOINT_WHY},
        {NULL, "NOT_SET", RC_MISSING, "--pass NOT_SET: this variable is not set here"},
        {NULL, "A=B", RC_USAGE, "--pass needs the name of a variable, not \"A=B\""},
        {NULL, "", RC_USAGE, "--pass needs the name of a variable, not \"\""},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].sentence);
        const char *add[] = {ROWS[i].add, NULL};
        const char *pass[] = {ROWS[i].pass, NULL};
        struct environment_options o = basic();
        o.add = add;
        o.pass = pass;
        struct environment e;
        struct diag d = {0};
        CHECK_INT(environment_build(&e, &o, &d), ROWS[i].code);
        CHECK_TEXT(d.text, ROWS[i].sentence);
        CHECK(e.count == 0 && e.vars == NULL);
    }
    unit_row(NULL);
    CHECK(environment_refusal(SPAN("AWS_REGION")) == NULL);
    CHECK(environment_refusal(SPAN("AWS_PROFILES")) == NULL);
    CHECK(environment_refusal(SPAN("PROXY")) == NULL);
}

static void refuses_what_cannot_be_run(void)
{
    OWN(text) char *world = x_alloc(131073);
    memset(world, 'x', 131072);
    struct environment e;
    struct environment_options o = basic();
    struct diag d = {0};
    o.world = world;
    CHECK_INT(environment_build(&e, &o, &d), RC_LIMIT);
    CHECK_TEXT(d.text, "METERPROVER_WORLD would be 131090 bytes long; a program's environment "
                       "takes at most 131071 in one variable");
    world[131071 - sizeof "METERPROVER_WORLD"] = '\0';
    CHECK_INT(environment_build(&e, &o, NULL), RC_OK);
    environment_clear(&e);
    o.world = "{}";
    o.proxy = NULL;
    d = (struct diag){0};
    CHECK_INT(environment_build(&e, &o, &d), RC_MISSING);
    CHECK_TEXT(d.text, "the client's environment needs a value for HTTPS_PROXY");
}

const struct unit_test ENVIRONMENT_TESTS[] = {
    {"scrubs a hostile caller", scrubs_a_hostile_caller},
    {"needs no caller", needs_no_caller},
    {"sets each credential source", sets_each_credential_source},
    {"sets what stands beside a source", sets_what_stands_beside_a_source},
    {"trusts our authority under TLS", trusts_our_authority_under_tls},
    {"adds and passes", adds_and_passes},
    {"refuses with a sentence", refuses_with_a_sentence},
    {"refuses what cannot be run", refuses_what_cannot_be_run},
    {NULL, NULL}};
