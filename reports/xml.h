// SPDX-License-Identifier: Apache-2.0
// Text as XML 1.0 allows it.
#ifndef REPORTS_XML_H
#define REPORTS_XML_H

#include "proxy/base/buf.h"

// Appends text as the content of an element. Whatever XML cannot carry (control characters, bytes
// that are not UTF-8, U+FFFE and U+FFFF) becomes U+FFFD.
void xml_add(struct buf *out, struct span text);
// name="value" after a blank. Newlines and tabs become references, else a parser makes them blanks.
void xml_add_attribute(struct buf *out, const char *name, struct span value);

#endif
