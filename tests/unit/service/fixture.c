// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"

#include <stdio.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "tests/unit/unit.h"

static const char BASE[] =
    "{\"world\":1,\"region\":\"us-east-1\",\"rule_set\":\"2026-09\",\"quotas\":false,"
    "\"products\":{"
    "\"widget\":{\"code\":\"code-w\",\"dimensions\":{\"requests\":\"req\",\"storage\":\"sto\"}},"
    "\"gadget\":{\"code\":\"code-g\",\"dimensions\":{\"hours\":\"hrs\"}}},"
    "\"customers\":{"
    "\"acme\":{\"identifier\":\"id-acme\",\"account\":\"111122223333\",\"license\":\"" ACME_LICENSE
    "\",\"licenses\":{\"gadget\":\"" ACME_GADGET_LICENSE "\"},\"subscribed\":true},"
    "\"globex\":{\"identifier\":\"id-globex\",\"account\":\"012345678901\",\"license\":"
    "\"" GLOBEX_LICENSE "\",\"subscribed\":true},"
    "\"initech\":{\"identifier\":null,\"account\":\"333344445555\",\"license\":null}},"
    "\"tokens\":[{\"name\":\"t1\",\"value\":\"tok+1/==\",\"customer\":\"acme\",\"life\":\"4h\"},"
    "{\"name\":\"t2\",\"value\":\"tok-2\",\"customer\":\"initech\",\"product\":\"gadget\"}],"
    "\"credentials\":[{\"name\":\"k1\",\"life_wire\":\"12h\"}]}";

static cJSON *read_tree(const char *text)
{
    cJSON *tree = NULL;
    struct diag d = {0};
    if (text != NULL && json_read(&tree, NULL, span_of(text), "test", &d) != RC_OK) {
        CHECK_TEXT(d.text, "");
    }
    return tree;
}

struct trees {
    const char *overrides, *map, *profile, *source;
};

static enum rc make_world(struct world **out, const struct trees *trees, const char *case_id,
                          struct diag *d)
{
    OWN(json) cJSON *base = read_tree(BASE);
    OWN(json) cJSON *case_tree = read_tree(trees->overrides);
    OWN(json) cJSON *map_tree = read_tree(trees->map);
    struct world_options options = {
        .base = base,
        .overrides = case_tree,
        .map = map_tree,
        .start_us = START_US,
        .wire_us = START_US + US_PER_S,
        .seed = 7,
        .case_id = span_of(case_id),
        .profile = trees->profile,
        .source = trees->source,
    };
    return world_new(out, &options, d);
}

enum rc fixture_world(struct world **out, const char *overrides, const char *map,
                      const char *case_id, struct diag *d)
{
    struct trees trees = {.overrides = overrides, .map = map};
    return make_world(out, &trees, case_id, d);
}

static bool open_trees(struct fixture *f, const struct trees *trees)
{
    *f = (struct fixture){.now_us = START_US};
    struct diag d = {0};
    if (!CHECK_INT(make_world(&f->world, trees, "CASE-1", &d), RC_OK)) {
        CHECK_TEXT(d.text, "");
        return false;
    }
    f->ledger = ledger_new();
    f->service = service_new(f->world, f->ledger);
    return true;
}

bool fixture_open(struct fixture *f, const char *overrides)
{
    struct trees trees = {.overrides = overrides};
    return open_trees(f, &trees);
}

bool fixture_open_as(struct fixture *f, const char *overrides, const char *profile)
{
    struct trees trees = {.overrides = overrides, .profile = profile};
    return open_trees(f, &trees);
}

bool fixture_open_from(struct fixture *f, const char *overrides, const char *source)
{
    struct trees trees = {.overrides = overrides, .source = source};
    return open_trees(f, &trees);
}

static bool sign(void *arg, enum jwt_algorithm algorithm, struct span text, struct buf *out)
{
    (void)arg;
    buf_add_text(out, algorithm == JWT_WITH_PSS ? "S(" : "P(");
    buf_add(out, text);
    buf_add_char(out, ')');
    return true;
}

static const char *public_pem(void *arg)
{
    (void)arg;
    return "the public key";
}

void fixture_sign(struct fixture *f)
{
    struct jwt_signer signer = {.sign = sign, .public_pem = public_pem};
    service_set_signer(f->service, &signer);
}

void fixture_close(struct fixture *f)
{
    service_reply_clear(&f->reply);
    aws_request_clear(&f->request);
    x_free(f->body);
    service_free(&f->service);
    ledger_free(&f->ledger);
    world_free(&f->world);
}

enum aws_error fixture_ask(struct fixture *f, enum operation operation, const char *body)
{
    struct aws_violation violation = {0};
    aws_request_clear(&f->request);
    CHECK_INT(aws_request_read(&f->request, operation, span_of(body), world_ruleset(f->world),
                               &violation),
              RC_OK);
    CHECK_TEXT(violation.text, "");
    struct service_call call = {
        .request = &f->request,
        .region = f->region,
        .credential = f->credential,
        .wire_us = START_US + US_PER_S,
        .forgery = f->forgery,
        .now_us = f->now_us,
        .directives = f->directives,
        .order = f->order,
    };
    service_answer(f->service, &call, &f->reply);
    x_free(f->body);
    f->body = span_dup(buf_span(&f->reply.body));
    return f->reply.error;
}

enum aws_error fixture_meter(struct fixture *f, const char *records)
{
    OWN_BUF struct buf body = {0};
    buf_addf(&body, "{\"ProductCode\":\"code-w\",\"UsageRecords\":[%s]}", records);
    OWN(text) char *text = buf_take_text(&body);
    return fixture_ask(f, OPERATION_BATCH_METER_USAGE, text);
}

bool fixture_change(struct fixture *f, const char *change)
{
    OWN(json) cJSON *tree = read_tree(change);
    struct diag d = {0};
    bool done = CHECK_INT(world_change(f->world, tree, f->now_us, &d), RC_OK);
    CHECK_TEXT(d.text, "");
    return done;
}

int64_t fixture_instant(const char *text)
{
    int64_t at_us = 0;
    CHECK_INT(instant_parse(&at_us, span_of(text)), RC_OK);
    return at_us;
}
