// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/world_field.h"

#include <assert.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// One table for each kind of thing in a world, and what its keys do.

// The name of a list's member was used to find it.
static enum rc skip(struct reading *r, void *object, const cJSON *value)
{
    (void)r;
    (void)object;
    (void)value;
    return RC_OK;
}

static void add_dimension(struct product *p, const char *symbol)
{
    if (p->capacity - p->count < 2) { // one more, and the NULL behind them
        p->capacity = p->capacity == 0 ? 8 : p->capacity * 2;
        p->names = x_realloc(p->names, p->capacity * sizeof *p->names);
        p->symbols = x_realloc(p->symbols, p->capacity * sizeof *p->symbols);
    }
    p->symbols[p->count] = symbol;
    p->names[p->count] = symbol;
    p->count++;
    p->symbols[p->count] = NULL;
    p->names[p->count] = NULL;
}

static size_t find_dimension(const struct product *p, const char *symbol)
{
    size_t i = 0;
    while (i < p->count && !span_is(span_of(symbol), p->symbols[i])) {
        i++;
    }
    return i;
}

static enum rc read_dimensions(struct reading *r, void *object, const cJSON *json)
{
    struct product *p = object;
    if (!cJSON_IsObject(json)) {
        return wrong_type(r, json, "an object");
    }
    const cJSON *value = NULL;
    cJSON_ArrayForEach(value, json)
    {
        size_t i = find_dimension(p, value->string);
        if (i == p->count && r->layer == WORLD_MAP) {
            return diag_fail(r->d, RC_UNKNOWN, "%s.dimensions.%s is named by no case", r->where,
                             value->string);
        }
        if (i == p->count) {
            add_dimension(p, world_keep(r->w, span_of(value->string)));
        }
        enum rc rc = read_text(r, &p->names[i], value);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static void *get_product(struct reading *r, struct span symbol)
{
    struct world *w = r->w;
    struct product *p = world_own_product(w, symbol);
    if (p == NULL && r->layer != WORLD_MAP) {
        p = x_alloc(sizeof *p);
        p->face.symbol = world_keep(w, symbol);
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        X_GROW(w->products, w->product_count, w->product_capacity);
        w->products[w->product_count++] = p;
    }
    return p;
}

static struct span payer_of(struct world *w, const char *model, struct span symbol)
{
    struct buf text = {0};
    buf_add_text(&text, model);
    buf_add(&text, symbol);
    const char *kept = world_keep(w, buf_span(&text));
    buf_clear(&text);
    return span_of(kept);
}

static void *get_customer(struct reading *r, struct span symbol)
{
    struct world *w = r->w;
    struct customer *c = world_own_customer(w, symbol);
    if (c != NULL || r->layer == WORLD_MAP) {
        return c;
    }
    c = x_alloc(sizeof *c);
    c->face.symbol = world_keep(w, symbol);
    c->face.subscribed = true;
    c->face.subscribed_from_us = r->layer == WORLD_STEP ? r->now_us : 0;
    c->payer = payer_of(w, "customer:", symbol);
    c->license_payer = payer_of(w, "license:", symbol);
    c->place = w->customer_count;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    X_GROW(w->customers, w->customer_count, w->customer_capacity);
    w->customers[w->customer_count++] = c;
    bool fresh = index_put(&w->by_symbol, span_of(c->face.symbol), c);
    assert(fresh);
    (void)fresh;
    return c;
}

static enum rc read_identifier(struct reading *r, void *object, const cJSON *value)
{
    struct customer *c = object;
    c->no_identifier = cJSON_IsNull(value);
    if (c->no_identifier) {
        c->face.identifier = NULL;
        return RC_OK;
    }
    return read_text(r, &c->face.identifier, value);
}

static enum rc read_account(struct reading *r, void *object, const cJSON *value)
{
    struct customer *c = object;
    uint64_t number = 0;
    struct span account = json_span(value);
    if (account.len != 12 || !span_to_u64(account, UINT64_MAX, &number)) {
        return diag_fail(r->d, RC_RANGE, "%s.account must be a string of 12 digits", r->where);
    }
    return read_text(r, &c->face.account, value);
}

// Gives the customer's licence for that product (NULL: the first), making room for it.
static struct license *get_license(struct customer *c, const char *product)
{
    for (size_t i = 0; i < c->license_count; i++) {
        const char *other = c->licenses[i].product;
        if (product == NULL ? other == NULL : other != NULL && span_is(span_of(product), other)) {
            return &c->licenses[i];
        }
    }
    X_GROW(c->licenses, c->license_count, c->license_capacity);
    c->licenses[c->license_count] = (struct license){.product = product};
    return &c->licenses[c->license_count++];
}

static enum rc set_license(struct reading *r, struct customer *c, const char *product,
                           const cJSON *value)
{
    struct license *license = get_license(c, product);
    if (cJSON_IsNull(value)) {
        license->arn = NULL;
        return RC_OK;
    }
    return read_text(r, &license->arn, value);
}

static enum rc read_license(struct reading *r, void *object, const cJSON *value)
{
    return set_license(r, object, NULL, value);
}

static enum rc read_licenses(struct reading *r, void *object, const cJSON *json)
{
    if (!cJSON_IsObject(json)) {
        return wrong_type(r, json, "an object");
    }
    const cJSON *value = NULL;
    cJSON_ArrayForEach(value, json)
    {
        enum rc rc = set_license(r, object, world_keep(r->w, span_of(value->string)), value);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

// As a case begins, false means "never was". In a step, it ends the subscription at once.
static enum rc read_subscribed(struct reading *r, void *object, const cJSON *value)
{
    struct world_customer *c = &((struct customer *)object)->face;
    bool was = c->subscribed && c->subscribed_until_us == 0;
    enum rc rc = read_flag(r, &c->subscribed, value);
    if (rc != RC_OK) {
        return rc;
    }
    bool in_step = r->layer == WORLD_STEP;
    if (c->subscribed && !was) {
        c->subscribed_from_us = in_step ? r->now_us : 0;
    }
    c->subscribed_until_us = !c->subscribed && in_step ? r->now_us : 0;
    return RC_OK;
}

// Opens the hour in which last records are still taken; false takes the notice back.
static enum rc read_pending(struct reading *r, void *object, const cJSON *value)
{
    struct world_customer *c = &((struct customer *)object)->face;
    bool pending = false;
    enum rc rc = read_flag(r, &pending, value);
    if (rc == RC_OK) {
        c->subscribed_until_us = pending ? r->now_us : 0;
    }
    return rc;
}

static void *get_token(struct reading *r, struct span symbol)
{
    struct world *w = r->w;
    struct token *t = world_own_token(w, symbol);
    if (t == NULL) {
        t = x_alloc(sizeof *t);
        t->face.symbol = world_keep(w, symbol);
        t->face.issued_us = r->now_us;
        t->face.life_us = 4 * US_PER_HOUR; // guide, saas-product-customer-setup
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        X_GROW(w->tokens, w->token_count, w->token_capacity);
        w->tokens[w->token_count++] = t;
    }
    return t;
}

static void *get_credential(struct reading *r, struct span symbol)
{
    struct world *w = r->w;
    for (size_t i = 0; i < w->credential_count; i++) {
        if (span_is(symbol, w->credentials[i]->face.name)) {
            return w->credentials[i];
        }
    }
    struct credential *c = x_alloc(sizeof *c);
    c->face.name = world_keep(w, symbol);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    X_GROW(w->credentials, w->credential_count, w->credential_capacity);
    w->credentials[w->credential_count++] = c;
    return c;
}

static enum rc read_session(struct reading *r, void *object, const cJSON *value)
{
    struct credential *c = object;
    c->session_said = true;
    return read_flag(r, &c->session, value);
}

// The operations that the credential's policy does not allow; what was said before is forgotten.
static enum rc read_denied(struct reading *r, void *object, const cJSON *json)
{
    struct credential *c = object;
    const cJSON *name = NULL;
    if (!cJSON_IsArray(json)) {
        return wrong_type(r, json, "a list of operations");
    }
    c->denied = 0;
    cJSON_ArrayForEach(name, json)
    {
        enum operation operation = operation_find(json_span(name));
        if (operation == OPERATION_NONE) {
            return diag_fail(r->d, RC_UNKNOWN, "%s.denied must name operations", r->where);
        }
        c->denied |= 1U << operation;
    }
    return RC_OK;
}

static enum rc read_hour(struct reading *r, void *object, const cJSON *value)
{
    struct preload *p = object;
    int64_t at_us = 0;
    enum rc rc = read_moment(r, &at_us, value);
    p->hour_us = instant_hour(at_us);
    p->has_hour = true;
    return rc;
}

static enum rc read_quantity(struct reading *r, void *object, const cJSON *value)
{
    struct preload *p = object;
    if (!json_int(value, 0, INT32_MAX, &p->quantity)) {
        return diag_fail(r->d, RC_RANGE, "%s.quantity must be a whole number from 0 to 2147483647",
                         r->where);
    }
    return RC_OK;
}

static enum rc read_payer(struct reading *r, void *object, const cJSON *value)
{
    static const char *const WORDS[] = {"customer", "license", NULL};
    size_t place = 0;
    enum rc rc = read_word(r, value, WORDS, &place);
    ((struct preload *)object)->payer = place == 0 ? PRELOAD_CUSTOMER : PRELOAD_LICENSE;
    return rc;
}

static enum rc read_world_format(struct reading *r, void *object, const cJSON *value)
{
    (void)object;
    int64_t format = 0;
    return json_int(value, 1, 1, &format)
               ? RC_OK
               : diag_fail(r->d, RC_UNSUPPORTED, "world.world must be 1: no other format is known");
}

static enum rc read_rule_set(struct reading *r, void *object, const cJSON *value)
{
    struct world *w = object;
    const struct ruleset *rules = ruleset_find(json_span(value));
    if (rules == NULL) {
        return diag_fail(r->d, RC_UNKNOWN, "world.rule_set: there is no such rule set (newest: %s)",
                         ruleset_newest()->name);
    }
    w->rules = rules;
    return RC_OK;
}

static enum rc read_platform(struct reading *r, void *object, const cJSON *value)
{
    static const char *const WORDS[] = {
        [PLATFORM_EC2] = "ec2",     [PLATFORM_ECS] = "ecs",
        [PLATFORM_EKS] = "eks",     [PLATFORM_AGENTCORE] = "agentcore",
        [PLATFORM_OTHER] = "other", [PLATFORM_OTHER + 1] = NULL};
    size_t place = 0;
    enum rc rc = read_word(r, value, WORDS, &place);
    if (rc == RC_OK) {
        ((struct world *)object)->platform = (enum platform)place;
    }
    return rc;
}

static enum rc read_dry_run(struct reading *r, void *object, const cJSON *value)
{
    static const char *const WORDS[] = {"record", "error", NULL};
    size_t place = 0;
    enum rc rc = read_word(r, value, WORDS, &place);
    ((struct world *)object)->dry_run_as_error = place == 1;
    return rc;
}

static enum rc read_claims(struct reading *r, void *object, const cJSON *value)
{
    static const char *const WORDS[] = {"lower", "capital", NULL};
    size_t place = 0;
    enum rc rc = read_word(r, value, WORDS, &place);
    ((struct world *)object)->capital_claims = place == 1;
    return rc;
}

static enum rc read_key_version(struct reading *r, void *object, const cJSON *value)
{
    struct world *w = object;
    return json_int(value, 1, INT32_MAX, &w->public_key_version)
               ? RC_OK
               : diag_fail(r->d, RC_RANGE, "%s.public_key_version must be a whole number from 1",
                           r->where);
}

static enum rc read_unknown_customer(struct reading *r, void *object, const cJSON *value)
{
    static const char *const WORDS[] = {"exception", "status", NULL};
    size_t place = 0;
    enum rc rc = read_word(r, value, WORDS, &place);
    ((struct world *)object)->unknown_as_status = place == 1;
    return rc;
}

static enum rc read_foreign(struct reading *r, void *object, const cJSON *value)
{
    return read_flag(r, &((struct product *)object)->foreign, value);
}

static const struct field PRODUCT_FIELDS[] = {
    OWN_FIELD("name", skip, true),
    TEXT_FIELD(struct product, "code", face.code, true),
    OWN_FIELD("dimensions", read_dimensions, true),
    OWN_FIELD("foreign", read_foreign, false),
    END_OF_FIELDS,
};

static const struct field CUSTOMER_FIELDS[] = {
    OWN_FIELD("name", skip, true),
    OWN_FIELD("identifier", read_identifier, true),
    OWN_FIELD("account", read_account, true),
    OWN_FIELD("license", read_license, true),
    OWN_FIELD("licenses", read_licenses, true),
    OWN_FIELD("subscribed", read_subscribed, false),
    OWN_FIELD("unsubscribe_pending", read_pending, false),
    MOMENT_FIELD(struct customer, "subscribed_from", face.subscribed_from_us),
    MOMENT_FIELD(struct customer, "subscribed_until", face.subscribed_until_us),
    MOMENT_FIELD(struct customer, "license_from", license_from_us),
    MOMENT_FIELD(struct customer, "license_until", license_until_us),
    END_OF_FIELDS,
};

static const struct field TOKEN_FIELDS[] = {
    OWN_FIELD("name", skip, false),
    TEXT_FIELD(struct token, "value", face.value, false),
    TEXT_FIELD(struct token, "customer", face.customer, false),
    TEXT_FIELD(struct token, "product", face.product, false),
    DURATION_FIELD(struct token, "life", face.life_us),
    MOMENT_FIELD(struct token, "issued", face.issued_us),
    END_OF_FIELDS,
};

static const struct field CREDENTIAL_FIELDS[] = {
    OWN_FIELD("name", skip, false),
    TEXT_FIELD(struct credential, "access_key_id", face.access_key_id, false),
    TEXT_FIELD(struct credential, "secret", face.secret_access_key, false),
    TEXT_FIELD(struct credential, "session_token", face.session_token, false),
    OWN_FIELD("session", read_session, false),
    TEXT_FIELD(struct credential, "customer", customer, false),
    TEXT_FIELD(struct credential, "instance", instance, false),
    OWN_FIELD("denied", read_denied, false),
    DURATION_FIELD(struct credential, "life_wire", life_us),
    END_OF_FIELDS,
};

static const struct field PRELOAD_FIELDS[] = {
    TEXT_FIELD(struct preload, "customer", customer, false),
    TEXT_FIELD(struct preload, "dimension", dimension, false),
    TEXT_FIELD(struct preload, "product", product, false),
    OWN_FIELD("hour", read_hour, false),
    OWN_FIELD("quantity", read_quantity, false),
    OWN_FIELD("payer", read_payer, false),
    END_OF_FIELDS,
};

static const struct collection PRODUCTS = {"products", get_product, PRODUCT_FIELDS};
static const struct collection CUSTOMERS = {"customers", get_customer, CUSTOMER_FIELDS};
static const struct collection TOKENS = {"tokens", get_token, TOKEN_FIELDS};
static const struct collection CREDENTIALS = {"credentials", get_credential, CREDENTIAL_FIELDS};

static enum rc read_products(struct reading *r, void *object, const cJSON *value)
{
    (void)object;
    return read_collection(r, &PRODUCTS, value);
}

static enum rc read_customers(struct reading *r, void *object, const cJSON *value)
{
    (void)object;
    return read_collection(r, &CUSTOMERS, value);
}

static enum rc read_tokens(struct reading *r, void *object, const cJSON *value)
{
    (void)object;
    return read_collection(r, &TOKENS, value);
}

// How long a credential lives is wire time, which a step in service time cannot tell.
static enum rc read_credentials(struct reading *r, void *object, const cJSON *value)
{
    (void)object;
    if (r->layer == WORLD_STEP) {
        return diag_fail(r->d, RC_UNSUPPORTED,
                         "world.credentials must be given before the case begins; a step of verb "
                         "credentials serves and expires them");
    }
    return read_collection(r, &CREDENTIALS, value);
}

// Dimensions at the top are those of the first product.
static enum rc read_first_dimensions(struct reading *r, void *object, const cJSON *value)
{
    struct world *w = object;
    if (w->product_count == 0) {
        return diag_fail(r->d, RC_MISSING, "world.dimensions stands before any product");
    }
    return read_dimensions(r, w->products[0], value);
}

static enum rc read_preloads(struct reading *r, void *object, const cJSON *json)
{
    struct world *w = object;
    if (!cJSON_IsArray(json)) {
        return wrong_type(r, json, "a list of objects");
    }
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, json)
    {
        reading_enter(r, "ledger", SPAN("[]"));
        struct preload preload = {.at_us = r->now_us, .quantity = -1};
        enum rc rc = read_fields(r, PRELOAD_FIELDS, &preload, entry);
        if (rc != RC_OK) {
            return rc;
        }
        reading_leave(r);
        X_GROW(w->preloads, w->preload_count, w->preload_capacity);
        w->preloads[w->preload_count++] = preload;
    }
    return RC_OK;
}

static const struct field WORLD_FIELDS[] = {
    OWN_FIELD("world", read_world_format, true),
    TEXT_FIELD(struct world, "region", region, false),
    OWN_FIELD("rule_set", read_rule_set, false),
    FLAG_FIELD(struct world, "quotas", quotas),
    FLAG_FIELD(struct world, "imds_v1", imds_v1),
    FLAG_FIELD(struct world, "disabled", disabled),
    FLAG_FIELD(struct world, "tokens_once", tokens_once),
    OWN_FIELD("unknown_customer", read_unknown_customer, false),
    OWN_FIELD("platform", read_platform, false),
    TEXT_FIELD(struct world, "runtime_region", runtime_region, false),
    OWN_FIELD("dry_run", read_dry_run, false),
    OWN_FIELD("claims", read_claims, false),
    OWN_FIELD("public_key_version", read_key_version, false),
    MOMENT_FIELD(struct world, "public_key_rotation", key_rotation_us),
    OWN_FIELD("products", read_products, true),
    OWN_FIELD("dimensions", read_first_dimensions, true),
    OWN_FIELD("customers", read_customers, true),
    OWN_FIELD("tokens", read_tokens, false),
    OWN_FIELD("credentials", read_credentials, false),
    OWN_FIELD("ledger", read_preloads, false),
    END_OF_FIELDS,
};

enum rc world_read(struct world *w, const cJSON *tree, enum world_layer layer, int64_t now_us,
                   struct diag *d)
{
    struct reading r = {.w = w, .layer = layer, .now_us = now_us, .d = d};
    reading_leave(&r);
    return read_fields(&r, WORLD_FIELDS, w, tree);
}
