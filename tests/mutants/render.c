// SPDX-License-Identifier: Apache-2.0
// The careful form is the plain one; every bug is one test of its flag beside it.
#include "tests/mutants/render.h"

#include <ctype.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "tests/mutants/instance.h"

static bool has(const struct meter *m, enum variant variant)
{
    return m->variants->on[variant];
}

struct book_record *batch_record(const struct meter *m, struct batch batch, size_t i)
{
    return &m->book->records[batch.records[i]];
}

static int64_t stamp_for(const struct meter *m, const struct book_record *r)
{
    bool again = r->sendings > 0;
    if (has(m, BUG_STAMP_NOW_ALWAYS) || (again && has(m, BUG_STAMP_NOW)) ||
        (r->in_doubt && has(m, BUG_DOUBLE_ON_RESET))) {
        return m->now_us;
    }
    return r->timestamp_us;
}

static void add_member(struct buf *out, const char *key, const char *value)
{
    if (value[0] != '\0') {
        buf_addf(out, ",\"%s\":", key);
        buf_add_json_string(out, span_of(value));
    }
}

static void render_time(struct buf *out, const struct meter *m, int64_t at_us)
{
    char text[INSTANT_TEXT];
    if (has(m, BUG_TEXT_TIME)) {
        instant_format_s(text, at_us);
        buf_addf(out, "\"%s\"", text);
    } else if (has(m, BUG_MILLI_TIME)) {
        buf_addf(out, "%lld", (long long)(at_us / US_PER_MS));
    } else {
        buf_addf(out, "%lld%s", (long long)(at_us / US_PER_S),
                 has(m, LEGAL_FRACTION_TIME) ? ".5" : "");
    }
}

static void render_quantity(struct buf *out, const struct meter *m, const struct book_record *r)
{
    if (r->beyond != NULL) { // by the bug any-quantity
        buf_addf(out, "%.17g", r->raw);
        return;
    }
    const char *quote = has(m, BUG_TEXT_QUANTITY) ? "\"" : "";
    buf_addf(out, "%s%lld%s%s", quote, (long long)r->sent_quantity,
             has(m, BUG_FLOAT_QUANTITY) ? ".5" : "", quote);
}

// The members that a UsageRecord and the body of MeterUsage have in common, under either's names.
static void render_members(struct buf *out, const struct meter *m, struct book_record *r)
{
    r->sent_us = stamp_for(m, r);
    r->sent_quantity = has(m, BUG_RETRY_ADDS) ? r->quantity * (r->sendings + 1) : r->quantity;
    r->sendings++;
    OWN(text) char *dimension = x_strdup(r->dimension);
    for (char *c = dimension; *c != '\0'; c++) {
        *c = (char)(has(m, BUG_UPPER_DIMENSION)   ? toupper((unsigned char)*c)
                    : has(m, BUG_LOWER_DIMENSION) ? tolower((unsigned char)*c)
                                                  : *c);
    }
    buf_add_text(out, "\"Timestamp\":");
    render_time(out, m, r->sent_us);
    add_member(out, "CustomerIdentifier", r->identifier);
    bool names_both = has(m, BUG_BOTH_NAMES) && r->identifier[0] != '\0';
    const char *account = names_both ? r->buyer : r->account;
    bool is_number = has(m, BUG_NUMBER_ACCOUNT);
    add_member(out, "CustomerAWSAccountId", account + (is_number ? strspn(account, "0") : 0));
    add_member(out, "LicenseArn", has(m, BUG_NO_LICENSE) ? "" : r->license);
    add_member(out, m->is_instance ? "UsageDimension" : "Dimension", dimension);
    buf_add_text(out, m->is_instance ? ",\"UsageQuantity\":" : ",\"Quantity\":");
    render_quantity(out, m, r);
    shares_render(out, &r->shares, r->sent_quantity, m->variants->on);
}

void render_batch(struct buf *out, const struct meter *m, struct batch batch)
{
    const struct book_record *first = batch_record(m, batch, 0);
    buf_add_char(out, '{');
    // A licence names its product; both together would be billed twice.
    bool wants_code = first->license[0] == '\0' || has(m, BUG_CODE_AND_LICENSE);
    if (wants_code && !has(m, BUG_NO_PRODUCT_CODE)) {
        buf_add_text(out, "\"ProductCode\":");
        buf_add_json_string(out, span_of(first->product));
        buf_add_char(out, ',');
    }
    if (m->is_instance) {
        render_members(out, m, batch_record(m, batch, 0));
        instance_render_token(out, m, first);
        buf_add_char(out, '}');
        return;
    }
    buf_add_text(out, "\"UsageRecords\":[");
    for (size_t i = 0; i < batch.count; i++) {
        buf_add_text(out, i == 0 ? "{" : ",{");
        render_members(out, m, batch_record(m, batch, i));
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}");
}
