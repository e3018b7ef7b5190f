// SPDX-License-Identifier: Apache-2.0
// The stand-in Metering Service: pure; requests come in decoded, replies go out as bytes, and the
// ledger says what would be billed. One file per operation.
#ifndef PROXY_SERVICE_SERVICE_H
#define PROXY_SERVICE_SERVICE_H

#include "proxy/aws/request.h"
#include "proxy/service/echo.h"
#include "proxy/service/jwt.h"
#include "proxy/service/ledger.h"
#include "proxy/service/world.h"

// What rules of a scenario ask for one record of a request.
enum record_fate { RECORD_AS_IS, RECORD_UNPROCESSED, RECORD_STATUS };
struct record_directive {
    enum record_fate fate;
    const char *status; // for RECORD_STATUS: any text, also values outside the enum; borrowed
    bool omit_result;   // processed, but its result is left out of the reply
    bool omit_record_id;
};

struct service_call {
    const struct aws_request *request;
    const char *region;       // where the call goes; NULL: the world's
    const char *credential;   // by whose name it is signed; NULL: the world's first
    int64_t now_us;           // service time
    int64_t wire_us;          // what a token says of when it was issued
    enum jwt_forgery forgery; // of the Signature of RegisterUsage
    // One per record of the request, or NULL: every record as it is.
    const struct record_directive *directives;
    // The order of the results: order[i] is the record whose result comes i-th; NULL: as sent. All
    // records of the request, each once; those without a result are skipped.
    const size_t *order;
    enum echo_times times; // how results and unprocessed records are echoed
};

// What became of one record.
struct record_outcome {
    const char *status; // "Success", …; "Unprocessed"; NULL when the whole request was rejected
    bool billed;        // this call added it to the ledger
    const struct ledger_entry *entry; // the entry that stands for its key, or NULL
    char record_id[40];               // "" when none
};

struct service_reply {
    enum aws_error error; // AWS_ERROR_NONE: 200
    char text[256];       // the error's message
    struct buf body;      // the whole JSON body, for success and for errors
    struct record_outcome
        *outcomes; // owned; count of the request's records; NULL on other operations
    size_t count;
    bool is_dry_run;                       // MeterUsage: nothing was executed
    const struct world_customer *customer; // ResolveCustomer and RegisterUsage: whose
};

struct service;

// Both are borrowed and must outlive the service.
struct service *service_new(struct world *world, struct ledger *ledger);
// Accepts NULL in *s and nulls it.
void service_free(struct service **s);

// Puts what the world preloads into the ledger, once. service_new and service_answer do it; call it
// after a world_change that brings more, if the ledger is to be read before the next request.
void service_preload(struct service *s);

// Who signs the replies of RegisterUsage; without one it answers InternalServiceError. Copied.
void service_set_signer(struct service *s, const struct jwt_signer *signer);

// Answers one request and changes the ledger and the world's tokens. A violation found while the
// request was decoded is answered by the caller, not here. *reply, zeroed before its first use, is
// forgotten first but keeps its memory for the next answer; service_reply_clear releases it.
// Pointers in it live as long as the world, the ledger and the call's directives do.
void service_answer(struct service *s, const struct service_call *call,
                    struct service_reply *reply);
void service_reply_clear(struct service_reply *reply);

#endif
