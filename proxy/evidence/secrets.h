// SPDX-License-Identifier: Apache-2.0
// Finds and replaces secrets in text, however the text spells them: as they are, escaped for JSON
// any number of times, or percent-encoded.
#ifndef PROXY_EVIDENCE_SECRETS_H
#define PROXY_EVIDENCE_SECRETS_H

#include "proxy/base/buf.h"

#define SECRET_MIN_BYTES 8

struct secrets;

struct secrets *secrets_new(void);
// Accepts NULL in *s and nulls it.
void secrets_free(struct secrets **s);
// Copies both. Ignored: values shorter than SECRET_MIN_BYTES, and values that are known already.
// name must consist of letters, digits and _.- as it is written into JSON.
void secrets_add(struct secrets *s, const char *name, struct span value);

// The name of a secret that stands in text, or NULL. Borrowed.
const char *secrets_find(const struct secrets *s, struct span text);
// Appends text with each secret replaced by [secret:name]; false, and nothing appended, when there
// is none in it.
bool secrets_redact(const struct secrets *s, struct buf *out, struct span text);
// The same for a part of a JSON text that begins outside of any string: it stays valid JSON.
bool secrets_redact_json(const struct secrets *s, struct buf *out, struct span text);

#endif
