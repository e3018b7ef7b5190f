// SPDX-License-Identifier: Apache-2.0
// The world of the stand-in service: products, dimensions, customers, licences, tokens, credentials
// and regions, each known by our symbol (customer "acme") and by the values that go over the wire.
#ifndef PROXY_SERVICE_WORLD_H
#define PROXY_SERVICE_WORLD_H

#include "proxy/aws/operation.h"
#include "proxy/aws/ruleset.h"
#include "proxy/aws/sigv4.h"
#include "proxy/base/json.h"

struct world;

struct world_product {
    const char *symbol;                   // "widget"
    const char *code;                     // ProductCode
    const char *const *dimensions;        // wire names, NULL at the end
    const char *const *dimension_symbols; // beside them
};

struct world_customer {
    const char *symbol;     // "acme"
    const char *identifier; // CustomerIdentifier
    const char *account;    // CustomerAWSAccountId, 12 digits
    const char *license;    // LicenseArn for the first product; NULL when it has none
    bool subscribed;
    int64_t subscribed_from_us;  // service time; 0: always was
    int64_t subscribed_until_us; // 0: still is
};

struct world_token {
    const char *symbol; // "t1"
    const char *value;
    const char *customer;       // symbol
    const char *product;        // symbol
    int64_t issued_us, life_us; // service time
    bool used;
};

// base: scenarios/world.json; overrides: a scenario's resolved `world` (may be NULL); map: the file
// of --world, our symbols to the seller's own values (may be NULL). start_us: service time at the
// case's start (tokens are issued then); wire_us: wire time then (credential lives begin). seed and
// case_id give each case its own secrets. All trees are borrowed for the call. Unknown keys and
// contradictions are refused with a sentence.
struct world_options {
    const cJSON *base, *overrides, *map;
    int64_t start_us, wire_us;
    uint64_t seed;
    struct span case_id;
    const char *profile; // decides where the program runs, unless a tree says so; may be NULL
    // How the client gets its credentials, as scenarios say it ("imds"); NULL or "static": it is
    // given them. What is fetched is a role's: sessions, unless one is said to be none.
    const char *source;
};
MUST_USE enum rc world_new(struct world **out, const struct world_options *options, struct diag *d);
// A `world` step: the same keys as a scenario's `world`, applied to what is there. now_us: service.
MUST_USE enum rc world_change(struct world *w, const cJSON *change, int64_t now_us, struct diag *d);
// Accepts NULL in *w and nulls it.
void world_free(struct world **w);

const struct ruleset *world_ruleset(const struct world *w);
const char *world_region(const struct world *w); // "us-east-1" unless set
bool world_has_quotas(const struct world *w);
bool world_allows_imds_v1(const struct world *w);

// By symbol; NULL when there is none. The first product is the default one.
const struct world_product *world_product(const struct world *w, struct span symbol);
const struct world_product *world_first_product(const struct world *w);
const struct world_customer *world_customer(const struct world *w, struct span symbol);
// The LicenseArn of that customer for that product; NULL when it has none.
const char *world_license(const struct world_customer *customer,
                          const struct world_product *product);
const struct world_token *world_token(const struct world *w, struct span symbol);
// The tokens in their order; NULL from their number on.
const struct world_token *world_token_at(const struct world *w, size_t i);
const struct world_customer *world_customer_at(const struct world *w, size_t i);
// By what goes over the wire; NULL when there is none.
const struct world_product *world_product_by_code(const struct world *w, struct span code);
const struct world_customer *world_customer_by_identifier(const struct world *w, struct span id);
const struct world_customer *world_customer_by_account(const struct world *w, struct span account);
const struct world_customer *world_customer_by_license(const struct world *w, struct span arn);
// Appends the id of the agreement under which that customer has that product.
void world_add_agreement(struct buf *out, const struct world_customer *customer,
                         const struct world_product *product);
// Of which product that licence is.
const struct world_product *world_product_by_license(const struct world *w, struct span arn);
const struct world_token *world_token_by_value(const struct world *w, struct span value);
// Our symbol of a dimension's wire name in any product, else the empty span; and back.
struct span world_dimension_symbol(const struct world *w, struct span wire_name);
struct span world_dimension_name(const struct world *w, struct span symbol);

// Credentials, in the order of the file; NULL at the end of the count.
size_t world_credential_count(const struct world *w);
const struct sigv4_credential *world_credential(const struct world *w, size_t i);
// By its name; NULL when there is none.
const struct sigv4_credential *world_credential_named(const struct world *w, struct span name);
// The customer in whose account that credential was made; name NULL: the first credential.
const struct world_customer *world_credential_customer(const struct world *w, const char *name);
// In which account that credential makes such a call: the buyer's, in which the program runs, for
// what meters or registers it; else the seller's.
const char *world_calling_account(const struct world *w, const char *name,
                                  enum operation operation);
// That credential was handed out by instance metadata, with a metadata token or (version 1)
// without.
void world_tell_metadata(struct world *w, const struct sigv4_credential *c, bool is_version_1);
// For sigv4_verifier_new: arg is the struct world.
const struct sigv4_credential *world_find_credential(void *arg, struct span access_key_id);

// What METERPROVER_WORLD tells the client: the profile that it plays, product codes, the version of
// the public key, dimensions, customers (symbols and wire values), tokens left out. JSON, appended.
void world_describe(const struct world *w, struct buf *out);

#endif
