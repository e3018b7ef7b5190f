// SPDX-License-Identifier: Apache-2.0
// What the files of the operations share; for this folder only.
#ifndef PROXY_SERVICE_ANSWER_H
#define PROXY_SERVICE_ANSWER_H

#include "proxy/base/digest.h"
#include "proxy/service/service.h"
#include "proxy/service/world_data.h"

#define RECORD_ID_TEXT 37 // of a UUID, with its NUL

// A record of a batch with all that its members stand for.
struct batch_record {
    const struct usage_record *sent;
    const struct product *product;
    const struct customer *customer; // NULL: unknown, and the world makes that a status
    struct ledger_key key;
    char allocations[SHA256_HEX]; // digest, "" when it has none
};

struct service {
    struct world *world;
    struct ledger *ledger;
    uint64_t id_seed;           // of MeteringRecordIds
    size_t preloaded;           // how many of the world's preloads are in the ledger
    uint64_t unbilled;          // MeteringRecordIds given to nothing in the ledger
    struct batch_record *batch; // scratch, kept from call to call
    size_t batch_capacity;
};

// Every operation's function: fills *reply.
typedef void answer_fn(struct service *s, const struct service_call *call,
                       struct service_reply *reply);
answer_fn answer_batch_meter_usage;
answer_fn answer_resolve_customer;

// Makes the reply an error; detail is appended to the error's usual sentence when it is not NULL.
void answer_reject(struct service_reply *reply, enum aws_error error, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
// Rejects a call in a Region where sellers' operations are not offered; true when it did.
bool answer_if_disabled(const struct service *s, const struct service_call *call,
                        struct service_reply *reply);
// The Region that the call goes to.
struct span answer_region(const struct service *s, const struct service_call *call);

// The MeteringRecordId of the entry that is added to the ledger next; of the n-th that is not.
void answer_next_id(const struct service *s, char out[RECORD_ID_TEXT]);
void answer_unbilled_id(struct service *s, char out[RECORD_ID_TEXT]);

#endif
