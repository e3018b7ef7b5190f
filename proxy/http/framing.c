// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/framing.h"

#include "proxy/http/chars.h"
#include "proxy/http/target.h"

// RFC 9112 3.2: any second Host is refused; the value is host[:port], or empty where the target has
// no authority.
static enum h1_fault note_host(struct h1_notes *notes, struct span value)
{
    if (notes->has_host) {
        return H1_FAULT_HOST_TWICE;
    }
    notes->has_host = true;
    bool is_fine = value.len == 0 || h1_is_authority(value, H1_PORT_OPTIONAL);
    return is_fine ? H1_FAULT_NONE : H1_FAULT_HOST;
}

// RFC 9110 8.6 lets a reader fold equal values into one, or refuse. We refuse, also a list of equal
// values in one field: whoever writes two lengths has two opinions on where the body ends.
static enum h1_fault note_length(struct h1_notes *notes, struct span value)
{
    if (notes->has_length) {
        return H1_FAULT_LENGTH_TWICE;
    }
    if (value.len == 0 || !h1_all(value, H1_DIGIT)) {
        return H1_FAULT_LENGTH;
    }
    notes->has_length = true;
    notes->length_is_too_large = !span_to_u64(value, UINT64_MAX, &notes->length);
    return H1_FAULT_NONE;
}

// RFC 9112 6.1: several fields are one list, in their order. An empty value names one coding, the
// empty one, so that it is refused like any other that is not chunked.
static enum h1_fault note_coding(struct h1_notes *notes, struct span value)
{
    struct span rest = value;
    notes->has_coding = true;
    do {
        if (notes->last_is_chunked) {
            notes->chunked_is_twice = true;
        }
        notes->last_is_chunked =
            span_equal_nocase(span_trim(span_cut(&rest, ',')), SPAN("chunked"));
        notes->has_other_coding = notes->has_other_coding || !notes->last_is_chunked;
    } while (rest.at != NULL);
    return H1_FAULT_NONE;
}

static enum h1_fault note_connection(struct h1_notes *notes, struct span value)
{
    while (value.len > 0) {
        struct span option = span_trim(span_cut(&value, ','));
        notes->says_close = notes->says_close || span_equal_nocase(option, SPAN("close"));
        notes->says_keep_alive =
            notes->says_keep_alive || span_equal_nocase(option, SPAN("keep-alive"));
    }
    return H1_FAULT_NONE;
}

static enum h1_fault note_expect(struct h1_notes *notes, struct span value)
{
    while (value.len > 0) {
        struct span member = span_trim(span_cut(&value, ','));
        bool is_continue = span_equal_nocase(member, SPAN("100-continue"));
        notes->expects_continue = notes->expects_continue || is_continue;
        notes->expects_other = notes->expects_other || (!is_continue && member.len > 0);
    }
    return H1_FAULT_NONE;
}

struct note_row {
    struct span name;
    bool requests_only;
    enum h1_fault (*note)(struct h1_notes *notes, struct span value);
};

enum h1_fault h1_note_field(struct h1_notes *notes, enum h1_kind kind, const struct h1_field *field)
{
    static const struct note_row ROWS[] = {
        {{"host", 4}, true, note_host},
        {{"expect", 6}, true, note_expect},
        {{"connection", 10}, false, note_connection},
        {{"content-length", 14}, false, note_length},
        {{"transfer-encoding", 17}, false, note_coding},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (span_equal_nocase(field->name, ROWS[i].name)) {
            bool counts = kind == H1_REQUEST || !ROWS[i].requests_only;
            return counts ? ROWS[i].note(notes, field->value) : H1_FAULT_NONE;
        }
    }
    return H1_FAULT_NONE;
}

// RFC 9112 6.1 and 6.3: whatever would let two readers see two different ends is refused.
static enum h1_fault check_coding(const struct h1_notes *notes, const struct h1_head *head)
{
    if (!notes->has_coding) {
        return H1_FAULT_NONE;
    }
    if (head->minor == 0) {
        return H1_FAULT_CODING_OLD;
    }
    if (notes->has_length) {
        return H1_FAULT_LENGTH_AND_CODING;
    }
    if (!notes->last_is_chunked) {
        return H1_FAULT_CODING_LAST;
    }
    if (notes->chunked_is_twice) {
        return H1_FAULT_CODING_TWICE;
    }
    return notes->has_other_coding ? H1_FAULT_CODING_UNKNOWN : H1_FAULT_NONE;
}

// RFC 9110 10.1.1: an HTTP/1.0 request has no expectations, whatever it says.
static enum h1_fault decide_request(const struct h1_notes *notes, struct h1_head *head)
{
    if (!notes->has_host && head->minor > 0) {
        return H1_FAULT_HOST_MISSING;
    }
    // RFC 9112 3.2.2: the authority of an absolute target overrules Host.
    if (head->authority.at == NULL) {
        head->authority = h1_value(head, "host");
    }
    head->has_body = head->is_chunked || (notes->has_length && head->content_length > 0);
    // RFC 9110 9.3.6: CONNECT has no content.
    if (head->has_body && head->form == H1_FORM_AUTHORITY) {
        return H1_FAULT_CONNECT_BODY;
    }
    if (notes->expects_other && head->minor > 0) {
        return H1_FAULT_EXPECTATION;
    }
    head->expects_continue = notes->expects_continue && head->minor > 0 && head->has_body;
    return H1_FAULT_NONE;
}

// RFC 9112 6.3, rules 1 and 2: these end with their head, whatever their fields say.
static bool ends_with_head(int status, enum h1_answered answered)
{
    return status < 200 || status == 204 || status == 304 || answered == H1_ANSWERS_HEAD ||
           (answered == H1_ANSWERS_CONNECT && status < 300);
}

static void decide_response(const struct h1_notes *notes, enum h1_answered answered,
                            struct h1_head *head)
{
    head->opens_tunnel = head->status == 101 || (answered == H1_ANSWERS_CONNECT &&
                                                 head->status >= 200 && head->status < 300);
    if (ends_with_head(head->status, answered)) {
        return;
    }
    head->is_until_close = !head->is_chunked && !notes->has_length;
    head->has_body = head->is_chunked || head->is_until_close || head->content_length > 0;
}

// RFC 9112 9.3: close wins, 1.1 persists unless told otherwise, 1.0 only when told.
static bool decide_keep_alive(const struct h1_notes *notes, const struct h1_head *head)
{
    bool wanted = head->minor > 0 || notes->says_keep_alive;
    return wanted && !notes->says_close && !head->is_until_close && !head->opens_tunnel;
}

enum h1_fault h1_decide_framing(const struct h1_notes *notes, enum h1_kind kind,
                                enum h1_answered answered, uint64_t max_body, struct h1_head *head)
{
    enum h1_fault fault = check_coding(notes, head);
    if (fault != H1_FAULT_NONE) {
        return fault;
    }
    head->is_chunked = notes->has_coding;
    head->has_content_length = notes->has_length;
    head->content_length = notes->length_is_too_large ? UINT64_MAX : notes->length;
    if (kind == H1_REQUEST) {
        fault = decide_request(notes, head);
    } else {
        decide_response(notes, answered, head);
    }
    head->keep_alive = decide_keep_alive(notes, head);
    if (fault != H1_FAULT_NONE) {
        return fault;
    }
    bool is_too_long = notes->length_is_too_large || head->content_length > max_body;
    return head->has_body && is_too_long ? H1_FAULT_BODY_LONG : H1_FAULT_NONE;
}

bool h1_is_barred_from_trailers(struct span name)
{
    static const char *const BARRED[] = {"content-length", "host", "transfer-encoding"};
    for (size_t i = 0; i < sizeof BARRED / sizeof *BARRED; i++) {
        if (span_equal_nocase(name, span_of(BARRED[i]))) {
            return true;
        }
    }
    return false;
}
