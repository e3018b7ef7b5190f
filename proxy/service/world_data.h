// SPDX-License-Identifier: Apache-2.0
// The inside of a world, for the files of this folder only.
#ifndef PROXY_SERVICE_WORLD_DATA_H
#define PROXY_SERVICE_WORLD_DATA_H

#include "proxy/service/index.h"
#include "proxy/service/world.h"

struct product {
    struct world_product face; // first, so that a face leads back to its product
    const char **names;        // wire names of its dimensions, NULL at the end
    const char **symbols;      // beside them
    size_t count, capacity;
    bool foreign; // another seller's
};

struct license {
    const char *product; // symbol; NULL: the first product
    const char *arn;     // NULL: this customer has none for that product
};

// What a licence's ARN leads to.
struct licensed {
    struct customer *customer;
    const struct product *product;
};

struct customer {
    struct world_customer face; // first
    bool no_identifier;         // said to have none
    struct license *licenses;
    struct licensed *licensed; // beside them
    size_t license_count, license_capacity;
    int64_t license_from_us, license_until_us; // activation period of its licences; 0: open
    struct span payer, license_payer;          // "customer:acme", "license:acme"
    size_t place;                              // in the world
};

struct token {
    struct world_token face; // first
};

struct credential {
    struct sigv4_credential face; // first
    bool session, session_said;
    int64_t life_us;      // 0: for ever
    const char *customer; // symbol: in whose account it was made; NULL: the first customer's
    const char *instance; // the instance, task or pod that holds it
    const char *session_name, *principal; // as CloudTrail shows them
    bool by_version_1;                    // of instance metadata
    unsigned denied;                      // a bit for each operation that its policy denies
};

// Where the buyer runs the seller's program.
enum platform { PLATFORM_EC2, PLATFORM_ECS, PLATFORM_EKS, PLATFORM_AGENTCORE, PLATFORM_OTHER };

// Who handed a role's credentials to the program that runs under it.
enum delivery { DELIVERY_CONTAINER, DELIVERY_METADATA, DELIVERY_WEB_IDENTITY };

enum preload_payer { PRELOAD_BOTH, PRELOAD_CUSTOMER, PRELOAD_LICENSE };

// One entry of the ledger as the world has it before the case begins.
struct preload {
    const char *customer, *dimension, *product; // symbols; product may be NULL: the first
    enum preload_payer payer;
    int64_t hour_us, quantity, at_us;
    bool has_hour;
};

struct world {
    char **texts; // everything that faces point to; kept until the end, for borrowers
    size_t text_count, text_capacity;
    struct product **products;
    size_t product_count, product_capacity;
    struct customer **customers;
    size_t customer_count, customer_capacity;
    struct token **tokens;
    size_t token_count, token_capacity;
    struct credential **credentials;
    size_t credential_count, credential_capacity;
    struct preload *preloads;
    size_t preload_count, preload_capacity;
    struct index by_symbol, by_identifier, by_account; // struct customer
    struct index by_license;                           // struct licensed
    const char *region;
    const char *runtime_region; // where the buyer runs the program; NULL: in that Region
    const char *profile; // NULL: not said
    enum platform platform;
    const char *seller_account;
    int64_t public_key_version; // the newest
    int64_t key_rotation_us;    // when the versions before it cease
    const struct ruleset *rules;
    bool quotas;
    bool imds_v1;
    const char *source;     // of the client's credentials; NULL: it is given them as a whole
    bool disabled;          // the API is switched off in every region
    bool tokens_once;       // a token resolves once only
    bool unknown_as_status; // an unknown customer is a record's status, not an error of the request
    bool dry_run_as_error;  // a dry run that may be made is told so by an error
    bool capital_claims;    // the token of RegisterUsage says ProductCode, not productCode
    int64_t start_us, wire_us;
    uint64_t seed;
    const char *case_id;
};

// A copy that lives as long as the world.
const char *world_keep(struct world *w, struct span text);

// Writable finds by symbol; NULL when there is none.
struct product *world_own_product(const struct world *w, struct span symbol);
struct customer *world_own_customer(const struct world *w, struct span symbol);
struct token *world_own_token(const struct world *w, struct span symbol);
// By name; NULL gives the first. The name must be known.
const struct credential *world_own_credential(const struct world *w, const char *name);
// In whose account the credential was made.
const struct customer *world_buyer(const struct world *w, const struct credential *c);
// Who hands credentials to the program: by their source, and where they are given as a whole, as
// one who copies them from where the program runs would have got them.
enum delivery world_delivery(const struct world *w);
// The Region in which the program runs that the buyer deployed.
struct span world_runtime_region(const struct world *w);

// Which reading of a tree: what it may say, and what "now" is.
enum world_layer { WORLD_BASE, WORLD_MAP, WORLD_CASE, WORLD_STEP };

// Applies one tree to the world; world_complete must follow the last one.
MUST_USE enum rc world_read(struct world *w, const cJSON *tree, enum world_layer layer,
                            int64_t now_us, struct diag *d);
// Fills in what was not given, from the seed; refuses contradictions; builds the indexes.
MUST_USE enum rc world_complete(struct world *w, struct diag *d);

#endif
