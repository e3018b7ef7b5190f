// SPDX-License-Identifier: Apache-2.0
// What a reply of the service means.
#ifndef TESTS_MUTANTS_REPLY_H
#define TESTS_MUTANTS_REPLY_H

#include <cjson/cJSON.h>

#include "tests/mutants/book.h"
#include "tests/mutants/wire.h"

// What a client does about a call that was not answered with 200.
enum remedy {
    REMEDY_WAIT,      // certainly not executed; the same again later
    REMEDY_DOUBT,     // perhaps executed; the same again later
    REMEDY_ISOLATE,   // one of the records is bad, and the whole call was refused for it
    REMEDY_DUPLICATE, // another report stands there, or the first sending of this one
    REMEDY_OPERATOR,  // configuration or credentials; nothing was executed
};

// The bare name of an error reply's type: "ThrottlingException". Empty when it bears none. The span
// lies in the reply or in json, the reply's parsed body.
struct span reply_error(const struct wire_reply *reply, const cJSON *json);
// The bug nested-type: the type that stands within a member of the body, where one does.
struct span reply_nested_error(const struct wire_reply *reply, const cJSON *json);
// The bug integer-times: whether every Timestamp in the body is digits alone.
bool reply_has_integer_times(struct span body);
// status and name are those of a whole reply other than 200.
enum remedy reply_remedy(int status, struct span name);

// The result that speaks of that record's key by its content, or NULL: customer, dimension and
// hour. Also NULL when several results speak of it and differ.
const cJSON *reply_result(const cJSON *json, const struct book_record *record);
// Whether a result of the record's key is about the quantity that was sent.
bool reply_is_ours(const cJSON *result, const struct book_record *record);
// Whether the service lists the record as unprocessed, again by content.
bool reply_is_unprocessed(const cJSON *json, const struct book_record *record);

#endif
