// SPDX-License-Identifier: Apache-2.0
// What the files of the operations share; for this folder only.
#ifndef PROXY_SERVICE_ANSWER_H
#define PROXY_SERVICE_ANSWER_H

#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/service/service.h"
#include "proxy/service/world_data.h"

#include "proxy/service/region.h"
#include "proxy/service/token_book.h"

#define RECORD_ID_TEXT 37 // of a UUID, with its NUL

// Guide, saas-integrate-subscription: after unsubscribe-pending there is one hour to send the last
// records.
#define ANSWER_GRACE_US US_PER_HOUR

// A record of a batch with all that its members stand for.
struct batch_record {
    const struct usage_record *sent;
    const struct product *product;
    const struct customer *customer; // NULL: unknown, and the world makes that a status
    struct ledger_key key;
    char allocations[SHA256_HEX]; // digest, "" when it has none
};

// A task or pod that has registered for a product.
struct registration {
    const struct product *product;
    const char *instance;
};

struct service {
    struct world *world;
    struct ledger *ledger;
    uint64_t id_seed;           // of MeteringRecordIds
    size_t preloaded;           // how many of the world's preloads are in the ledger
    uint64_t unbilled;          // MeteringRecordIds given to nothing in the ledger
    struct batch_record *batch; // scratch, kept from call to call
    size_t batch_capacity;
    struct token_book tokens; // ClientTokens of MeterUsage
    struct jwt_signer signer; // of RegisterUsage
    struct registration *registered;
    size_t registered_count, registered_capacity;
};

// Every operation's function: fills *reply.
typedef void answer_fn(struct service *s, const struct service_call *call,
                       struct service_reply *reply);
answer_fn answer_batch_meter_usage;
answer_fn answer_resolve_customer;
answer_fn answer_meter_usage;
answer_fn answer_register_usage;

// Makes the reply an error; detail is appended to the error's usual sentence when it is not NULL.
void answer_reject(struct service_reply *reply, enum aws_error error, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
// Rejects a call in a Region where such calls are not offered; true when it did.
bool answer_if_disabled(const struct service *s, const struct service_call *call,
                        enum region_use use, struct service_reply *reply);
// The Region that the call goes to.
// Who signed the call.
const struct credential *answer_caller(const struct service *s, const struct service_call *call);
// The product of that code, or NULL; the reply is an error then.
const struct product *answer_product(const struct service *s, struct span code,
                                     struct service_reply *reply);
// Our symbol of a dimension of that product, by its wire name; NULL when it has none of that name.
const char *answer_dimension(const struct product *product, struct span name);
// Whether usage of that hour can be reported now for that customer.
bool answer_is_subscribed(const struct world_customer *c, int64_t hour_us, int64_t now_us);
struct span answer_region(const struct service *s, const struct service_call *call);

// Whether a record says what stands in the ledger.
bool answer_is_same(const struct usage_record *sent, const char *allocations,
                    const struct ledger_entry *entry);
// Adds the record to the ledger and gives the outcome of a success.
void answer_bill(struct service *s, const struct service_call *call,
                 const struct batch_record *record, struct record_outcome *outcome);

// The MeteringRecordId of the entry that is added to the ledger next; of the n-th that is not.
void answer_next_id(const struct service *s, char out[RECORD_ID_TEXT]);
void answer_unbilled_id(struct service *s, char out[RECORD_ID_TEXT]);

#endif
