// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/world.h"

#include "proxy/base/alloc.h"
#include "proxy/base/digest.h"
#include "proxy/base/own.h"
#include "proxy/service/world_data.h"

// A world is read in layers (what every case starts from, the seller's own values, the case's own
// wishes, then its `world` steps), each applied to the structs that are there. Borrowers keep
// pointers into it, so every struct and every text stays where it is until the world is freed.

const char *world_keep(struct world *w, struct span text)
{
    X_GROW(w->texts, w->text_count, w->text_capacity);
    w->texts[w->text_count] = span_dup(text);
    return w->texts[w->text_count++];
}

static enum rc read_layers(struct world *w, const struct world_options *options, struct diag *d)
{
    const struct {
        const cJSON *tree;
        enum world_layer layer;
    } LAYERS[] = {
        {options->base, WORLD_BASE},
        {options->map, WORLD_MAP},
        {options->overrides, WORLD_CASE},
    };
    for (size_t i = 0; i < sizeof LAYERS / sizeof LAYERS[0]; i++) {
        if (LAYERS[i].tree == NULL) {
            continue;
        }
        enum rc rc = world_read(w, LAYERS[i].tree, LAYERS[i].layer, options->start_us, d);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return world_complete(w, d);
}

static enum platform platform_of(const char *profile)
{
    static const struct {
        const char *profile;
        enum platform platform;
    } ROWS[] = {{"ami", PLATFORM_EC2}, {"agentcore", PLATFORM_AGENTCORE}};
    for (size_t i = 0; profile != NULL && i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (span_is(span_of(profile), ROWS[i].profile)) {
            return ROWS[i].platform;
        }
    }
    return PLATFORM_ECS; // the one on which both MeterUsage and RegisterUsage can be called
}

enum rc world_new(struct world **out, const struct world_options *options, struct diag *d)
{
    struct world *w = x_alloc(sizeof *w);
    w->rules = ruleset_newest();
    w->region = "us-east-1";
    w->profile = options->profile == NULL ? NULL : world_keep(w, span_of(options->profile));
    w->platform = platform_of(options->profile);
    w->public_key_version = 1;
    w->key_rotation_us = options->start_us;
    w->start_us = options->start_us;
    w->wire_us = options->wire_us;
    w->seed = options->seed;
    w->case_id = world_keep(w, options->case_id);
    bool is_fetched = options->source != NULL && !span_is(span_of(options->source), "static");
    w->source = is_fetched ? world_keep(w, span_of(options->source)) : NULL;
    enum rc rc = read_layers(w, options, d);
    if (rc != RC_OK) {
        world_free(&w);
    }
    *out = w;
    return rc;
}

enum rc world_change(struct world *w, const cJSON *change, int64_t now_us, struct diag *d)
{
    enum rc rc = world_read(w, change, WORLD_STEP, now_us, d);
    return rc == RC_OK ? world_complete(w, d) : rc;
}

static void free_product(struct product *p)
{
    x_free(p->names);
    x_free(p->symbols);
    x_free(p);
}

static void free_customer(struct customer *c)
{
    x_free(c->licenses);
    x_free(c->licensed);
    x_free(c);
}

#define FREE_ALL(array, count, release)                                                            \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (count); i_++) {                                                  \
            release((array)[i_]);                                                                  \
        }                                                                                          \
        x_free(array);                                                                             \
    } while (0)

void world_free(struct world **w)
{
    struct world *old = *w;
    if (old == NULL) {
        return;
    }
    FREE_ALL(old->products, old->product_count, free_product);
    FREE_ALL(old->customers, old->customer_count, free_customer);
    FREE_ALL(old->tokens, old->token_count, x_free);
    FREE_ALL(old->credentials, old->credential_count, x_free);
    FREE_ALL(old->texts, old->text_count, x_free);
    x_free(old->preloads);
    index_clear(&old->by_symbol);
    index_clear(&old->by_identifier);
    index_clear(&old->by_account);
    index_clear(&old->by_license);
    x_free(old);
    *w = NULL;
}

const struct ruleset *world_ruleset(const struct world *w)
{
    return w->rules;
}

const char *world_region(const struct world *w)
{
    return w->region;
}

bool world_has_quotas(const struct world *w)
{
    return w->quotas;
}

bool world_allows_imds_v1(const struct world *w)
{
    return w->imds_v1;
}

struct product *world_own_product(const struct world *w, struct span symbol)
{
    for (size_t i = 0; i < w->product_count; i++) {
        if (span_is(symbol, w->products[i]->face.symbol)) {
            return w->products[i];
        }
    }
    return NULL;
}

// Customers are added while a tree is read and there may be thousands: the index of symbols is kept
// up to date at every moment, the others when a reading is complete.
struct customer *world_own_customer(const struct world *w, struct span symbol)
{
    const struct customer *found = index_find(&w->by_symbol, symbol);
    return found == NULL ? NULL : w->customers[found->place];
}

struct token *world_own_token(const struct world *w, struct span symbol)
{
    for (size_t i = 0; i < w->token_count; i++) {
        if (span_is(symbol, w->tokens[i]->face.symbol)) {
            return w->tokens[i];
        }
    }
    return NULL;
}

const struct credential *world_own_credential(const struct world *w, const char *name)
{
    for (size_t i = 0; name != NULL && i < w->credential_count; i++) {
        if (span_is(span_of(name), w->credentials[i]->face.name)) {
            return w->credentials[i];
        }
    }
    return w->credentials[0];
}

const struct customer *world_buyer(const struct world *w, const struct credential *c)
{
    return c->customer == NULL ? w->customers[0] : world_own_customer(w, span_of(c->customer));
}

struct span world_runtime_region(const struct world *w)
{
    return span_of(w->runtime_region == NULL ? w->region : w->runtime_region);
}

const struct world_product *world_product(const struct world *w, struct span symbol)
{
    const struct product *found = world_own_product(w, symbol);
    return found == NULL ? NULL : &found->face;
}

const struct world_product *world_first_product(const struct world *w)
{
    return &w->products[0]->face;
}

const struct world_customer *world_customer(const struct world *w, struct span symbol)
{
    return index_find(&w->by_symbol, symbol); // the face comes first
}

const struct world_token *world_token(const struct world *w, struct span symbol)
{
    const struct token *found = world_own_token(w, symbol);
    return found == NULL ? NULL : &found->face;
}

const struct world_customer *world_customer_at(const struct world *w, size_t i)
{
    return i < w->customer_count ? &w->customers[i]->face : NULL;
}

const struct world_token *world_token_at(const struct world *w, size_t i)
{
    return i < w->token_count ? &w->tokens[i]->face : NULL;
}

const struct world_product *world_product_by_code(const struct world *w, struct span code)
{
    for (size_t i = 0; i < w->product_count; i++) {
        if (span_is(code, w->products[i]->face.code)) {
            return &w->products[i]->face;
        }
    }
    return NULL;
}

const struct world_customer *world_customer_by_identifier(const struct world *w, struct span id)
{
    return index_find(&w->by_identifier, id);
}

const struct world_customer *world_customer_by_account(const struct world *w, struct span account)
{
    return index_find(&w->by_account, account);
}

const struct world_customer *world_customer_by_license(const struct world *w, struct span arn)
{
    const struct licensed *found = index_find(&w->by_license, arn);
    return found == NULL ? NULL : &found->customer->face;
}

const struct world_product *world_product_by_license(const struct world *w, struct span arn)
{
    const struct licensed *found = index_find(&w->by_license, arn);
    return found == NULL ? NULL : &found->product->face;
}

const char *world_license(const struct world_customer *customer,
                          const struct world_product *product)
{
    const struct customer *c = (const struct customer *)(const void *)customer; // the face is first
    for (size_t i = 0; i < c->license_count; i++) {
        if (&c->licensed[i].product->face == product) {
            return c->licenses[i].arn;
        }
    }
    return NULL;
}

const struct world_token *world_token_by_value(const struct world *w, struct span value)
{
    for (size_t i = 0; i < w->token_count; i++) {
        if (span_is(value, w->tokens[i]->face.value)) {
            return &w->tokens[i]->face;
        }
    }
    return NULL;
}

struct span world_dimension_symbol(const struct world *w, struct span wire_name)
{
    for (size_t i = 0; i < w->product_count; i++) {
        const struct product *p = w->products[i];
        for (size_t k = 0; k < p->count; k++) {
            if (span_is(wire_name, p->names[k])) {
                return span_of(p->symbols[k]);
            }
        }
    }
    return (struct span){0};
}

struct span world_dimension_name(const struct world *w, struct span symbol)
{
    for (size_t i = 0; i < w->product_count; i++) {
        const struct product *p = w->products[i];
        for (size_t k = 0; k < p->count; k++) {
            if (span_is(symbol, p->symbols[k])) {
                return span_of(p->names[k]);
            }
        }
    }
    return (struct span){0};
}

size_t world_credential_count(const struct world *w)
{
    return w->credential_count;
}

const struct sigv4_credential *world_credential(const struct world *w, size_t i)
{
    return i < w->credential_count ? &w->credentials[i]->face : NULL;
}

const struct world_customer *world_credential_customer(const struct world *w, const char *name)
{
    return &world_buyer(w, world_own_credential(w, name))->face;
}

const char *world_calling_account(const struct world *w, const char *name, enum operation operation)
{
    bool is_buyers = operation == OPERATION_METER_USAGE || operation == OPERATION_REGISTER_USAGE;
    return is_buyers ? world_credential_customer(w, name)->account : w->seller_account;
}

const struct sigv4_credential *world_credential_named(const struct world *w, struct span name)
{
    for (size_t i = 0; i < w->credential_count; i++) {
        if (span_is(name, w->credentials[i]->face.name)) {
            return &w->credentials[i]->face;
        }
    }
    return NULL;
}

void world_add_agreement(struct buf *out, const struct world_customer *customer,
                         const struct world_product *product)
{
    char hex[SHA256_HEX];
    OWN_BUF struct buf text = {0};
    buf_addf(&text, "agmt-\n%s\n%s", product->code, customer->symbol);
    sha256_hex(hex, buf_span(&text));
    buf_addf(out, "agmt-%.25s", hex);
}

enum delivery world_delivery(const struct world *w)
{
    struct span source = span_of(w->source);
    if (w->source == NULL) {
        return w->platform == PLATFORM_EC2   ? DELIVERY_METADATA
               : w->platform == PLATFORM_EKS ? DELIVERY_WEB_IDENTITY
                                             : DELIVERY_CONTAINER;
    }
    return span_is(source, "imds")           ? DELIVERY_METADATA
           : span_is(source, "web-identity") ? DELIVERY_WEB_IDENTITY
                                             : DELIVERY_CONTAINER;
}

void world_tell_metadata(struct world *w, const struct sigv4_credential *c, bool is_version_1)
{
    for (size_t i = 0; i < w->credential_count; i++) {
        if (&w->credentials[i]->face == c) {
            w->credentials[i]->by_version_1 = is_version_1;
        }
    }
}

const struct sigv4_credential *world_find_credential(void *arg, struct span access_key_id)
{
    const struct world *w = arg;
    for (size_t i = 0; i < w->credential_count; i++) {
        if (span_is(access_key_id, w->credentials[i]->face.access_key_id)) {
            return &w->credentials[i]->face;
        }
    }
    return NULL;
}

static void describe_text(struct buf *out, const char *before, const char *value)
{
    if (value != NULL) {
        buf_add_text(out, before);
        buf_add_json_string(out, span_of(value));
    }
}

static void describe_product(const struct product *p, struct buf *out)
{
    describe_text(out, "{\"symbol\":", p->face.symbol);
    describe_text(out, ",\"code\":", p->face.code);
    buf_add_text(out, ",\"dimensions\":{");
    for (size_t i = 0; i < p->count; i++) {
        describe_text(out, i > 0 ? "," : "", p->symbols[i]);
        describe_text(out, ":", p->names[i]);
    }
    buf_add_text(out, "}}");
}

static void describe_customer(const struct customer *c, struct buf *out)
{
    describe_text(out, "", c->face.symbol);
    buf_add_text(out, ":{");
    describe_text(out, "\"identifier\":", c->face.identifier);
    describe_text(out,
                  c->face.identifier == NULL ? "\"account\":" : ",\"account\":", c->face.account);
    describe_text(out, ",\"license\":", c->face.license);
    buf_add_char(out, '}');
}

void world_describe(const struct world *w, struct buf *out)
{
    describe_text(out, "{\"region\":", w->region);
    describe_text(out, ",\"profile\":", w->profile);
    buf_add_member_i64(out, "public_key_version", w->public_key_version);
    buf_add_text(out, ",\"products\":[");
    const char *comma = "";
    for (size_t i = 0; i < w->product_count; i++) {
        if (!w->products[i]->foreign) {
            buf_add_text(out, comma);
            describe_product(w->products[i], out);
            comma = ",";
        }
    }
    buf_add_text(out, "],\"customers\":{");
    for (size_t i = 0; i < w->customer_count; i++) {
        buf_add_text(out, i > 0 ? "," : "");
        describe_customer(w->customers[i], out);
    }
    buf_add_text(out, "}}");
}
