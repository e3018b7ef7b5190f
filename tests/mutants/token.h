// SPDX-License-Identifier: Apache-2.0
// Whether the Signature of RegisterUsage holds: a JSON Web Token (RFC 7515, RFC 7519) signed as
// PS256 (RFC 7518 3.5). Written apart from the service that signs, so that each proves the other.
#ifndef TESTS_MUTANTS_TOKEN_H
#define TESTS_MUTANTS_TOKEN_H

#include <stdint.h>

#include "proxy/base/span.h"
#include "tests/mutants/variant.h"

enum token_fault {
    TOKEN_HOLDS,
    TOKEN_MALFORMED,
    TOKEN_ALGORITHM, // any but PS256
    TOKEN_SIGNATURE,
    TOKEN_CLAIMS // it is about another product, key version or call
};

// What was asked, and the key that came with the product.
struct token_asked {
    struct span pem;
    const char *product;
    int64_t key_version;
    const char *nonce; // NULL: none was sent, and none is looked at
};

enum token_fault token_check(struct span token, const struct token_asked *asked,
                             const struct variants *variants);
// What an operator is told.
const char *token_fault_text(enum token_fault fault);

#endif
