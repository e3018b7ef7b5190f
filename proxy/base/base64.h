// SPDX-License-Identifier: Apache-2.0
// RFC 4648, section 5: base64 with the alphabet of URLs, without padding, as JSON Web Signatures
// are written (RFC 7515, section 2).
#ifndef PROXY_BASE_BASE64_H
#define PROXY_BASE_BASE64_H

#include "proxy/base/buf.h"

// Appends the text of those bytes.
void base64url_add(struct buf *out, struct span bytes);

#endif
