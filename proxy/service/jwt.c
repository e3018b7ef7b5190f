// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/jwt.h"

#include "proxy/base/base64.h"
#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"

enum jwt_forgery jwt_forgery_find(struct span name)
{
    static const char *const NAMES[JWT_FORGERY_COUNT] = {
        [JWT_AS_IT_IS] = "",
#define JWT_FORGERY(id, name) [JWT_##id] = (name),
#include "proxy/service/jwt.def"
    };
    for (size_t i = JWT_AS_IT_IS + 1; i < JWT_FORGERY_COUNT; i++) {
        if (span_is(name, NAMES[i])) {
            return (enum jwt_forgery)i;
        }
    }
    return JWT_AS_IT_IS;
}

// "productCode", or "ProductCode".
static void add_claim(struct buf *out, const char *name, bool capital)
{
    buf_add_char(out, out->len == 0 ? '{' : ',');
    buf_add_char(out, '"');
    buf_add_char(out, (char)(capital ? name[0] - 'a' + 'A' : name[0]));
    buf_add_text(out, name + 1);
    buf_add_text(out, "\":");
}

// Another value of the same form: the same length, so that only its meaning gives it away.
static void add_other(struct buf *out, struct span value)
{
    OWN_BUF struct buf other = {0};
    buf_add(&other, value);
    if (other.len == 0) {
        buf_add_char(&other, 'x');
    } else {
        other.data[0] = other.data[0] == 'x' ? 'y' : 'x';
    }
    buf_add_json_string(out, buf_span(&other));
}

static void add_text_claim(struct buf *out, struct span value, bool is_other)
{
    if (is_other) {
        add_other(out, value);
    } else {
        buf_add_json_string(out, value);
    }
}

static void add_payload(struct buf *out, const struct jwt_claims *claims, enum jwt_forgery forgery)
{
    OWN_BUF struct buf json = {0};
    bool capital = claims->capital || forgery == JWT_CAPITAL_CLAIMS;
    add_claim(&json, "productCode", capital);
    add_text_claim(&json, claims->product_code, forgery == JWT_OTHER_PRODUCT);
    add_claim(&json, "publicKeyVersion", capital);
    buf_add_i64(&json, claims->public_key_version + (forgery == JWT_OTHER_KEY_VERSION ? 1 : 0));
    if (claims->nonce.at != NULL || forgery == JWT_OTHER_NONCE) {
        add_claim(&json, "nonce", capital);
        add_text_claim(&json, claims->nonce, forgery == JWT_OTHER_NONCE);
    }
    add_claim(&json, "iat", false); // RFC 7519, 4.1.6: the registered name
    buf_add_i64(&json, claims->issued_us / US_PER_S);
    buf_add_char(&json, '}');
    base64url_add(out, buf_span(&json));
}

static const char *algorithm_of(enum jwt_forgery forgery)
{
    return forgery == JWT_ALG_NONE ? "none"
           : forgery == JWT_HS256  ? "HS256"
           : forgery == JWT_RS256  ? "RS256"
                                   : "PS256";
}

static bool add_signature(struct buf *out, struct span text, enum jwt_forgery forgery,
                          const struct jwt_signer *signer)
{
    OWN_BUF struct buf bytes = {0};
    if (forgery == JWT_HS256) {
        unsigned char digest[SHA256_BYTES];
        hmac_sha256(digest, span_of(signer->public_pem(signer->arg)), text);
        buf_add(&bytes, (struct span){.at = (const char *)digest, .len = sizeof digest});
    } else if (!signer->sign(signer->arg, forgery == JWT_RS256 ? JWT_WITH_PKCS1 : JWT_WITH_PSS,
                             text, &bytes)) {
        return false;
    }
    if (forgery == JWT_FLIPPED_SIGNATURE) {
        bytes.data[bytes.len / 2] ^= 1;
    }
    base64url_add(out, buf_span(&bytes));
    return true;
}

bool jwt_add(struct buf *out, const struct jwt_claims *claims, enum jwt_forgery forgery,
             const struct jwt_signer *signer)
{
    if (signer->sign == NULL) {
        return false;
    }
    if (forgery == JWT_EMPTY) {
        return true;
    }
    if (forgery == JWT_MALFORMED) {
        buf_add_text(out, "abc");
        return true;
    }
    OWN_BUF struct buf token = {0};
    OWN_BUF struct buf header = {0};
    buf_addf(&header, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", algorithm_of(forgery));
    base64url_add(&token, buf_span(&header));
    buf_add_char(&token, '.');
    add_payload(&token, claims, forgery);
    struct span text = buf_span(&token);
    OWN_BUF struct buf signature = {0};
    if (forgery != JWT_ALG_NONE && !add_signature(&signature, text, forgery, signer)) {
        return false;
    }
    buf_add(out, text);
    buf_add_char(out, '.');
    buf_add(out, buf_span(&signature));
    return true;
}
