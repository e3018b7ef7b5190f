// SPDX-License-Identifier: Apache-2.0
// The log holds one JSON line per act: {"take":…}, {"nothing":…}, {"freeze":…}, {"settle":…},
// {"who":…}. Replaying them in order gives the same numbers to the same records, so later lines can
// refer to them, also those of another process: whoever acts holds a lock, and reads first what
// others wrote.
#include "tests/mutants/book.h"

#include <fcntl.h>
#include <math.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

static const char *const word_names[] = {
    [WORD_NONE] = "",           [WORD_PENDING] = "pending",   [WORD_UNKNOWN] = "unknown",
    [WORD_METERED] = "metered", [WORD_REJECTED] = "rejected",
};

const char *word_name(enum word word)
{
    return word_names[word];
}

// Writes whole lines and waits until the disk has them.
static enum rc write_out(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.at, bytes.len);
        if (written <= 0) {
            return RC_IO;
        }
        bytes = span_slice(bytes, (size_t)written, bytes.len);
    }
    return fdatasync(fd) == 0 ? RC_OK : RC_IO;
}

enum rc book_flush(struct book *b)
{
    enum rc rc = b->log_fd < 0 ? RC_OK : write_out(b->log_fd, buf_span(&b->unwritten));
    b->log_at += b->unwritten.len;
    buf_reset(&b->unwritten);
    return rc;
}

enum rc book_commit(struct book *b)
{
    return b->variants->on[BUG_ACK_FIRST] ? RC_OK : book_flush(b);
}

// Appends one line, durable when book_commit has returned.
static void log_line(struct book *b, struct span line)
{
    buf_add(&b->unwritten, line);
    buf_add_char(&b->unwritten, '\n');
}

enum rc book_write(struct book *b, struct span line)
{
    log_line(b, line);
    return book_commit(b);
}

static char *copy_member(const cJSON *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return x_strdup(text == NULL ? "" : text);
}

static bool same_key(const struct book_record *a, const struct book_record *b)
{
    return a->hour_us == b->hour_us && strcmp(a->product, b->product) == 0 &&
           strcmp(a->identifier, b->identifier) == 0 && strcmp(a->account, b->account) == 0 &&
           strcmp(a->license, b->license) == 0 && strcmp(a->dimension, b->dimension) == 0;
}

static void record_clear(struct book_record *r)
{
    x_free(r->product);
    x_free(r->identifier);
    x_free(r->account);
    x_free(r->license);
    x_free(r->dimension);
    x_free(r->buyer);
    x_free(r->token);
    x_free(r->record_id);
    shares_clear(&r->shares);
}

// By the bug local-hours: the hour that a clock on the wall shows, back in UTC.
static int64_t local_hour(int64_t at_us)
{
    time_t at_s = (time_t)(at_us / US_PER_S);
    struct tm parts;
    (void)localtime_r(&at_s, &parts);
    parts.tm_min = 0;
    parts.tm_sec = 0;
    parts.tm_isdst = -1;
    return instant_hour((int64_t)mktime(&parts) * US_PER_S);
}

// A record with the key that the usage has. The identifier names the payer in the older model,
// licence and account in the newer; AWS takes one of the two, never both.
static struct book_record record_of(const struct book *b, const cJSON *usage, int64_t at_us)
{
    const cJSON *customer = json_get(usage, "customer");
    const char *identifier = json_get_text(customer, "identifier");
    return (struct book_record){
        .product = copy_member(usage, "product"),
        .identifier = copy_member(customer, "identifier"),
        .account = identifier != NULL ? x_strdup("") : copy_member(customer, "account"),
        .license = identifier != NULL ? x_strdup("") : copy_member(customer, "license"),
        .dimension = copy_member(usage, "dimension"),
        .buyer = copy_member(customer, "account"),
        .hour_us = b->variants->on[BUG_LOCAL_HOURS] ? local_hour(at_us) : instant_hour(at_us),
        .word = WORD_PENDING,
    };
}

// The record that still takes usage of that key; wanted is kept or released.
static size_t adopt_record(struct book *b, struct book_record *wanted)
{
    for (size_t i = 0; i < b->record_count && !b->variants->on[BUG_NO_SUM]; i++) {
        if (!b->records[i].frozen && b->records[i].beyond == NULL && wanted->beyond == NULL &&
            same_key(&b->records[i], wanted)) {
            record_clear(wanted);
            return i;
        }
    }
    X_GROW(b->records, b->record_count, b->record_cap);
    b->records[b->record_count] = *wanted;
    return b->record_count++;
}

bool book_is_late(const struct book *b, size_t record)
{
    for (size_t i = 0; i < record && !b->adds_up; i++) {
        const struct book_record *r = &b->records[i];
        if (r->word != WORD_REJECTED && r->beyond == NULL && same_key(r, &b->records[record])) {
            return true;
        }
    }
    return false;
}

// What the client makes of a quantity: the number itself, unless it rounds.
static double taken(const struct book *b, const cJSON *quantity)
{
    double raw = cJSON_GetNumberValue(quantity);
    return b->variants->on[LEGAL_ROUNDS] && raw >= 0 ? floor(raw + 0.5) : raw;
}

// UsageRecord.Quantity is an integer from 0 to 2147483647. Nothing is rounded or cut: what is owed
// for anything else is for a person to settle.
static const char *beyond_reach(double quantity)
{
    return quantity >= 0 && quantity <= INT32_MAX && floor(quantity) == quantity
               ? NULL
               : "this quantity cannot be reported: it is no integer from 0 to 2147483647";
}

static int64_t counted(const struct book *b, const cJSON *usage)
{
    int64_t quantity = (int64_t)taken(b, json_get(usage, "quantity"));
    return b->variants->on[BUG_SINGLE_QUANTITY] ? (int64_t)(float)quantity : quantity;
}

static void replace_text(char **text, const char *by)
{
    x_free(*text);
    *text = x_strdup(by);
}

// The bugs that take a buyer's account for the whole of it: usage goes under the first of its
// licences, or what waits goes over to the newest.
static void bend_license(struct book *b, struct book_record *wanted)
{
    for (size_t i = 0; i < b->record_count && *wanted->license != '\0'; i++) {
        struct book_record *r = &b->records[i];
        bool is_alike =
            strcmp(r->buyer, wanted->buyer) == 0 && strcmp(r->product, wanted->product) == 0;
        if (is_alike && *r->license != '\0' && b->variants->on[BUG_ONE_LICENSE]) {
            replace_text(&wanted->license, r->license);
        } else if (is_alike && *r->license == '\0' && b->variants->on[BUG_RENAMES]) {
            replace_text(&r->identifier, "");
            replace_text(&r->account, wanted->account);
            replace_text(&r->license, wanted->license);
        }
    }
}

static void apply_take(struct book *b, const cJSON *line)
{
    const cJSON *usage = json_get(line, "take");
    int64_t at_us = json_get_int(line, "at_us", 0);
    struct book_record wanted = record_of(b, usage, at_us);
    bend_license(b, &wanted);
    double raw = taken(b, json_get(usage, "quantity"));
    wanted.raw = raw;
    wanted.beyond = beyond_reach(raw);
    size_t record = adopt_record(b, &wanted);
    struct book_record *r = &b->records[record];
    if (r->beyond == NULL) {
        r->quantity += counted(b, usage);
        shares_add(&r->shares, json_get(usage, "tags"), raw, b->variants->on);
    }
    if (r->quantity > INT32_MAX && r->beyond == NULL) {
        r->beyond = "the sum of this hour is more than one record can bear";
        r->raw = (double)r->quantity;
    }
    r->timestamp_us = r->timestamp_us > at_us ? r->timestamp_us : at_us;
    X_GROW(b->usages, b->usage_count, b->usage_cap);
    b->usages[b->usage_count++] = (struct book_usage){
        .id = copy_member(usage, "id"),
        .record = record,
    };
}

static void apply_nothing(struct book *b, const cJSON *line)
{
    struct book_record wanted =
        record_of(b, json_get(line, "nothing"), json_get_int(line, "at_us", 0));
    size_t record = adopt_record(b, &wanted);
    b->records[record].timestamp_us = json_get_int(line, "at_us", 0);
}

static void apply_freeze(struct book *b, const cJSON *line)
{
    size_t record = (size_t)json_get_int(line, "freeze", -1);
    if (record < b->record_count) {
        b->records[record].frozen = true;
        b->records[record].timestamp_us = json_get_int(line, "at_us", 0);
        b->records[record].token =
            json_get(line, "token") == NULL ? NULL : x_strdup(json_get_text(line, "token"));
        // What was frozen before a kill may have been sent before it.
        b->records[record].in_doubt = true;
        b->records[record].sendings = 1;
        b->records[record].word = WORD_UNKNOWN;
    }
}

static void apply_settle(struct book *b, const cJSON *line)
{
    size_t record = (size_t)json_get_int(line, "settle", -1);
    if (record < b->record_count) {
        const char *id = json_get_text(line, "record_id");
        bool metered = json_is_true(json_get(line, "metered"));
        b->records[record].word = metered ? WORD_METERED : WORD_REJECTED;
        b->records[record].record_id = id == NULL ? NULL : x_strdup(id);
    }
}

static void apply(struct book *b, const cJSON *line)
{
    static const struct {
        const char *act;
        void (*apply)(struct book *b, const cJSON *line);
    } acts[] = {
        {.act = "take", .apply = apply_take},     {.act = "nothing", .apply = apply_nothing},
        {.act = "freeze", .apply = apply_freeze}, {.act = "who", .apply = subscriber_apply},
        {.act = "settle", .apply = apply_settle},
    };
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (json_get(line, acts[i].act) != NULL) {
            acts[i].apply(b, line);
        }
    }
}

// Applies every whole line and gives their length; what a kill cut stands after it.
static size_t replay(struct book *b, struct span log)
{
    size_t whole = 0;
    while (whole < log.len) {
        struct span rest = span_slice(log, whole, log.len);
        struct span line = span_cut(&rest, '\n');
        OWN(json) cJSON *act = NULL;
        if (rest.at == NULL || json_read(&act, NULL, line, NULL, NULL) != RC_OK) {
            break;
        }
        apply(b, act);
        whole += line.len + 1;
    }
    return whole;
}

// Opens the log; by the bug own-book the first of several that no other process holds.
static int open_log(const char *directory, bool is_own, char **name)
{
    for (unsigned i = 0;; i++) {
        OWN_BUF struct buf path = {0};
        buf_addf(&path, "%s/usage%u.log", directory, i);
        x_free(*name);
        *name = buf_take_text(&path);
        int fd = open(*name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0 || !is_own || flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return fd;
        }
        (void)close(fd);
    }
}

enum rc book_open(struct book *b, const char *directory, const struct variants *variants)
{
    *b = (struct book){.variants = variants, .log_fd = -1};
    if (directory == NULL || variants->on[BUG_FORGET] || variants->on[BUG_RUSH]) {
        return RC_OK;
    }
    OWN(text) char *name = NULL;
    b->log_fd = open_log(directory, variants->on[BUG_OWN_BOOK], &name);
    if (b->log_fd < 0) {
        return RC_IO;
    }
    if (flock(b->log_fd, LOCK_EX) != 0) {
        return RC_IO;
    }
    OWN_BUF struct buf log = {0};
    enum rc rc = file_read(&log, name, NULL);
    if (rc == RC_OK) {
        b->log_at = replay(b, buf_span(&log));
        rc = ftruncate(b->log_fd, (off_t)b->log_at) == 0 ? RC_OK : RC_IO;
    }
    book_unlock(b);
    return rc;
}

// What others have written since.
static enum rc catch_up(struct book *b)
{
    OWN_BUF struct buf news = {0};
    ssize_t got;
    size_t at = b->log_at;
    while ((got = pread(b->log_fd, buf_room(&news, 65536), 65536, (off_t)at)) > 0) {
        buf_grew(&news, (size_t)got);
        at += (size_t)got;
    }
    b->log_at += replay(b, buf_span(&news));
    // Half a line was broken off by a kill: who was killed did nothing with it.
    bool is_torn = got == 0 && b->log_at < at;
    return got < 0 || (is_torn && ftruncate(b->log_fd, (off_t)b->log_at) != 0) ? RC_IO : RC_OK;
}

enum rc book_lock(struct book *b)
{
    if (b->log_fd < 0) {
        return RC_OK;
    }
    return flock(b->log_fd, LOCK_EX) == 0 ? catch_up(b) : RC_IO;
}

void book_unlock(struct book *b)
{
    if (b->log_fd >= 0 && !b->variants->on[BUG_OWN_BOOK]) {
        (void)flock(b->log_fd, LOCK_UN);
    }
}

void book_close(struct book *b)
{
    for (size_t i = 0; i < b->record_count; i++) {
        record_clear(&b->records[i]);
    }
    for (size_t i = 0; i < b->usage_count; i++) {
        x_free(b->usages[i].id);
    }
    subscribers_clear(b);
    x_free(b->records);
    x_free(b->usages);
    buf_clear(&b->unwritten);
    if (b->log_fd >= 0) {
        (void)close(b->log_fd);
    }
    *b = (struct book){.log_fd = -1};
}

// "2026-11-18T09:00:00Z", by the bug local-time taken for the time on a clock in this time zone.
static enum rc read_moment(const struct book *b, int64_t *at_us, const char *text)
{
    enum rc rc = instant_parse(at_us, span_of(text));
    if (rc == RC_OK && b->variants->on[BUG_LOCAL_TIME]) {
        time_t utc_s = (time_t)(*at_us / US_PER_S);
        struct tm parts;
        (void)gmtime_r(&utc_s, &parts);
        parts.tm_isdst = -1;
        *at_us = (int64_t)mktime(&parts) * US_PER_S;
    }
    return rc;
}

enum rc book_take(struct book *b, const cJSON *usage, int64_t at_us, const char **wrong)
{
    const char *at = json_get_text(usage, "at");
    if (!cJSON_IsNumber(json_get(usage, "quantity")) || json_get_text(usage, "id") == NULL ||
        (at != NULL && read_moment(b, &at_us, at) != RC_OK)) {
        return RC_RANGE;
    }
    OWN_BUF struct buf text = {0};
    buf_add_text(&text, "{\"take\":");
    json_print(&text, usage);
    buf_addf(&text, ",\"at_us\":%lld}", (long long)at_us);
    OWN(json) cJSON *line = NULL;
    enum rc rc = json_read(&line, NULL, buf_span(&text), NULL, NULL);
    if (rc != RC_OK) {
        return rc;
    }
    rc = book_write(b, buf_span(&text));
    if (rc == RC_OK) {
        apply_take(b, line);
        size_t record = b->usages[b->usage_count - 1].record;
        *wrong = book_is_late(b, record)
                     ? "the hour of this usage was already reported; it cannot be billed under it"
                     : b->records[record].beyond;
    }
    return rc;
}

enum rc book_take_nothing(struct book *b, const struct subscriber *s, const char *dimension,
                          int64_t hour_us)
{
    OWN_BUF struct buf text = {0};
    OWN(json) cJSON *line = NULL;
    bool is_older = s->identifier[0] != '\0';
    buf_add_text(&text, "{\"nothing\":{\"product\":");
    buf_add_json_string(&text, span_of(is_older ? s->product : ""));
    buf_add_member(&text, "dimension", span_of(dimension));
    buf_addf(&text, ",\"customer\":{\"%s\":", is_older ? "identifier" : "account");
    buf_add_json_string(&text, span_of(is_older ? s->identifier : s->account));
    if (!is_older) {
        buf_add_member(&text, "license", span_of(s->license));
    }
    buf_addf(&text, "}},\"at_us\":%lld}", (long long)hour_us);
    enum rc rc = json_read(&line, NULL, buf_span(&text), NULL, NULL);
    rc = rc == RC_OK ? book_write(b, buf_span(&text)) : rc;
    if (rc == RC_OK) {
        apply_nothing(b, line);
    }
    return rc;
}

bool book_has_hour(const struct book *b, const struct subscriber *s, int64_t hour_us)
{
    for (size_t i = 0; i < b->record_count; i++) {
        if (b->records[i].hour_us == hour_us && subscriber_of(b, &b->records[i]) == s) {
            return true;
        }
    }
    return false;
}

// Version 4 of UUIDs (RFC 9562 5.4), as SDKs fill in; but for its version all of it is random.
static char *make_token(void)
{
    unsigned char bytes[16];
    OWN_BUF struct buf text = {0};
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        abort();
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        buf_addf(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                 i == 6   ? 0x40U | (bytes[i] & 0x0fU)
                 : i == 8 ? 0x80U | (bytes[i] & 0x3fU)
                          : bytes[i]);
    }
    return buf_take_text(&text);
}

void book_freeze(struct book *b, size_t record, int64_t timestamp_us)
{
    struct book_record *r = &b->records[record];
    if (r->frozen) {
        return;
    }
    r->frozen = true;
    r->timestamp_us = timestamp_us;
    r->token = b->adds_up ? make_token() : NULL;
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"freeze\":%zu,\"at_us\":%lld", record, (long long)timestamp_us);
    if (r->token != NULL) {
        buf_add_member(&line, "token", span_of(r->token));
    }
    buf_add_char(&line, '}');
    log_line(b, buf_span(&line));
}

void book_settle(struct book *b, size_t record, enum word word, const char *record_id)
{
    struct book_record *r = &b->records[record];
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"settle\":%zu,\"metered\":%s", record,
             word == WORD_METERED ? "true" : "false");
    if (record_id != NULL) {
        buf_add_text(&line, ",\"record_id\":");
        buf_add_json_string(&line, span_of(record_id));
    }
    buf_add_char(&line, '}');
    log_line(b, buf_span(&line));
    r->word = word;
    x_free(r->record_id);
    r->record_id = record_id == NULL ? NULL : x_strdup(record_id);
}
