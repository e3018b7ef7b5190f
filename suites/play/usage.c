// SPDX-License-Identifier: Apache-2.0
// The usage step: what the client is told, and the facts by which the judge knows the usage.
#include "suites/play/play_inside.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

static void add_text(struct buf *b, const char *key, const char *value)
{
    if (value != NULL) {
        buf_addf(b, "%s\"%s\":", b->data[b->len - 1] == '{' ? "" : ",", key);
        buf_add_json_string(b, span_of(value));
    }
}

static void add_json(struct buf *b, const char *key, const cJSON *value)
{
    if (value != NULL) {
        buf_addf(b, ",\"%s\":", key);
        json_print(b, value);
    }
}

static void add_moment(struct buf *b, const char *key, int64_t at_us)
{
    char text[INSTANT_TEXT];
    instant_format_s(text, at_us);
    add_text(b, key, text);
}

struct usage_parts {
    const struct world_product *product;
    const struct world_customer *customer;
    const char *license;   // NULL: the older model, by identifier and product code
    const char *dimension; // symbol
    bool has_at;
    int64_t at_us, hour_us;
};

// The customer as its model knows it: who has no licence yet is still known by the identifier. A
// program that runs in its buyer's account is not told who that is.
static void add_customer(struct buf *b, const struct play *p, const struct usage_parts *parts)
{
    if (scenario_metering(p->setting->profile) == OPERATION_METER_USAGE) {
        return;
    }
    const struct world_customer *c = parts->customer;
    buf_add_text(b, ",\"customer\":{");
    if (parts->license == NULL) {
        add_text(b, "identifier", c->identifier);
    }
    add_text(b, "account", c->account);
    add_text(b, "license", parts->license);
    buf_add_char(b, '}');
}

static bool find_parts(struct play *p, const struct step *step, struct usage_parts *parts)
{
    const struct world *world = lane_world(p->lane);
    const char *product = json_get_text(step->args, "product");
    const char *at = json_get_text(step->args, "at");
    parts->product =
        product == NULL ? world_first_product(world) : world_product(world, span_of(product));
    parts->customer = world_customer(world, json_span(json_get(step->args, "customer")));
    parts->license = scenario_has_agreements(p->setting->profile) && parts->customer != NULL &&
                             parts->product != NULL
                         ? world_license(parts->customer, parts->product)
                         : NULL;
    parts->dimension = json_get_text(step->args, "dimension");
    parts->has_at = at != NULL;
    parts->at_us = at == NULL ? lane_service_us(p->lane) : step_moment(p, at);
    parts->hour_us = instant_hour(parts->at_us);
    return parts->product != NULL && parts->customer != NULL && parts->dimension != NULL;
}

static void usage_line(struct play *p, const struct step *step, const struct usage_parts *parts,
                       struct buf *b)
{
    struct span wire = world_dimension_name(lane_world(p->lane), span_of(parts->dimension));
    buf_add_char(b, '{');
    add_text(b, "id", step->id);
    add_text(b, "product", parts->product->code);
    add_customer(b, p, parts);
    buf_add_text(b, ",\"dimension\":");
    buf_add_json_string(b, wire.len > 0 ? wire : span_of(parts->dimension));
    add_json(b, "quantity", json_get(step->args, "quantity"));
    if (parts->has_at) {
        add_moment(b, "at", parts->at_us);
    }
    add_json(b, "tags", json_get(step->args, "tags"));
    buf_add_char(b, '}');
}

static void usage_facts(const struct step *step, const struct usage_parts *parts, struct buf *b)
{
    OWN_BUF struct buf payer = {0};
    buf_addf(&payer, "%s:%s%c", parts->license != NULL ? "license" : "customer",
             parts->customer->symbol, '\0');
    buf_add_char(b, '{');
    add_text(b, "id", step->id);
    add_text(b, "product", parts->product->symbol);
    add_text(b, "payer", payer.data);
    add_text(b, "customer", parts->customer->symbol);
    add_text(b, "dimension", parts->dimension);
    add_json(b, "quantity", json_get(step->args, "quantity"));
    if (parts->has_at) {
        add_moment(b, "at", parts->at_us);
    }
    add_moment(b, "hour", parts->hour_us);
    buf_add_char(b, '}');
}

void step_begin_usage(struct play *p, const struct step *step)
{
    struct usage_parts parts = {0};
    if (!find_parts(p, step, &parts)) {
        play_end_case(p, "harness", "step %u names something that the world does not have",
                      step->n);
        return;
    }
    OWN_BUF struct buf line = {0};
    OWN_BUF struct buf facts = {0};
    usage_line(p, step, &parts, &line);
    usage_facts(step, &parts, &facts);
    X_GROW(p->asked, p->asked_count, p->asked_capacity);
    p->asked[p->asked_count++] =
        (struct asked){.id = x_strdup(step->id), .state = ANSWER_STATE_NONE};
    p->has_asked_usage = true;
    lane_expect_usage(p->lane, span_of(step->id), span_of(parts.customer->symbol),
                      span_of(parts.dimension), parts.hour_us);
    step_await(p, step, step_send(p, step, "usage", buf_span(&line), buf_span(&facts)));
}
