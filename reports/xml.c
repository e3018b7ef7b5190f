// SPDX-License-Identifier: Apache-2.0
#include "reports/xml.h"

#include "proxy/base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

// A carriage return is one everywhere: a parser would make a newline of it (XML 1.0, 2.11).
static const char *reference(char c, bool is_attribute)
{
    static const char *const REFERENCES[] = {
        ['&'] = "&amp;",  ['<'] = "&lt;",   ['>'] = "&gt;",  ['"'] = "&quot;",
        ['\''] = "&#39;", ['\n'] = "&#10;", ['\t'] = "&#9;", ['\r'] = "&#13;",
    };
    unsigned char byte = (unsigned char)c;
    if (!is_attribute && (c == '\n' || c == '\t')) {
        return NULL;
    }
    return byte < sizeof REFERENCES / sizeof REFERENCES[0] ? REFERENCES[byte] : NULL;
}

// XML 1.0, production 2 (Char), for one well-formed UTF-8 sequence.
static bool is_char(struct span bytes)
{
    if (bytes.len == 1) {
        return (unsigned char)bytes.at[0] >= 0x20 || bytes.at[0] == '\n' || bytes.at[0] == '\t';
    }
    return !span_is(bytes, "\xef\xbf\xbe") && !span_is(bytes, "\xef\xbf\xbf");
}

static void add(struct buf *out, struct span text, bool is_attribute)
{
    for (size_t i = 0; i < text.len;) {
        size_t width = utf8_length(span_slice(text, i, text.len));
        struct span bytes = span_slice(text, i, i + width);
        const char *escaped = reference(text.at[i], is_attribute);
        if (escaped != NULL) {
            buf_add_text(out, escaped);
        } else if (width > 0 && is_char(bytes)) {
            buf_add(out, bytes);
        } else {
            buf_add_text(out, REPLACEMENT);
        }
        i += width == 0 ? 1 : width;
    }
}

void xml_add(struct buf *out, struct span text)
{
    add(out, text, false);
}

void xml_add_attribute(struct buf *out, const char *name, struct span value)
{
    buf_addf(out, " %s=\"", name);
    add(out, value, true);
    buf_add_char(out, '"');
}
