// SPDX-License-Identifier: Apache-2.0
// Secrets as they stand in texts that are encoded in base64, within whatever surrounds them.
#ifndef PROXY_EVIDENCE_ENCODED_H
#define PROXY_EVIDENCE_ENCODED_H

#include "proxy/evidence/secrets.h"

// Adds the forms that the secret has in base64, in both alphabets, wherever in the text it begins.
// The text must be encoded in one line. Ignored: what secrets_add ignores.
void secrets_add_encoded(struct secrets *s, const char *name, struct span value);

#endif
