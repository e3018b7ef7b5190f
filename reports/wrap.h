// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: made harmless, counted in characters, wrapped at words.
#ifndef REPORTS_WRAP_H
#define REPORTS_WRAP_H

#include "proxy/base/buf.h"

// Appends text that may come from anywhere: control characters (an escape sequence could rewrite
// what the reader sees) and characters that turn the writing direction are shown as \x1b or \u202e,
// bytes that are not UTF-8 as U+FFFD. Newlines and tabs become blanks.
void wrap_add_clean(struct buf *out, struct span text);
// Characters (code points) of clean text.
size_t wrap_length(struct span text);
// Appends clean lines of at most width characters, each indented and ended by a newline. Words that
// are longer stay whole. A newline in text begins a new line.
void wrap_add(struct buf *out, struct span text, size_t indent, size_t width);
void wrap_add_blanks(struct buf *out, size_t count);

#endif
