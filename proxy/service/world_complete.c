// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/world_data.h"

#include "proxy/base/alloc.h"
#include "proxy/base/draw.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"

// What a tree leaves out is drawn from (seed, case, symbol), so that every case has its own secrets
// and the same seed gives the same. Alphabets hold nothing that JSON or a header would escape.
static const char DIGITS[] = "0123456789";
static const char HEX[] = "0123456789abcdef";
static const char LOWER[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char ALPHANUMERIC[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char BASE32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct shape {
    const char *what; // tells draws for one symbol apart
    const char *before;
    const char *alphabet;
    size_t length;
    const char *after;
};

static const char *derive(struct world *w, const struct shape *shape, const char *symbol,
                          uint64_t attempt)
{
    OWN_BUF struct buf about = {0};
    buf_addf(&about, "%s:%s", shape->what, symbol);
    struct draw draw = {.seed = w->seed,
                        .case_id = span_of(w->case_id),
                        .rule = buf_span(&about),
                        .index = attempt};
    size_t letters = span_of(shape->alphabet).len;
    OWN_BUF struct buf text = {0};
    buf_add_text(&text, shape->before);
    for (size_t i = 0; i < shape->length; i++) {
        buf_add_char(&text, shape->alphabet[draw_u64(&draw, i) % letters]);
    }
    buf_add_text(&text, shape->after);
    return world_keep(w, buf_span(&text));
}

static enum rc complete_product(struct world *w, struct product *p, struct diag *d)
{
    static const struct shape CODE = {"code", "", LOWER, 25, ""};
    if (p->face.code == NULL) {
        p->face.code = derive(w, &CODE, p->face.symbol, 0);
    }
    if (p->count == 0) {
        return diag_fail(d, RC_MISSING, "world.products.%s has no dimensions", p->face.symbol);
    }
    p->face.dimensions = p->names;
    p->face.dimension_symbols = p->symbols;
    if (world_product_by_code(w, span_of(p->face.code)) != &p->face) {
        return diag_fail(d, RC_CONFLICT, "world.products: two products have the code %s",
                         p->face.code);
    }
    for (size_t i = 0; i < p->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (span_is(span_of(p->names[i]), p->names[k])) {
                return diag_fail(d, RC_CONFLICT,
                                 "world.products.%s: the dimensions %s and %s have the same name",
                                 p->face.symbol, p->symbols[k], p->symbols[i]);
            }
        }
    }
    return RC_OK;
}

static enum rc complete_products(struct world *w, struct diag *d)
{
    if (w->product_count == 0) {
        return diag_fail(d, RC_MISSING, "world has no products");
    }
    for (size_t i = 0; i < w->product_count; i++) {
        enum rc rc = complete_product(w, w->products[i], d);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc same_value(struct diag *d, const struct customer *c, const void *other,
                          const char *what)
{
    return diag_fail(d, RC_CONFLICT, "world.customers: %s and %s have the same %s", c->face.symbol,
                     ((const struct world_customer *)other)->symbol, what);
}

static bool has_own_license(const struct world *w, const struct customer *c)
{
    for (size_t i = 0; i < c->license_count; i++) {
        const char *product = c->licenses[i].product;
        bool is_first = product == NULL || span_is(span_of(product), w->products[0]->face.symbol);
        if (is_first && c->licenses[i].arn != NULL) {
            return true;
        }
    }
    return false;
}

// One account may hold several licences, each a customer here: each with its own, or without an
// identifier. Without a licence in its record, an account leads to the first of them.
static bool are_one_account(const struct world *w, const struct customer *a,
                            const struct customer *b)
{
    return a->no_identifier || (has_own_license(w, a) && has_own_license(w, b));
}

// Values that were given; they come first, so that derived ones can keep clear of them.
static enum rc index_given(struct world *w, struct customer *c, struct diag *d)
{
    struct span id = span_of(c->face.identifier);
    if (id.len > 0 && !index_put(&w->by_identifier, id, &c->face)) {
        return same_value(d, c, index_find(&w->by_identifier, id), "identifier");
    }
    struct span account = span_of(c->face.account);
    if (account.len > 0 && !index_put(&w->by_account, account, &c->face)) {
        const struct customer *other = index_find(&w->by_account, account); // the face comes first
        return are_one_account(w, c, other) ? RC_OK : same_value(d, c, other, "account");
    }
    return RC_OK;
}

static void derive_missing(struct world *w, struct customer *c)
{
    static const struct shape IDENTIFIER = {"identifier", "", ALPHANUMERIC, 11, ""};
    static const struct shape ACCOUNT = {"account", "", DIGITS, 12, ""};
    uint64_t attempt = 0;
    bool wants_identifier = c->face.identifier == NULL && !c->no_identifier;
    while (wants_identifier) {
        c->face.identifier = derive(w, &IDENTIFIER, c->face.symbol, attempt++);
        wants_identifier = !index_put(&w->by_identifier, span_of(c->face.identifier), &c->face);
    }
    bool wants_account = c->face.account == NULL;
    while (wants_account) {
        c->face.account = derive(w, &ACCOUNT, c->face.symbol, attempt++);
        wants_account = !index_put(&w->by_account, span_of(c->face.account), &c->face);
    }
}

// Whether the customer was said to have, or not to have, a licence for the first product.
static bool has_first_license(const struct world *w, const struct customer *c)
{
    for (size_t i = 0; i < c->license_count; i++) {
        const char *product = c->licenses[i].product;
        if (product == NULL || span_is(span_of(product), w->products[0]->face.symbol)) {
            return true;
        }
    }
    return false;
}

static void derive_license(struct world *w, struct customer *c)
{
    static const struct shape ARN = {"license", "arn:aws:license-manager::294406891311:license:l-",
                                     HEX, 32, ""};
    if (!has_first_license(w, c)) {
        X_GROW(c->licenses, c->license_count, c->license_capacity);
        c->licenses[c->license_count++] =
            (struct license){.arn = derive(w, &ARN, c->face.symbol, 0)};
    }
}

static enum rc index_license(struct world *w, struct customer *c, size_t i, struct diag *d)
{
    const struct license *license = &c->licenses[i];
    const struct product *p =
        license->product == NULL ? w->products[0] : world_own_product(w, span_of(license->product));
    if (p == NULL) {
        return diag_fail(d, RC_UNKNOWN, "world.customers.%s.licenses: there is no product %s",
                         c->face.symbol, license->product);
    }
    c->licensed[i] = (struct licensed){.customer = c, .product = p};
    if (license->arn == NULL) {
        return RC_OK;
    }
    if (p == w->products[0]) {
        c->face.license = license->arn;
    }
    struct span arn = span_of(license->arn);
    if (!index_put(&w->by_license, arn, &c->licensed[i])) {
        return same_value(d, c, world_customer_by_license(w, arn), "license");
    }
    return RC_OK;
}

static enum rc index_licenses(struct world *w, struct customer *c, struct diag *d)
{
    derive_license(w, c);
    c->face.license = NULL;
    c->licensed = x_realloc(c->licensed, c->license_count * sizeof *c->licensed);
    for (size_t i = 0; i < c->license_count; i++) {
        enum rc rc = index_license(w, c, i, d);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc complete_customers(struct world *w, struct diag *d)
{
    enum rc rc = RC_OK;
    index_clear(&w->by_identifier);
    index_clear(&w->by_account);
    index_clear(&w->by_license);
    for (size_t i = 0; i < w->customer_count && rc == RC_OK; i++) {
        rc = index_given(w, w->customers[i], d);
    }
    for (size_t i = 0; i < w->customer_count && rc == RC_OK; i++) {
        derive_missing(w, w->customers[i]);
        rc = index_licenses(w, w->customers[i], d);
    }
    return rc;
}

static enum rc complete_token(struct world *w, struct token *t, struct diag *d)
{
    // + / and = on purpose: a form carries them percent-encoded.
    static const struct shape VALUE = {"token", "", BASE64, 86, "=="};
    struct world_token *face = &t->face;
    if (face->value == NULL) {
        face->value = derive(w, &VALUE, face->symbol, 0);
    }
    if (face->product == NULL) {
        face->product = w->products[0]->face.symbol;
    }
    if (face->customer == NULL || world_customer(w, span_of(face->customer)) == NULL) {
        return diag_fail(d, RC_UNKNOWN, "world.tokens.%s.customer must name a customer",
                         face->symbol);
    }
    if (world_product(w, span_of(face->product)) == NULL) {
        return diag_fail(d, RC_UNKNOWN, "world.tokens.%s: there is no product %s", face->symbol,
                         face->product);
    }
    const struct world_token *first = world_token_by_value(w, span_of(face->value));
    if (first != face) {
        return diag_fail(d, RC_CONFLICT, "world.tokens: %s and %s have the same value",
                         first->symbol, face->symbol);
    }
    return RC_OK;
}

static enum rc complete_tokens(struct world *w, struct diag *d)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < w->token_count && rc == RC_OK; i++) {
        rc = complete_token(w, w->tokens[i], d);
    }
    return rc;
}

// Whose credential it is, where its holder runs, and under which names CloudTrail shows them.
// Unless said otherwise all credentials are held by one instance: a program whose keys were rotated
// is still the same program.
static enum rc complete_holder(struct world *w, struct credential *c, struct diag *d)
{
    static const struct shape USER = {"user", "AIDA", BASE32, 16, ""};
    static const struct shape ROLE = {"role", "AROA", BASE32, 16, ""};
    static const struct shape EC2 = {"instance", "i-", HEX, 17, ""};
    static const struct shape ECS = {"task", "", HEX, 32, ""};
    static const struct shape EKS = {"pod", "botocore-session-", DIGITS, 10, ""};
    enum delivery by = world_delivery(w);
    const struct shape *name = by == DELIVERY_METADATA       ? &EC2
                               : by == DELIVERY_WEB_IDENTITY ? &EKS
                                                             : &ECS;
    if (c->customer != NULL && world_customer(w, span_of(c->customer)) == NULL) {
        return diag_fail(d, RC_UNKNOWN, "world.credentials.%s: there is no customer %s",
                         c->face.name, c->customer);
    }
    if (c->instance == NULL) {
        c->instance = "main";
    }
    if (c->session_name == NULL) {
        c->session_name = derive(w, name, c->instance, 0);
        c->principal = c->face.session_token == NULL ? derive(w, &USER, c->face.name, 0)
                                                     : derive(w, &ROLE, "meterprover", 0);
    }
    return RC_OK;
}

// Temporary keys begin with ASIA and come with a session token (IAM User Guide, "Unique
// identifiers"). Keys are temporary when said so, when a role's, or when they live less than twelve
// hours, the longest that a role's session can (STS, AssumeRole). They expire at a whole second, so
// that no statement of it is ever wrong.
static enum rc complete_credential(struct world *w, struct credential *c, struct diag *d)
{
    static const struct shape LONG_TERM = {"key", "AKIA", BASE32, 16, ""};
    static const struct shape TEMPORARY = {"key", "ASIA", BASE32, 16, ""};
    static const struct shape SECRET = {"secret", "", BASE64, 40, ""};
    static const struct shape SESSION = {"session", "IQoJb3JpZ2luX2Vj", BASE64, 306, "=="};
    struct sigv4_credential *face = &c->face;
    bool is_short = c->life_us != 0 && c->life_us < 12 * US_PER_HOUR;
    bool session = c->session_said ? c->session : w->source != NULL || is_short;
    if (!session && face->session_token != NULL) {
        return diag_fail(d, RC_CONFLICT,
                         "world.credentials.%s has a session token but is not a session",
                         face->name);
    }
    if (face->access_key_id == NULL) {
        face->access_key_id = derive(w, session ? &TEMPORARY : &LONG_TERM, face->name, 0);
    }
    if (face->secret_access_key == NULL) {
        face->secret_access_key = derive(w, &SECRET, face->name, 0);
    }
    if (session && face->session_token == NULL) {
        face->session_token = derive(w, &SESSION, face->name, 0);
    }
    int64_t end_us = w->wire_us + c->life_us + US_PER_S - 1;
    face->expires_us = c->life_us == 0 ? 0 : end_us - end_us % US_PER_S;
    enum rc rc = complete_holder(w, c, d);
    if (rc != RC_OK) {
        return rc;
    }
    if (world_find_credential(w, span_of(face->access_key_id)) != face) {
        return diag_fail(d, RC_CONFLICT, "world.credentials: two have the access key id %s",
                         face->access_key_id);
    }
    return RC_OK;
}

static enum rc complete_credentials(struct world *w, struct diag *d)
{
    static const struct shape SELLER = {"account", "", DIGITS, 12, ""};
    enum rc rc = RC_OK;
    if (w->credential_count == 0 || w->customer_count == 0) {
        return diag_fail(d, RC_MISSING, "world has no %s",
                         w->customer_count == 0 ? "customers" : "credentials");
    }
    if (w->seller_account == NULL) {
        w->seller_account = derive(w, &SELLER, "the seller", 0);
    }
    for (size_t i = 0; i < w->credential_count && rc == RC_OK; i++) {
        rc = complete_credential(w, w->credentials[i], d);
    }
    return rc;
}

static enum rc complete_preload(struct world *w, struct preload *p, struct diag *d)
{
    if (p->product == NULL) {
        p->product = w->products[0]->face.symbol;
    }
    if (p->customer == NULL || p->dimension == NULL || !p->has_hour || p->quantity < 0) {
        return diag_fail(d, RC_MISSING,
                         "each of world.ledger needs customer, dimension, hour and quantity");
    }
    if (world_customer(w, span_of(p->customer)) == NULL) {
        return diag_fail(d, RC_UNKNOWN, "world.ledger: there is no customer %s", p->customer);
    }
    const struct product *product = world_own_product(w, span_of(p->product));
    if (product == NULL) {
        return diag_fail(d, RC_UNKNOWN, "world.ledger: there is no product %s", p->product);
    }
    for (size_t i = 0; i < product->count; i++) {
        if (span_is(span_of(p->dimension), product->symbols[i])) {
            return RC_OK;
        }
    }
    return diag_fail(d, RC_UNKNOWN, "world.ledger: the product %s has no dimension %s", p->product,
                     p->dimension);
}

static enum rc complete_preloads(struct world *w, struct diag *d)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < w->preload_count && rc == RC_OK; i++) {
        rc = complete_preload(w, &w->preloads[i], d);
    }
    return rc;
}

enum rc world_complete(struct world *w, struct diag *d)
{
    typedef enum rc complete_fn(struct world * w, struct diag * d);
    static complete_fn *const PARTS[] = {complete_products, complete_customers, complete_tokens,
                                         complete_credentials, complete_preloads};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0] && rc == RC_OK; i++) {
        rc = PARTS[i](w, d);
    }
    return rc;
}
