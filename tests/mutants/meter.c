// SPDX-License-Identifier: Apache-2.0
// A flush freezes what is due, sends it in batches of one product, and reads each reply record by
// record. The careful path is the plain one; every bug is one test of its flag beside it.
#include "tests/mutants/meter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/heartbeat.h"
#include "tests/mutants/instance.h"
#include "tests/mutants/pace.h"
#include "tests/mutants/render.h"
#include "tests/mutants/reply.h"
#include "tests/mutants/talk.h"

#define MAX_RECORDS 25
#define MAX_BYTES 900000 // AWS takes less than 1 MB
#define PASSES 4
#define HAMMERING 100
#define LAZY_US (INT64_C(5) * 60 * US_PER_S) // the bug lazy-hour

static bool has(const struct meter *m, enum variant variant)
{
    return m->variants->on[variant];
}

static struct book_record *record_at(const struct meter *m, struct batch batch, size_t i)
{
    return batch_record(m, batch, i);
}

// A log that cannot be written ends the client: to go on would be to bill without a memory of it.
static void must(enum rc rc)
{
    if (rc != RC_OK) {
        fprintf(stderr, "mutant: the log of usage cannot be written: %s\n", rc_text(rc));
        exit(EXIT_FAILURE);
    }
}

static bool is_final(const struct book_record *r)
{
    return r->word == WORD_METERED || r->word == WORD_REJECTED;
}

static bool is_due(const struct meter *m, size_t record)
{
    const struct book_record *r = &m->book->records[record];
    if (r->again) {
        return true;
    }
    // A key is sent when its hour is over: usage that came later could not be billed under it.
    const struct subscriber *s = subscriber_of(m->book, r);
    bool is_open = s != NULL && has(m, BUG_REGISTERED) &&
                   (s->standing == STANDING_AWAITED || s->standing == STANDING_FAILED);
    bool may_send = (is_open || subscriber_may_send(s, m->now_us)) &&
                    !(s != NULL && s->is_trial && has(m, BUG_TRUTHY_TRIAL));
    int64_t late_us = has(m, BUG_LAZY_HOUR) ? LAZY_US : 0;
    bool is_over = r->hour_us + US_PER_HOUR + late_us <= m->now_us || has(m, BUG_RUNNING_HOUR) ||
                   (subscriber_is_last_chance(s, m->now_us) && late_us == 0) ||
                   (r->quantity == 0 && has(m, BUG_HEARTBEAT_EARLY));
    bool is_lone = !book_is_late(m->book, record) || has(m, BUG_NO_SUM);
    bool is_countable = r->beyond == NULL || has(m, BUG_ANY_QUANTITY);
    return !is_final(r) && !r->held && !r->forgotten && is_over && is_lone && is_countable &&
           may_send;
}

static void set_word(struct book_record *r, enum word word, const char *reason)
{
    r->word = word;
    r->reason = reason;
}

// The last word about a record that was refused. What may have been billed by an earlier sending is
// not certainly unbilled because a later one was refused.
static void refuse(struct meter *m, size_t record, const char *text)
{
    struct book_record *r = &m->book->records[record];
    if (!has(m, BUG_SILENT_REJECT)) {
        talk_alert(m->book, record, text);
    }
    if (r->in_doubt && !has(m, BUG_REJECT_UNPROVEN)) {
        r->held = true;
        set_word(r, WORD_UNKNOWN, "refused after a lost reply");
        return;
    }
    book_settle(m->book, record, WORD_REJECTED, NULL);
    r->reason = NULL;
}

static void accept(struct meter *m, size_t record, const cJSON *result)
{
    book_settle(m->book, record, WORD_METERED, json_get_text(result, "MeteringRecordId"));
    m->book->records[record].reason = NULL;
}

static void accept_all(struct meter *m, struct batch batch)
{
    for (size_t i = 0; i < batch.count; i++) {
        accept(m, batch.records[i], NULL);
    }
}

// The bug position-results: the first result is the first record's, and so on.
static const cJSON *result_at(const struct meter *m, const cJSON *json, struct batch batch,
                              size_t index)
{
    int place = 0;
    for (size_t i = 0; i < index; i++) {
        place += reply_is_unprocessed(json, record_at(m, batch, i)) ? 0 : 1;
    }
    return cJSON_GetArrayItem(json_get(json, "Results"), place);
}

// Somebody else's record stands under the key: part of the usage may be billed by it.
static void not_ours(struct meter *m, size_t record)
{
    struct book_record *r = &m->book->records[record];
    r->held = true;
    set_word(r, WORD_UNKNOWN, "another record stands under the key");
    talk_alert(m->book, record, "another record is billed under the same key");
}

static void on_duplicate(struct meter *m, size_t record, const cJSON *result)
{
    struct book_record *r = &m->book->records[record];
    if (has(m, BUG_REJECT_DUPLICATE)) {
        book_settle(m->book, record, WORD_REJECTED, NULL);
        talk_alert(m->book, record, "refused as a duplicate");
    } else if (has(m, BUG_RESTAMP_DUPLICATE)) {
        r->timestamp_us = m->now_us;
        set_word(r, WORD_PENDING, "a duplicate, given another time");
    } else if (r->in_doubt || has(m, BUG_TRUST_DUPLICATE)) {
        // After a lost reply it is our own sending, of this very quantity, that stands there.
        accept(m, record, result);
    } else {
        not_ours(m, record);
    }
}

// What one result says of its record; NULL when the reply holds none.
static void apply_result(struct meter *m, size_t record, const cJSON *result)
{
    struct book_record *r = &m->book->records[record];
    struct span status = json_span(json_get(result, "Status"));
    bool has_id = json_get_text(result, "MeteringRecordId") != NULL;
    if (span_is(status, "Success") && !has_id && has(m, BUG_NEEDS_ID)) {
        r->in_doubt = true;
        set_word(r, WORD_UNKNOWN, "the reply gives no id");
    } else if (span_is(status, "Success") || (result != NULL && has(m, BUG_IGNORE_STATUS))) {
        accept(m, record, result);
    } else if (span_is(status, "CustomerNotSubscribed")) {
        refuse(m, record, "the customer is not subscribed");
    } else if (span_is(status, "DuplicateRecord")) {
        on_duplicate(m, record, result);
    } else {
        r->in_doubt = true;
        set_word(r, WORD_UNKNOWN, "the reply does not speak of it");
    }
}

static void read_one(struct meter *m, const cJSON *json, struct batch batch, size_t i)
{
    struct book_record *r = record_at(m, batch, i);
    const cJSON *result = reply_result(json, r);
    bool is_unprocessed = reply_is_unprocessed(json, r);
    if (has(m, BUG_TRUST_200) || (is_unprocessed && has(m, BUG_IGNORE_UNPROCESSED))) {
        accept(m, batch.records[i], result);
    } else if (is_unprocessed && result != NULL) {
        r->in_doubt = true;
        set_word(r, WORD_UNKNOWN, "the reply contradicts itself");
    } else if (is_unprocessed) {
        set_word(r, r->in_doubt ? WORD_UNKNOWN : WORD_PENDING, "unprocessed");
    } else if (has(m, BUG_POSITION_RESULTS)) {
        apply_result(m, batch.records[i], result_at(m, json, batch, i));
    } else if (result != NULL && !reply_is_ours(result, r) && !has(m, BUG_IGNORE_STATUS)) {
        not_ours(m, batch.records[i]);
    } else {
        apply_result(m, batch.records[i], result);
    }
}

static bool has_refusal(const cJSON *json)
{
    bool found = false;
    const cJSON *result = NULL;
    cJSON_ArrayForEach(result, json_get(json, "Results"))
    {
        found = found || !span_is(json_span(json_get(result, "Status")), "Success");
    }
    return found;
}

static void give_up(struct meter *m, struct batch batch, const char *text);

// The reply of MeterUsage is about the one record of the call.
static void read_own(struct meter *m, const cJSON *json, size_t record)
{
    if (json_get_text(json, "MeteringRecordId") != NULL || has(m, BUG_TRUST_200)) {
        accept(m, record, json);
    } else {
        m->book->records[record].in_doubt = true;
        set_word(&m->book->records[record], WORD_UNKNOWN, "the reply gives no id");
    }
}

static void read_results(struct meter *m, const cJSON *json, struct batch batch)
{
    bool some_unprocessed = false;
    if (m->is_instance) {
        read_own(m, json, batch.records[0]);
        return;
    }
    if (has(m, BUG_CRASH_ON_ABSENT) && (!cJSON_IsArray(json_get(json, "Results")) ||
                                        !cJSON_IsArray(json_get(json, "UnprocessedRecords")))) {
        abort();
    }
    if (has(m, BUG_STATUS_SPREADS) && has_refusal(json)) {
        give_up(m, batch, "the service refused a record");
        return;
    }
    for (size_t i = 0; i < batch.count; i++) {
        struct book_record *r = record_at(m, batch, i);
        r->again = false;
        if (!is_final(r)) {
            read_one(m, json, batch, i);
            some_unprocessed = some_unprocessed || !is_final(r);
        }
    }
    for (size_t i = 0; some_unprocessed && has(m, LEGAL_RESEND_WHOLE) && i < batch.count; i++) {
        record_at(m, batch, i)->again = record_at(m, batch, i)->word == WORD_METERED;
    }
}

// The call failed as a whole, and the same records are to be sent again later.
static void postpone(struct meter *m, struct batch batch, bool in_doubt, const char *reason)
{
    m->is_stopped = true;
    for (size_t i = 0; i < batch.count; i++) {
        struct book_record *r = record_at(m, batch, i);
        r->in_doubt = r->in_doubt || in_doubt;
        if (in_doubt && has(m, BUG_REJECT_UNPROVEN)) {
            refuse(m, batch.records[i], "no reply came");
        } else if (has(m, BUG_BOUNDED_RETRIES) && r->sendings >= 3) {
            r->in_doubt = false;
            refuse(m, batch.records[i], "three calls have failed");
        } else if (!is_final(r)) {
            set_word(r, r->in_doubt ? WORD_UNKNOWN : WORD_PENDING, reason);
            r->forgotten = has(m, BUG_SILENT_LOSS);
        }
    }
}

static void give_up(struct meter *m, struct batch batch, const char *text)
{
    for (size_t i = 0; i < batch.count; i++) {
        refuse(m, batch.records[i], text);
    }
}

static void call(struct meter *m, struct batch batch);

// An error's name for people; some errors have none.
static char *name_for_people(struct span error)
{
    return span_dup(error.len > 0 ? error : SPAN("an error without a name"));
}

// The bug status-spreads, where each record is a call of its own: all that waits goes with it.
static void give_up_rest(struct meter *m, const char *text)
{
    for (size_t i = 0; i < m->book->record_count; i++) {
        bool waits = m->is_instance && !is_final(&m->book->records[i]);
        if (waits && has(m, BUG_STATUS_SPREADS)) {
            m->is_stopped = true;
            refuse(m, i, text);
        }
    }
}

// One record of the batch is bad: smaller batches show which, and the others are billed.
static void isolate(struct meter *m, struct batch batch, struct span error)
{
    struct book_record *only = record_at(m, batch, 0);
    size_t part = has(m, LEGAL_ISOLATE_SINGLY) ? 1 : (batch.count + 1) / 2;
    if (batch.count > 1 && !has(m, BUG_NO_ISOLATION)) {
        for (size_t from = 0; from < batch.count; from += part) {
            size_t left = batch.count - from;
            call(m, (struct batch){.records = batch.records + from,
                                   .count = left < part ? left : part});
        }
    } else if (has(m, BUG_RESTAMP_OLD) && only->timestamp_us != m->now_us &&
               span_is(error, "TimestampOutOfBoundsException")) {
        only->timestamp_us = m->now_us;
        call(m, batch);
    } else {
        OWN(text) char *text = name_for_people(error);
        give_up(m, batch, text);
        give_up_rest(m, text);
    }
}

static void read_error(struct meter *m, struct batch batch, const struct wire_reply *reply,
                       const cJSON *json)
{
    bool is_strict =
        has(m, BUG_STRICT_TYPE) ||
        (has(m, BUG_STRICT_MEDIA_TYPE) && !span_is(buf_span(&reply->media_type), WIRE_MEDIA_TYPE));
    struct span error = has(m, BUG_STRICT_TYPE)   ? json_span(json_get(json, "__type"))
                        : has(m, BUG_NESTED_TYPE) ? reply_nested_error(reply, json)
                                                  : reply_error(reply, json);
    enum remedy remedy = has(m, BUG_STRICT_MEDIA_TYPE) && is_strict
                             ? REMEDY_OPERATOR
                             : reply_remedy(reply->status, error);
    bool is_too_old = span_is(error, "TimestampOutOfBoundsException");
    if ((has(m, BUG_SILENT_LOSS) && remedy == REMEDY_ISOLATE) ||
        (has(m, BUG_OLD_FOR_EVER) && is_too_old)) {
        remedy = REMEDY_WAIT;
    }
    if (m->is_instance && span_is(error, "CustomerNotEntitledException")) {
        instance_deny(m);
    }
    switch (remedy) {
    case REMEDY_DUPLICATE:
        if (has(m, BUG_RETRY_CONFLICTS)) {
            postpone(m, batch, false, "it stands there differently");
        } else {
            on_duplicate(m, batch.records[0], NULL);
        }
        break;
    case REMEDY_ISOLATE:
        isolate(m, batch, error);
        break;
    case REMEDY_WAIT:
        if (has(m, BUG_DROP_ON_THROTTLE)) {
            give_up(m, batch, "throttled");
        } else {
            postpone(m, batch, false, "the service takes no more now");
        }
        break;
    case REMEDY_DOUBT:
        postpone(m, batch, true, "the service failed");
        // A report of its own, whose failure says nothing about the others.
        m->is_stopped = !m->is_instance || has(m, BUG_STOPS_AT_ERROR);
        break;
    case REMEDY_OPERATOR: {
        OWN(text) char *text = name_for_people(error);
        if (has(m, BUG_DROP_ON_CONFIG) || is_strict) {
            give_up(m, batch, text);
            break;
        }
        postpone(m, batch, false, "configuration or credentials");
        talk_general_alert(text);
        break;
    }
    }
}

// Nothing was sent, since there was nothing to sign it with.
static void without_keys(struct meter *m, struct batch batch)
{
    if (has(m, BUG_KEYLESS_SUCCESS)) {
        accept_all(m, batch);
    }
    if (has(m, BUG_DROP_KEYLESS)) {
        give_up(m, batch, "there are no credentials");
    } else {
        postpone(m, batch, false, "there are no credentials");
        talk_general_alert("there are no credentials");
    }
}

static void read_reply(struct meter *m, struct batch batch, const struct wire_reply *reply)
{
    OWN(json) cJSON *json = NULL;
    enum rc rc = json_read(&json, NULL, buf_span(&reply->body), NULL, NULL);
    if (has(m, BUG_CRASH_ON_ERROR) && (reply->delivery != DELIVERY_WHOLE || reply->status != 200)) {
        exit(EXIT_FAILURE);
    }
    if (reply->has_no_keys) {
        without_keys(m, batch);
    } else if (reply->delivery == DELIVERY_NONE && has(m, BUG_DROP_UNREACHABLE)) {
        give_up(m, batch, "the service cannot be reached");
    } else if (reply->is_unled && has(m, BUG_DROP_UNLED)) {
        give_up(m, batch, "the proxy refuses");
    } else if (reply->is_untrusted && has(m, BUG_DROP_UNTRUSTED)) {
        give_up(m, batch, "the service cannot be trusted");
    } else if (reply->delivery == DELIVERY_NONE) {
        postpone(m, batch, false, "the service cannot be reached");
    } else if (reply->delivery == DELIVERY_LOST) {
        postpone(m, batch, true, "the reply was lost");
    } else if (reply->is_believed) {
        accept_all(m, batch);
    } else if (reply->status != 200) {
        read_error(m, batch, reply, json);
    } else if ((rc != RC_OK && !has(m, BUG_TRUST_200)) ||
               (has(m, BUG_INTEGER_TIMES) && !reply_has_integer_times(buf_span(&reply->body)))) {
        postpone(m, batch, true, "the reply cannot be read");
    } else {
        read_results(m, json, batch);
    }
}

static void claim(struct meter *m, struct batch batch)
{
    for (size_t i = 0; i < m->book->usage_count; i++) {
        struct book_usage *usage = &m->book->usages[i];
        for (size_t k = 0; k < batch.count && usage->said != WORD_METERED; k++) {
            if (usage->record == batch.records[k]) {
                enum word word = m->book->records[usage->record].word;
                m->book->records[usage->record].word = WORD_METERED;
                talk_usage(m->book, usage);
                m->book->records[usage->record].word = word;
            }
        }
    }
}

// Sends one batch unless the service has said in this flush that it takes nothing. Recursion ends:
// every smaller batch has fewer records, and a record is stamped anew only once.
static void call(struct meter *m, struct batch batch) // NOLINT(misc-no-recursion)
{
    if (m->is_stopped) {
        return;
    }
    if (!has(m, BUG_HAMMER) && !has(m, BUG_RUSH)) {
        pace_keep(m);
    }
    // Frozen on disk before the first byte leaves: after a kill the same records go out again.
    for (size_t i = 0; i < batch.count; i++) {
        const struct book_record *r = record_at(m, batch, i);
        book_freeze(m->book, batch.records[i],
                    has(m, LEGAL_EVENT_TIME) ? r->timestamp_us : r->hour_us);
    }
    must(book_commit(m->book));
    if (has(m, BUG_CLAIM_EARLY)) {
        claim(m, batch);
    }
    OWN_BUF struct buf body = {0};
    render_batch(&body, m, batch);
    struct wire_reply reply;
    wire_call(m->wire, m->is_instance ? "MeterUsage" : "BatchMeterUsage", buf_span(&body), &reply);
    pace_heed(m, reply.retry_after_ms);
    read_reply(m, batch, &reply);
    instance_note(m, &reply);
    must(book_commit(m->book));
    wire_reply_clear(&reply);
}

static size_t batch_limit(const struct meter *m)
{
    if (has(m, LEGAL_ONE_PER_CALL) || m->is_instance) {
        return 1;
    }
    if (has(m, BUG_TOO_MANY)) {
        return SIZE_MAX;
    }
    return has(m, LEGAL_TEN_PER_CALL) ? 10 : MAX_RECORDS;
}

// No less than the record takes on the wire: escaping makes six bytes of one at worst.
static size_t bytes_of(const struct book_record *r)
{
    return 200 + shares_bytes(&r->shares) +
           6 * (strlen(r->identifier) + strlen(r->account) + strlen(r->license) +
                strlen(r->dimension));
}

// Whether both may go into one call: one product, one way of naming the buyer.
static bool go_together(const struct meter *m, const struct book_record *a,
                        const struct book_record *b)
{
    return (has(m, BUG_MIX_PRODUCTS) || strcmp(a->product, b->product) == 0) &&
           (a->license[0] == '\0') == (b->license[0] == '\0');
}

// Moves the next batch of due into taken and closes the gap; gives how many were taken.
static size_t take_batch(const struct meter *m, size_t *due, size_t *due_count, size_t *taken)
{
    size_t count = 0;
    size_t kept = 0;
    size_t bytes = 0;
    const struct book_record *first = &m->book->records[due[0]];
    for (size_t i = 0; i < *due_count; i++) {
        const struct book_record *r = &m->book->records[due[i]];
        bool fits =
            count < batch_limit(m) && (bytes + bytes_of(r) <= MAX_BYTES || has(m, BUG_ANY_SIZE));
        if (count == 0 || (fits && go_together(m, first, r))) {
            taken[count++] = due[i];
            bytes += bytes_of(r);
        } else {
            due[kept++] = due[i];
        }
    }
    *due_count = kept;
    return count;
}

static size_t list_due(const struct meter *m, size_t *due)
{
    size_t count = 0;
    for (size_t i = 0; i < m->book->record_count; i++) {
        size_t record = has(m, LEGAL_REVERSE_ORDER) ? m->book->record_count - 1 - i : i;
        if (is_due(m, record)) {
            due[count++] = record;
        }
    }
    return count;
}

// Sends everything that is due once; false when nothing was.
static bool send_due(struct meter *m)
{
    size_t room = (m->book->record_count + 1) * sizeof(size_t);
    OWN(text) char *due_memory = x_alloc(room);
    OWN(text) char *taken_memory = x_alloc(room);
    size_t *due = (size_t *)(void *)due_memory;
    size_t *taken = (size_t *)(void *)taken_memory;
    size_t count = list_due(m, due);
    bool any = count > 0;
    m->is_stopped = pace_must_wait(m);
    while (count > 0) {
        size_t n = take_batch(m, due, &count, taken);
        if (has(m, BUG_LOSES_LAST) && n == MAX_RECORDS) {
            m->book->records[taken[--n]].forgotten = true;
        }
        call(m, (struct batch){.records = taken, .count = n});
        for (unsigned i = 0; has(m, BUG_HAMMER) && m->is_stopped && i < HAMMERING; i++) {
            m->is_stopped = false;
            call(m, (struct batch){.records = taken, .count = n});
        }
    }
    return any;
}

void meter_report(struct meter *m)
{
    for (size_t i = 0; i < m->book->usage_count; i++) {
        talk_usage(m->book, &m->book->usages[i]);
    }
}

// The bug month-forgets: usage of a month that is over is thought to be lost, and dropped.
static void forget_months(struct meter *m)
{
    for (size_t i = 0; i < m->book->record_count && has(m, BUG_MONTH_FORGETS); i++) {
        struct book_record *r = &m->book->records[i];
        r->forgotten = r->forgotten || instant_month(r->hour_us) < instant_month(m->now_us);
    }
}

// How often a flush tries, as long as something is due.
static unsigned passes_of(const struct meter *m)
{
    bool retries =
        has(m, LEGAL_AT_ONCE) || has(m, BUG_FIXED_BACKOFF) || has(m, BUG_IGNORE_RETRY_AFTER);
    return retries ? PASSES : 1;
}

void meter_flush(struct meter *m)
{
    forget_months(m);
    instance_ask_again(m);
    heartbeat_fill(m);
    for (unsigned pass = 0; send_due(m) && pass + 1 < passes_of(m); pass++) {
        pace_back_off(m, pass);
    }
    must(book_flush(m->book));
    meter_report(m);
}
