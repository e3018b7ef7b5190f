// SPDX-License-Identifier: Apache-2.0
// Errors as the wire shows them: the modelled ones of each operation, and those common to all AWS
// services (API reference, "Common Errors"), each with its status and its usual message.
#ifndef PROXY_AWS_ERROR_H
#define PROXY_AWS_ERROR_H

#include "proxy/aws/operation.h"
#include "proxy/base/buf.h"

enum aws_error {
    AWS_ERROR_NONE,
#define AWS_ERROR(id, name, status, operations, message) AWS_ERROR_##id,
#include "proxy/aws/error.def"
    AWS_ERROR_COUNT
};

// "ThrottlingException"; "" for AWS_ERROR_NONE.
const char *aws_error_name(enum aws_error error);
int aws_error_status(enum aws_error error);
const char *aws_error_message(enum aws_error error);
// True when the service model lists the error for that operation.
bool aws_error_is_modelled(enum aws_error error, enum operation operation);
// AWS_ERROR_NONE when there is no such name. "ExpiredTokenException" is the modelled one.
enum aws_error aws_error_find(struct span name);

// Where and how an error's type is written (Smithy, awsJson1_1, "Operation error serialization").
enum aws_error_where { AWS_ERROR_IN_TYPE, AWS_ERROR_IN_CODE, AWS_ERROR_IN_HEADER };
enum aws_error_how { AWS_ERROR_BARE, AWS_ERROR_NAMESPACED, AWS_ERROR_WITH_URI };

struct aws_error_form {
    const char *name;    // as written on the wire; borrowed; NULL for aws_error_name(error)
    const char *message; // borrowed; NULL for the usual one
    int status;          // 0 for the usual one
    enum aws_error_where where;
    enum aws_error_how how;
    bool capital_message; // "Message" for "message"
    bool empty_body;
};

// Renders the body of the error reply and, when the form writes the type in a header, that header's
// value into type_header (else left empty). Both are appended to. form may be NULL: a bare name in
// __type and the usual message.
void aws_error_render(struct buf *body, struct buf *type_header, enum aws_error error,
                      const struct aws_error_form *form);

#endif
