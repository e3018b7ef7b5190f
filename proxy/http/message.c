// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/message.h"

const struct h1_field *h1_find(const struct h1_head *head, const char *name)
{
    struct span wanted = span_of(name);
    for (size_t i = 0; i < head->field_count; i++) {
        if (span_equal_nocase(head->fields[i].name, wanted)) {
            return &head->fields[i];
        }
    }
    return NULL;
}

struct span h1_value(const struct h1_head *head, const char *name)
{
    const struct h1_field *field = h1_find(head, name);
    return field == NULL ? (struct span){0} : field->value;
}

static bool list_has(struct span list, struct span member)
{
    while (list.len > 0) {
        if (span_equal_nocase(span_trim(span_cut(&list, ',')), member)) {
            return true;
        }
    }
    return false;
}

bool h1_list_has(const struct h1_head *head, const char *name, struct span member)
{
    // RFC 9110 5.6.1.2: empty members are no members.
    if (member.len == 0) {
        return false;
    }
    struct span wanted = span_of(name);
    for (size_t i = 0; i < head->field_count; i++) {
        if (span_equal_nocase(head->fields[i].name, wanted) &&
            list_has(head->fields[i].value, member)) {
            return true;
        }
    }
    return false;
}

bool h1_is_hop_by_hop(const struct h1_head *head, struct span name)
{
    static const char *const KIN[] = {"connection", "keep-alive",        "proxy-connection",
                                      "te",         "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof KIN / sizeof *KIN; i++) {
        if (span_equal_nocase(name, span_of(KIN[i]))) {
            return true;
        }
    }
    return h1_list_has(head, "connection", name);
}
