// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/section.h"

#include "proxy/base/alloc.h"
#include "proxy/http/chars.h"

#include <string.h>

// A usual head of AWS's SDKs fits; what is above goes back when the next message begins.
#define KEPT_BYTES 8192

void h1_section_clear(struct h1_section *s)
{
    buf_clear(&s->bytes);
    x_free(s->slots);
    x_free(s->fields);
    *s = (struct h1_section){0};
}

void h1_section_reset(struct h1_section *s)
{
    if (s->bytes.cap > KEPT_BYTES) {
        h1_section_clear(s);
        return;
    }
    buf_reset(&s->bytes);
    s->line_at = 0;
    s->count = 0;
    s->published = 0;
}

enum h1_line h1_line_take(struct buf *bytes, size_t line_at, size_t room, struct span *input)
{
    size_t left = room - (bytes->len - line_at);
    size_t within = input->len < left ? input->len : left;
    const char *lf = within == 0 ? NULL : memchr(input->at, '\n', within);
    size_t taken = lf == NULL ? within : (size_t)(lf - input->at) + 1;
    buf_add(bytes, span_slice(*input, 0, taken));
    *input = span_slice(*input, taken, input->len);
    if (lf != NULL) {
        return H1_LINE_WHOLE;
    }
    return input->len > 0 ? H1_LINE_LONG : H1_LINE_PART;
}

// RFC 9112 2.2: a LF alone may be taken for a line's end by others, and a CR elsewhere too; either
// hides a line from one of two readers.
enum h1_fault h1_line_strip(const struct buf *bytes, size_t line_at, struct span *line)
{
    *line = span_slice(buf_span(bytes), line_at, bytes->len - 1);
    if (line->len == 0 || line->at[line->len - 1] != '\r') {
        return H1_FAULT_BARE_LF;
    }
    line->len--;
    bool has_cr = line->len > 0 && memchr(line->at, '\r', line->len) != NULL;
    return has_cr ? H1_FAULT_BARE_CR : H1_FAULT_NONE;
}

// RFC 9112 5: field-line = field-name ":" OWS field-value OWS
static enum h1_fault check_name(struct span name)
{
    if (name.len == 0) {
        return H1_FAULT_FIELD_NAME_EMPTY;
    }
    if (h1_is_token(name)) {
        return H1_FAULT_NONE;
    }
    // RFC 9112 5.1: no white space before the colon; told apart because it is the usual slip.
    struct span bare = span_trim(name);
    return h1_is_token(bare) ? H1_FAULT_FIELD_SPACE : H1_FAULT_FIELD_NAME;
}

static enum h1_fault read_field(struct span line, struct h1_field *field)
{
    // RFC 9112 5.2 and 2.2: a line that goes on from the one before, or from the start line.
    if (line.at[0] == ' ' || line.at[0] == '\t') {
        return H1_FAULT_FOLD;
    }
    struct span rest = line;
    field->name = span_cut(&rest, ':');
    if (rest.at == NULL) {
        return H1_FAULT_FIELD_COLON;
    }
    field->value = span_trim(rest);
    enum h1_fault fault = check_name(field->name);
    if (fault != H1_FAULT_NONE) {
        return fault;
    }
    return h1_all(field->value, H1_VALUE) ? H1_FAULT_NONE : H1_FAULT_FIELD_VALUE;
}

enum h1_fault h1_section_add(struct h1_section *s, struct span line, struct h1_field *field)
{
    enum h1_fault fault = read_field(line, field);
    if (fault != H1_FAULT_NONE) {
        return fault;
    }
    X_GROW(s->slots, s->count, s->capacity);
    s->slots[s->count++] = (struct h1_slot){
        .name_at = (size_t)(field->name.at - s->bytes.data),
        .name_len = field->name.len,
        .value_at = (size_t)(field->value.at - s->bytes.data),
        .value_len = field->value.len,
    };
    s->line_at = s->bytes.len;
    return H1_FAULT_NONE;
}

void h1_section_publish(struct h1_section *s)
{
    if (s->count > s->field_capacity) {
        s->field_capacity = s->capacity;
        s->fields = x_realloc(s->fields, s->capacity * sizeof *s->fields);
    }
    struct span all = buf_span(&s->bytes);
    for (size_t i = 0; i < s->count; i++) {
        const struct h1_slot *slot = &s->slots[i];
        s->fields[i] = (struct h1_field){
            .name = span_slice(all, slot->name_at, slot->name_at + slot->name_len),
            .value = span_slice(all, slot->value_at, slot->value_at + slot->value_len),
        };
    }
    s->published = s->count;
}
