// SPDX-License-Identifier: Apache-2.0
// Tokens are known by their text: nothing is verified that we did not issue. A metadata token is a
// stem of its generation and a number, so that any of them can be found again, and redacted.
#include "proxy/identity/proof.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/identity/letters.h"

// Of so many metadata tokens the ends are known; older ones are refused. An SDK holds one.
#define IMDS_KNOWN 256

struct web_token {
    char *text;
    int64_t expires_us;
};

struct proofs {
    struct letters letters;
    char *issuer, *subject;
    uint64_t generation;
    char *container;
    struct web_token *web; // of every generation, so that an old one is told from a foreign one
    size_t web_count, web_capacity;
    char *imds_stem;
    uint64_t imds_issued; // in this generation
    int64_t imds_expires_us[IMDS_KNOWN];
};

static void add_base64url(struct buf *out, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (i + k < bytes.len ? (unsigned char)bytes.at[i + k] : 0U);
        }
        size_t letters = bytes.len - i < 3 ? bytes.len - i + 1 : 4;
        for (size_t k = 0; k < letters; k++) {
            buf_add_char(out, LETTERS_BASE64URL[group >> (18 - 6 * k) & 63]);
        }
    }
}

// RFC 7519, RFC 7515 3.1, as a projected service account token of Kubernetes looks. Its signature
// is made up: nobody but us is to verify it.
static char *new_web_token(const struct proofs *p, int64_t now_us)
{
    OWN_BUF struct buf claims = {0};
    struct buf token = {0};
    int64_t now_s = now_us / US_PER_S;
    add_base64url(&token, SPAN("{\"alg\":\"RS256\",\"kid\":\"meterprover\",\"typ\":\"JWT\"}"));
    buf_addf(&claims,
             "{\"aud\":[\"sts.amazonaws.com\"],\"exp\":%" PRId64 ",\"iat\":%" PRId64
             ",\"iss\":\"%s\",\"jti\":\"%" PRIu64 "\",\"sub\":\"%s\"}",
             now_s + PROOF_WEB_LIFE_S, now_s, p->issuer, p->generation, p->subject);
    buf_add_char(&token, '.');
    add_base64url(&token, buf_span(&claims));
    buf_add_char(&token, '.');
    letters_add(&p->letters, &token, "web token", p->generation, LETTERS_BASE64URL, 342);
    return buf_take_text(&token);
}

static char *drawn(const struct proofs *p, const char *what, const char *begin, size_t count)
{
    struct buf text = {0};
    buf_add_text(&text, begin);
    letters_add(&p->letters, &text, what, p->generation, LETTERS_BASE64URL, count);
    return buf_take_text(&text);
}

void proofs_renew(struct proofs *p, int64_t now_us)
{
    if (p->web_count > 0) {
        p->web[p->web_count - 1].expires_us = now_us;
    }
    p->generation++;
    x_free(p->container);
    x_free(p->imds_stem);
    p->container = drawn(p, "container token", "", 64);
    p->imds_stem = drawn(p, "imds token", "AQAEA", 43);
    p->imds_issued = 0;
    X_GROW(p->web, p->web_count, p->web_capacity);
    p->web[p->web_count++] = (struct web_token){.text = new_web_token(p, now_us),
                                                .expires_us = now_us + PROOF_WEB_LIFE_S * US_PER_S};
}

struct proofs *proofs_new(const struct proofs_options *options)
{
    struct proofs *p = x_alloc(sizeof *p);
    p->letters = (struct letters){.seed = options->seed, .case_id = options->case_id};
    p->issuer = x_strdup(options->issuer);
    p->subject = x_strdup(options->subject);
    proofs_renew(p, options->now_us);
    return p;
}

void proofs_free(struct proofs **slot)
{
    struct proofs *p = *slot;
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->web_count; i++) {
        x_free(p->web[i].text);
    }
    x_free(p->web);
    x_free(p->container);
    x_free(p->imds_stem);
    x_free(p->issuer);
    x_free(p->subject);
    x_free(p);
    *slot = NULL;
}

const char *proofs_container(const struct proofs *p)
{
    return p->container;
}

const char *proofs_web(const struct proofs *p)
{
    return p->web[p->web_count - 1].text;
}

const char *proofs_imds_stem(const struct proofs *p)
{
    return p->imds_stem;
}

void proofs_issue_imds(struct proofs *p, struct buf *out, int64_t now_us, unsigned ttl_s)
{
    uint64_t number = ++p->imds_issued;
    p->imds_expires_us[number % IMDS_KNOWN] = now_us + ttl_s * US_PER_S;
    buf_addf(out, "%s-%" PRIu64 "==", p->imds_stem, number);
}

enum proof proofs_check_container(const struct proofs *p, struct span token)
{
    return span_is(token, p->container) ? PROOF_GOOD : PROOF_UNKNOWN;
}

enum proof proofs_check_web(const struct proofs *p, struct span token, int64_t now_us,
                            int64_t *expired_us)
{
    for (size_t i = 0; i < p->web_count; i++) {
        if (span_is(token, p->web[i].text)) {
            *expired_us = p->web[i].expires_us;
            return now_us < p->web[i].expires_us ? PROOF_GOOD : PROOF_EXPIRED;
        }
    }
    return PROOF_UNKNOWN;
}

enum proof proofs_check_imds(const struct proofs *p, struct span token, int64_t now_us)
{
    struct span stem = span_of(p->imds_stem);
    uint64_t number = 0;
    if (!span_starts(token, stem) || token.len < stem.len + 4 || token.at[stem.len] != '-' ||
        !span_is(span_slice(token, token.len - 2, token.len), "==") ||
        !span_to_u64(span_slice(token, stem.len + 1, token.len - 2), p->imds_issued, &number) ||
        number == 0 || number + IMDS_KNOWN <= p->imds_issued) {
        return PROOF_UNKNOWN;
    }
    return now_us < p->imds_expires_us[number % IMDS_KNOWN] ? PROOF_GOOD : PROOF_EXPIRED;
}
