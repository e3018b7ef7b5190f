// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/register.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/pace.h"
#include "tests/mutants/reply.h"
#include "tests/mutants/talk.h"
#include "tests/mutants/token.h"

#define PASSES 6      // of one turn, where it tries again at once
#define HAMMERING 100 // likewise, without a pause
#define LATE_MS 400
#define EXIT_DENIED 1

enum standing_word { REGISTERED, DENIED, FAILED };

static bool has(const struct registrar *r, enum variant variant)
{
    return r->meter->variants->on[variant];
}

static void draw_nonce(char out[NONCE_TEXT])
{
    unsigned char bytes[(NONCE_TEXT - 1) / 2];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        abort();
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

void registrar_open(struct registrar *r, struct meter *m)
{
    *r = (struct registrar){.meter = m};
    OWN(json) cJSON *world = NULL;
    const char *text = getenv("METERPROVER_WORLD");
    const char *key_file = getenv("METERPROVER_PUBLIC_KEY");
    if (text == NULL || json_read(&world, NULL, span_of(text), NULL, NULL) != RC_OK) {
        return;
    }
    const cJSON *product = json_get(world, "products");
    const char *code = json_get_text(product == NULL ? NULL : product->child, "code");
    r->is_hourly = span_is(json_span(json_get(world, "profile")), "container-hourly");
    r->product = x_strdup(code == NULL ? "" : code);
    r->key_version = json_get_int(world, "public_key_version", 1);
    if (key_file != NULL && file_read(&r->pem, key_file, NULL) != RC_OK) {
        fputs("mutant: the public key cannot be read\n", stderr);
    }
    draw_nonce(r->nonce);
    if (has(r, BUG_ONE_NONCE)) {
        memcpy(r->nonce, "constant", sizeof "constant");
    }
    if (r->is_hourly && has(r, BUG_HOME_REGION)) {
        m->wire->key.region = "us-east-1";
    }
}

void registrar_close(struct registrar *r)
{
    x_free(r->product);
    buf_clear(&r->pem);
}

// A success: whether its token holds.
static enum standing_word read_token(const struct registrar *r, const cJSON *json)
{
    const cJSON *signature = json_get(json, "Signature");
    if (!cJSON_IsString(signature)) {
        return has(r, BUG_TRUST_200) ? REGISTERED : FAILED; // no reply of this service
    }
    bool is_old_key = json_get(json, "PublicKeyRotationTimestamp") != NULL;
    if (is_old_key && !has(r, BUG_ROTATION_SILENT)) {
        talk_general_alert("the public key has expired, and a newer one is to be built in");
    }
    if (is_old_key && has(r, BUG_ROTATION_DENIES)) {
        return DENIED;
    }
    const struct token_asked asked = {.pem = buf_span(&r->pem),
                                      .product = r->product,
                                      .key_version = r->key_version,
                                      .nonce = has(r, BUG_NO_NONCE) ? NULL : r->nonce};
    enum token_fault fault = has(r, LEGAL_NO_VERIFICATION)
                                 ? TOKEN_HOLDS
                                 : token_check(json_span(signature), &asked, r->meter->variants);
    if (fault != TOKEN_HOLDS) {
        talk_general_alert(token_fault_text(fault));
    }
    return fault == TOKEN_HOLDS ? REGISTERED : DENIED;
}

// "Any exception other than ThrottlingException" ends a container (seller guide,
// container-metering-registerusage); an internal error may be tried again (API reference), and what
// is said of credentials alone says nothing of the customer.
static enum standing_word read_error(const struct registrar *r, const struct wire_reply *reply,
                                     const cJSON *json)
{
    static const char *const refusals[] = {
        "CustomerNotEntitledException",  "CustomerNotSubscribedException",
        "PlatformNotSupportedException", "InvalidRegionException",
        "InvalidProductCodeException",   "InvalidPublicKeyVersionException",
        "DisabledApiException",
    };
    struct span name = reply_error(reply, json);
    enum remedy remedy = reply_remedy(reply->status, name);
    if (remedy == REMEDY_WAIT || remedy == REMEDY_DOUBT) {
        bool gives_up = has(r, remedy == REMEDY_WAIT ? BUG_THROTTLE_DENIES : BUG_FAILURE_DENIES);
        return gives_up ? DENIED : FAILED;
    }
    bool is_refused = false;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        is_refused = is_refused || span_is(name, refusals[i]);
    }
    talk_general_alert("RegisterUsage was refused");
    return is_refused && !has(r, BUG_REFUSED_FAILS) ? DENIED : FAILED;
}

static enum standing_word read_reply(const struct registrar *r, const struct wire_reply *reply,
                                     const cJSON *json)
{
    if (reply->delivery != DELIVERY_WHOLE) {
        return has(r, BUG_LOST_REGISTERS) && reply->delivery == DELIVERY_LOST ? REGISTERED : FAILED;
    }
    return reply->status == 200 ? read_token(r, json) : read_error(r, reply, json);
}

static void render_call(const struct registrar *r, struct buf *body)
{
    buf_add_text(body, "{\"ProductCode\":");
    buf_add_json_string(body, span_of(r->product));
    buf_add_member_i64(body, "PublicKeyVersion", r->key_version);
    if (!has(r, BUG_NO_NONCE)) {
        buf_add_member(body, "Nonce", span_of(r->nonce));
    }
    buf_add_char(body, '}');
}

static enum standing_word call(struct registrar *r)
{
    OWN_BUF struct buf body = {0};
    OWN(json) cJSON *json = NULL;
    struct wire_reply reply;
    if (!has(r, BUG_HAMMER)) {
        pace_keep(r->meter);
    }
    render_call(r, &body);
    wire_call(r->meter->wire, "RegisterUsage", buf_span(&body), &reply);
    if (json_read(&json, NULL, buf_span(&reply.body), NULL, NULL) != RC_OK) {
        json = NULL;
    }
    if (has(r, BUG_CRASH_ON_ERROR) && (reply.delivery != DELIVERY_WHOLE || reply.status != 200)) {
        exit(EXIT_FAILURE);
    }
    enum standing_word word = read_reply(r, &reply, json);
    pace_heed(r->meter, reply.retry_after_ms);
    wire_reply_clear(&reply);
    r->has_registered = r->has_registered || word == REGISTERED;
    r->is_denied = word == DENIED;
    return has(r, BUG_SERVES_ANYWAY) ? REGISTERED : word;
}

static void say(const struct registrar *r, enum standing_word word)
{
    static const char *const words[] = {
        [REGISTERED] = "registered", [DENIED] = "denied", [FAILED] = "failed"};
    if (word == DENIED && has(r, LEGAL_ENDS_DENIED)) {
        fputs("mutant: the use of this container is denied\n", stderr);
        exit(EXIT_DENIED);
    }
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"mp\":\"register\",\"step\":%lld,\"state\":\"%s\"}", (long long)r->step,
             words[word]);
    talk_line(buf_span(&line));
}

static unsigned passes_of(const struct registrar *r)
{
    bool retries =
        has(r, LEGAL_AT_ONCE) || has(r, BUG_FIXED_BACKOFF) || has(r, BUG_IGNORE_RETRY_AFTER);
    return has(r, BUG_HAMMER) ? HAMMERING : retries ? PASSES : 1;
}

// One turn: calls, and says what is known then.
static void take_turn(struct registrar *r)
{
    if (has(r, BUG_REGISTERS_EARLY)) {
        say(r, REGISTERED);
    }
    enum standing_word word = FAILED;
    for (unsigned pass = 0; word == FAILED && pass < passes_of(r); pass++) {
        if (pass > 0 && !has(r, BUG_HAMMER)) {
            pace_back_off(r->meter, pass - 1);
        }
        word = call(r);
    }
    r->open_step = word == FAILED ? r->step : 0;
    if (!has(r, BUG_REGISTERS_EARLY)) {
        say(r, word);
    }
}

// The bug remembers-launch: what one launch was told is kept for the next.
static bool remembers(bool notes)
{
    char path[4096];
    const char *state = getenv("METERPROVER_STATE");
    (void)snprintf(path, sizeof path, "%s/registered", state == NULL ? "." : state);
    OWN(file) FILE *file = fopen(path, notes ? "w" : "r");
    return file != NULL;
}

void registrar_ask(struct registrar *r, int64_t step)
{
    r->step = step;
    if (has(r, BUG_REMEMBERS_LAUNCH) && remembers(false)) {
        say(r, REGISTERED);
        return;
    }
    if (has(r, BUG_REGISTERS_LATE)) {
        say(r, FAILED);
        return;
    }
    take_turn(r);
    if (has(r, BUG_REMEMBERS_LAUNCH) && r->has_registered) {
        (void)remembers(true);
    }
}

void registrar_after(struct registrar *r)
{
    if (r->is_hourly && has(r, BUG_REGISTERS_LATE)) {
        pause_ms(LATE_MS);
        take_turn(r);
    }
    if (r->is_denied && has(r, LEGAL_LEAVES_DENIED)) {
        exit(EXIT_DENIED);
    }
}

void registrar_ask_again(struct registrar *r)
{
    if (r->open_step != 0 && !has(r, BUG_ASKS_ONCE) && !pace_must_wait(r->meter)) {
        take_turn(r);
    } else if (r->has_registered && has(r, BUG_REGISTERS_HOURLY)) {
        (void)call(r);
    }
}
