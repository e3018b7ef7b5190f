// SPDX-License-Identifier: Apache-2.0
// Fields of application/x-www-form-urlencoded texts (URL Standard, 5.1), as the query protocol and
// browsers write them.
#ifndef PROXY_IDENTITY_FORM_H
#define PROXY_IDENTITY_FORM_H

#include "proxy/base/buf.h"

// Appends the decoded value of the first field of that name; false, and nothing appended, when
// there is none.
bool form_value(struct span form, const char *name, struct buf *out);

#endif
