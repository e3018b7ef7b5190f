// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/start_line.h"

#include "proxy/http/chars.h"
#include "proxy/http/target.h"

// RFC 9112 2.3: case-sensitive, one digit on either side. A higher minor version is read as 1.1
// (RFC 9110 2.5), another major version is another protocol.
static enum h1_fault read_version(struct span text, struct h1_head *head)
{
    if (text.len != 8 || !span_starts(text, SPAN("HTTP/")) || !h1_is(text.at[5], H1_DIGIT) ||
        text.at[6] != '.' || !h1_is(text.at[7], H1_DIGIT)) {
        return H1_FAULT_VERSION;
    }
    head->minor = text.at[7] - '0';
    return text.at[5] == '1' ? H1_FAULT_NONE : H1_FAULT_VERSION_MAJOR;
}

static enum h1_fault check_method(struct span method)
{
    if (!h1_is_token(method)) {
        return H1_FAULT_METHOD;
    }
    return method.len > H1_MAX_METHOD ? H1_FAULT_METHOD_LONG : H1_FAULT_NONE;
}

// RFC 9112 3 allows a lenient reader to split at any white space; that leniency is what smuggling
// lives on, so exactly one SP stands on either side of the target.
enum h1_fault h1_read_request_line(struct span line, struct h1_head *head)
{
    struct span rest = line;
    head->method = span_cut(&rest, ' ');
    head->target = span_cut(&rest, ' ');
    struct span version = span_cut(&rest, ' ');
    if (version.at == NULL || rest.at != NULL || head->target.len == 0) {
        return H1_FAULT_REQUEST_LINE;
    }
    enum h1_fault fault = check_method(head->method);
    if (fault == H1_FAULT_NONE) {
        fault = read_version(version, head);
    }
    return fault == H1_FAULT_NONE ? h1_read_target(head) : fault;
}

// RFC 9110 15: a code outside 100 to 599 is invalid.
static bool read_status(struct span text, struct h1_head *head)
{
    uint64_t status = 0;
    if (text.len != 3 || !span_to_u64(text, 599, &status) || status < 100) {
        return false;
    }
    head->status = (int)status;
    return true;
}

enum h1_fault h1_read_status_line(struct span line, struct h1_head *head)
{
    struct span rest = line;
    enum h1_fault fault = read_version(span_cut(&rest, ' '), head);
    if (fault != H1_FAULT_NONE) {
        return fault;
    }
    struct span status = span_cut(&rest, ' ');
    if (status.at == NULL) {
        return H1_FAULT_STATUS_LINE;
    }
    if (!read_status(status, head)) {
        return H1_FAULT_STATUS_CODE;
    }
    // RFC 9112 4: the SP after the code stands even where there is no reason.
    if (rest.at == NULL) {
        return H1_FAULT_STATUS_LINE;
    }
    head->reason = rest;
    return h1_all(rest, H1_VALUE) ? H1_FAULT_NONE : H1_FAULT_REASON;
}
