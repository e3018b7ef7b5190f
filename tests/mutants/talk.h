// SPDX-License-Identifier: Apache-2.0
// What the client says on stdout, one line at a time, and how it waits.
#ifndef TESTS_MUTANTS_TALK_H
#define TESTS_MUTANTS_TALK_H

#include "tests/mutants/book.h"
#include "tests/mutants/wire.h"

// Prints one line at once.
void talk_line(struct span line);
// registers: it is asked whether it may serve, rather than visited by buyers.
void talk_hello(const struct variants *variants, bool registers);
// {"mp":"done","step":N}, or another answer without members.
void talk_answer(const char *kind, int64_t step);
// What is known of one usage; said again only while it is not final.
void talk_usage(const struct book *b, struct book_usage *usage);
// Tells an operator about the usage in that record.
void talk_alert(const struct book *b, size_t record, const char *text);
// Tells an operator about something that is no usage.
void talk_general_alert(const char *text);

void pause_ms(unsigned ms);

#endif
