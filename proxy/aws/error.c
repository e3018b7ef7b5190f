// SPDX-License-Identifier: Apache-2.0
#include "proxy/aws/error.h"

#define NAMESPACE "com.amazonaws.marketplacemetering#"
#define CORAL_URI ":http://internal.amazon.com/coral/com.amazonaws.marketplacemetering/"

struct error_row {
    const char *name;
    const char *message;
    unsigned operations; // a bit for each operation that models the error
    int status;
};

static const struct error_row ROWS[AWS_ERROR_COUNT] = {
    [AWS_ERROR_NONE] = {.name = "", .message = "", .status = 200},
#define AWS_ERROR(id, row_name, row_status, on, text)                                              \
    [AWS_ERROR_##                                                                                  \
        id] = {.name = (row_name), .message = (text), .operations = (on), .status = (row_status)},
#include "proxy/aws/error.def"
};

static const struct error_row *row_of(enum aws_error error)
{
    return &ROWS[error < AWS_ERROR_COUNT ? error : AWS_ERROR_NONE];
}

const char *aws_error_name(enum aws_error error)
{
    return row_of(error)->name;
}

int aws_error_status(enum aws_error error)
{
    return row_of(error)->status;
}

const char *aws_error_message(enum aws_error error)
{
    return row_of(error)->message;
}

bool aws_error_is_modelled(enum aws_error error, enum operation operation)
{
    return operation != OPERATION_NONE && (row_of(error)->operations & 1U << operation) != 0;
}

enum aws_error aws_error_find(struct span name)
{
    for (size_t i = AWS_ERROR_NONE + 1; i < AWS_ERROR_COUNT; i++) {
        if (span_is(name, ROWS[i].name)) {
            return (enum aws_error)i;
        }
    }
    return AWS_ERROR_NONE;
}

// Smithy, awsJson1_1, "Operation error serialization": a client strips what follows the first colon
// and what stands before the number sign.
static void add_type(struct buf *b, const char *name, enum aws_error_how how)
{
    if (how == AWS_ERROR_NAMESPACED) {
        buf_add_text(b, NAMESPACE);
    }
    buf_add_text(b, name);
    if (how == AWS_ERROR_WITH_URI) {
        buf_add_text(b, CORAL_URI);
    }
}

static void add_type_member(struct buf *body, const char *key, const char *name,
                            enum aws_error_how how)
{
    struct buf type = {0};
    add_type(&type, name, how);
    buf_add_text(body, key);
    buf_add_json_string(body, buf_span(&type));
    buf_add_char(body, ',');
    buf_clear(&type);
}

static void add_body(struct buf *body, const char *name, const char *message,
                     const struct aws_error_form *form)
{
    buf_add_char(body, '{');
    if (form->where == AWS_ERROR_IN_TYPE) {
        add_type_member(body, "\"__type\":", name, form->how);
    } else if (form->where == AWS_ERROR_IN_CODE) {
        add_type_member(body, "\"code\":", name, form->how);
    }
    buf_add_text(body, form->capital_message ? "\"Message\":" : "\"message\":");
    buf_add_json_string(body, span_of(message));
    buf_add_char(body, '}');
}

void aws_error_render(struct buf *body, struct buf *type_header, enum aws_error error,
                      const struct aws_error_form *form)
{
    static const struct aws_error_form USUAL = {.where = AWS_ERROR_IN_TYPE};
    if (form == NULL) {
        form = &USUAL;
    }
    const char *name = form->name == NULL ? aws_error_name(error) : form->name;
    const char *message = form->message == NULL ? aws_error_message(error) : form->message;
    if (form->where == AWS_ERROR_IN_HEADER) {
        add_type(type_header, name, form->how);
    }
    if (!form->empty_body) {
        add_body(body, name, message, form);
    }
}
