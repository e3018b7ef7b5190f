// SPDX-License-Identifier: Apache-2.0
// What comes from AWS Marketplace and its buyers: tokens, the registration page, notices.
#ifndef TESTS_MUTANTS_MARKET_H
#define TESTS_MUTANTS_MARKET_H

#include "tests/mutants/meter.h"

enum resolution {
    RESOLUTION_RESOLVED,
    RESOLUTION_REFUSED,
    RESOLUTION_FAILED, // for a reason that is ours
    RESOLUTION_AGAIN   // the service could not be asked; later it may
};

// Asks whose token it is, again and again for a while. *json is the reply, owned by the caller, or
// NULL.
enum resolution market_ask(struct meter *m, const char *token, cJSON **json);
// Answers that step with what came of a token; json may be NULL.
void market_say_resolved(struct meter *m, int64_t step, enum resolution resolution,
                         const cJSON *json);
// Whether a product is one that this client sells.
bool market_sells(const char *product);
// Remembers the customer whom the reply names, of that user of the seller's site ("" when nobody is
// signed in). REFUSED when it is another product's, or belongs to another user.
enum resolution market_register(struct meter *m, const cJSON *json, const char *user);

// The steps.
void market_resolve(struct meter *m, const cJSON *args, int64_t step);
void market_page(struct meter *m, const cJSON *args, int64_t step);
void market_notice(struct meter *m, const cJSON *args, int64_t step);

#endif
