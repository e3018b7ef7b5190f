// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/subscriber.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/book.h"

// How long records are taken after the notice that a subscription ends.
#define GRACE_US US_PER_HOUR
// When the running hour is closed early: so long before the grace ends.
#define MARGIN_US (INT64_C(10) * 60 * US_PER_S)

static bool is_one(const char *a, const char *b)
{
    return a[0] != '\0' && strcmp(a, b) == 0;
}

struct subscriber *subscriber_find(const struct book *b, const char *identifier,
                                   const char *license, const char *account)
{
    for (size_t i = 0; i < b->subscriber_count; i++) {
        struct subscriber *s = &b->subscribers[i];
        // One without identifier and licence stands for its whole account, by the bug.
        bool is_account = s->identifier[0] == '\0' && s->license[0] == '\0';
        if (is_one(s->identifier, identifier) || is_one(s->license, license) ||
            (is_account && is_one(s->account, account))) {
            return s;
        }
    }
    return NULL;
}

struct subscriber *subscriber_of(const struct book *b, const struct book_record *record)
{
    return subscriber_find(b, record->identifier, record->license, record->account);
}

static void clear(struct subscriber *s)
{
    x_free(s->identifier);
    x_free(s->account);
    x_free(s->license);
    x_free(s->product);
    x_free(s->user);
}

void subscribers_clear(struct book *b)
{
    for (size_t i = 0; i < b->subscriber_count; i++) {
        clear(&b->subscribers[i]);
    }
    x_free(b->subscribers);
}

static char *copy(const cJSON *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return x_strdup(text == NULL ? "" : text);
}

void subscriber_apply(struct book *b, const cJSON *line)
{
    const cJSON *who = json_get(line, "who");
    struct subscriber s = {
        .identifier = copy(who, "identifier"),
        .account = copy(who, "account"),
        .license = copy(who, "license"),
        .product = copy(who, "product"),
        .user = copy(who, "user"),
        .standing = (enum standing)json_get_int(who, "standing", STANDING_AWAITED),
        .since_us = json_get_int(who, "since_us", 0),
        .closing_us = json_get_int(who, "closing_us", 0),
        .told_us = json_get_int(who, "told_us", 0),
        .is_trial = json_is_true(json_get(who, "is_trial")),
    };
    struct subscriber *old = subscriber_find(b, s.identifier, s.license, s.account);
    if (old != NULL) {
        clear(old);
        *old = s;
        return;
    }
    X_GROW(b->subscribers, b->subscriber_count, b->subscriber_cap);
    b->subscribers[b->subscriber_count++] = s;
}

enum rc subscriber_put(struct book *b, const struct subscriber *s)
{
    OWN_BUF struct buf text = {0};
    OWN(json) cJSON *line = NULL;
    buf_add_text(&text, "{\"who\":{\"kind\":\"subscriber\"");
    buf_add_member(&text, "identifier", span_of(s->identifier));
    buf_add_member(&text, "account", span_of(s->account));
    buf_add_member(&text, "license", span_of(s->license));
    buf_add_member(&text, "product", span_of(s->product));
    buf_add_member(&text, "user", span_of(s->user));
    buf_add_member_i64(&text, "standing", (int64_t)s->standing);
    buf_add_member_i64(&text, "since_us", s->since_us);
    buf_add_member_i64(&text, "closing_us", s->closing_us);
    buf_add_member_i64(&text, "told_us", s->told_us);
    buf_add_member_bool(&text, "is_trial", s->is_trial);
    buf_add_text(&text, "}}");
    enum rc rc = json_read(&line, NULL, buf_span(&text), NULL, NULL);
    if (rc == RC_OK) {
        rc = book_write(b, buf_span(&text));
    }
    if (rc == RC_OK) {
        subscriber_apply(b, line);
    }
    return rc;
}

bool subscriber_may_send(const struct subscriber *s, int64_t now_us)
{
    if (s == NULL) {
        return true;
    }
    return s->standing == STANDING_ACTIVE ||
           (s->standing == STANDING_CLOSING && now_us < s->closing_us + GRACE_US);
}

bool subscriber_is_last_chance(const struct subscriber *s, int64_t now_us)
{
    return s != NULL && s->standing == STANDING_CLOSING &&
           now_us >= s->closing_us + GRACE_US - MARGIN_US;
}
