// SPDX-License-Identifier: Apache-2.0
// The input shapes of the service model as tables: what a request may hold, member by member.
#ifndef PROXY_AWS_SHAPE_H
#define PROXY_AWS_SHAPE_H

#include "proxy/aws/error.h"
#include "proxy/aws/ruleset.h"

enum shape_kind {
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_BOOLEAN,
    SHAPE_TIMESTAMP,
    SHAPE_KINDS
};

// What came with a later rule set.
enum feature { FEATURE_NONE, FEATURE_ALLOCATIONS, FEATURE_LICENSES, FEATURE_DECIMALS };

// Where the value of a member is kept while a request is read.
enum member_home { HOME_NONE, HOME_REQUEST, HOME_RECORD };

#define SHAPE_NO_LIMIT (-1)

typedef bool pattern_fn(struct span text);

struct shape_member;

struct shape {
    const char *name; // as the model has it
    enum shape_kind kind;
    int64_t min, max;    // of the length or the value; SHAPE_NO_LIMIT: none
    const char *pattern; // as the model writes it; NULL: none
    pattern_fn *matches; // NULL: everything does
    const struct shape *element;
    const struct shape_member *members;
    size_t member_count;
    enum aws_error error; // for a broken constraint; AWS_ERROR_NONE: the general one
    bool is_quantity;     // max is the rule set's max_quantity
};

struct shape_member {
    const char *name;
    const struct shape *shape;
    bool required;
    enum feature optional_with; // required only before this feature came; FEATURE_NONE: always
    enum feature needs;         // not known before this feature came
    enum member_home home;
    size_t offset; // in that home
};

// The input of an operation; NULL for OPERATION_NONE.
const struct shape *shape_of_input(enum operation operation);
// The record of a BatchMeterUsage request, as an element of a list.
bool shape_is_record(const struct shape *shape);

// Names of kinds as the model writes them: "structure".
const char *shape_kind_name(enum shape_kind kind);
bool shape_knows(const struct shape_member *member, const struct ruleset *rules);
bool shape_requires(const struct shape_member *member, const struct ruleset *rules);
// SHAPE_NO_LIMIT when there is none.
int64_t shape_max(const struct shape *shape, const struct ruleset *rules);

#endif
