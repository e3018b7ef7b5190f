// SPDX-License-Identifier: Apache-2.0
// Where the client's keys come from, in the order of the AWS SDKs' default chain: its environment,
// STS for a web identity, the container's endpoint, or instance metadata. Keys of a role are kept
// until shortly before they end.
#ifndef TESTS_MUTANTS_CREDENTIALS_H
#define TESTS_MUTANTS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/base/rc.h"
#include "tests/mutants/sign.h"
#include "tests/mutants/variant.h"

struct credentials {
    const struct variants *variants;
    char *access_key_id; // NULL: none are held
    char *secret_access_key;
    char *session_token;
    char *proof;        // the token that was shown for them last
    int64_t expires_us; // on the wire's clock
};

// Puts the keys of the environment into *key; false, and *key lacks some, where it has none.
bool credentials_from_environment(struct sign_key *key);
// Whether the environment names anybody who hands out keys of a role.
bool credentials_have_role(void);
// Puts keys that are good at that moment of the wire's clock into *key, which borrows them until
// the next call. RC_MISSING: there are none to be had now, and *key holds none.
MUST_USE enum rc credentials_get(struct credentials *c, int64_t now_us, struct sign_key *key);
// The keys were refused as expired: the next call fetches others. False where there are no others.
bool credentials_drop(struct credentials *c);
void credentials_clear(struct credentials *c);

#endif
