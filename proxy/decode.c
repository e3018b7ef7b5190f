// SPDX-License-Identifier: Apache-2.0
#include "proxy/decode.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/lane_inside.h"
#include "proxy/service/region.h"

// "attempt=2; max=5", or "ttl=…; attempt=2; max=5".
static unsigned attempt_of(struct span text)
{
    while (text.at != NULL) {
        struct span item = span_trim(span_cut(&text, ';'));
        uint64_t number = 0;
        if (span_starts(item, SPAN("attempt=")) &&
            span_to_u64(span_slice(item, 8, item.len), 1000, &number)) {
            return (unsigned)number;
        }
    }
    return 0;
}

void decode_head(struct exchange *x)
{
    if (x->target == TARGET_SERVICE) {
        x->operation = operation_from_target(h1_value(x->head, "X-Amz-Target"));
    }
    x->invocation = h1_value(x->head, "amz-sdk-invocation-id");
    x->attempt = attempt_of(h1_value(x->head, "amz-sdk-request"));
}

static void violate(struct exchange *x, enum aws_error error, const char *where, const char *text)
{
    x->violation.error = error;
    (void)snprintf(x->violation.where, sizeof x->violation.where, "%s", where);
    (void)snprintf(x->violation.text, sizeof x->violation.text, "%s", text);
}

// Smithy, awsJson1_1, "Protocol behaviors": POST to /, the target and the content type.
static bool follows_protocol(struct exchange *x)
{
    if (sigv4_is_presigned(x->head->path)) {
        violate(x, AWS_ERROR_MISSING_AUTHENTICATION_TOKEN, "request line",
                "Missing Authentication Token: a signature in the query string is not accepted "
                "here, sign with the Authorization header.");
    } else if (!span_is(x->head->method, "POST") || !span_is(x->head->path, "/")) {
        violate(x, AWS_ERROR_UNKNOWN_OPERATION, "request line", "every operation is a POST to /");
    } else if (x->operation == OPERATION_NONE) {
        violate(x, AWS_ERROR_UNKNOWN_OPERATION, "X-Amz-Target",
                "X-Amz-Target names no operation of the Metering Service");
    } else if (!span_starts(h1_value(x->head, "Content-Type"), SPAN(AWS_CONTENT_TYPE))) {
        violate(x, AWS_ERROR_UNKNOWN_OPERATION, "Content-Type",
                "Content-Type is not " AWS_CONTENT_TYPE);
    }
    return x->violation.error == AWS_ERROR_NONE;
}

const char *exchange_body_sha256(struct exchange *x)
{
    if (x->body_sha256[0] == '\0') {
        sha256_hex(x->body_sha256, buf_span(&x->body));
    }
    return x->body_sha256;
}

#define MAX_SIGNED_FIELDS 128

struct signed_head {
    struct sigv4_header headers[MAX_SIGNED_FIELDS];
    struct sigv4_request request; // without its body
};

static void read_signed_head(struct signed_head *out, const struct exchange *x)
{
    size_t count =
        x->head->field_count < MAX_SIGNED_FIELDS ? x->head->field_count : MAX_SIGNED_FIELDS;
    for (size_t i = 0; i < count; i++) {
        out->headers[i] = (struct sigv4_header){x->head->fields[i].name, x->head->fields[i].value};
    }
    out->request = (struct sigv4_request){.method = x->head->method,
                                          .target = x->head->path,
                                          .headers = out->headers,
                                          .header_count = count};
}

void decode_claim(struct exchange *x)
{
    struct signed_head head;
    read_signed_head(&head, x);
    sigv4_claim(x->lane->verifier, &head.request, &x->signature);
}

static void verify(struct exchange *x)
{
    struct signed_head head;
    read_signed_head(&head, x);
    struct sigv4_request request = head.request;
    request.body = buf_span(&x->body);
    request.body_sha256 = exchange_body_sha256(x);
    // One address stands in for the endpoints of all Regions: the one that is signed for is meant.
    sigv4_verify(x->lane->verifier, &request, (struct span){0}, lane_wire_us(x->lane),
                 &x->signature);
    if (!region_is_name(span_of(x->signature.region))) {
        sigv4_verify(x->lane->verifier, &request, span_of(world_region(x->lane->world)),
                     lane_wire_us(x->lane), &x->signature);
    }
    if (x->signature.credential != NULL && !x->signature.is_valid) {
        sigv4_explain(x->lane->verifier, &request, &x->signature_text);
    }
}

static struct span or_else(struct span symbol, struct span wire)
{
    return symbol.len > 0 ? symbol : wire;
}

static const struct world_customer *find_customer(const struct world *world,
                                                  const struct usage_record *r)
{
    if (r->license_arn.len > 0) {
        return world_customer_by_license(world, r->license_arn);
    }
    return r->customer_identifier.len > 0
               ? world_customer_by_identifier(world, r->customer_identifier)
               : world_customer_by_account(world, r->customer_account);
}

// "customer:acme" or "license:acme"; the wire's value where no symbol is known.
static struct span payer_of(struct arena *arena, const struct usage_record *r, struct span symbol,
                            struct span customer)
{
    bool by_license = r->license_arn.len > 0;
    struct span kind = by_license ? SPAN("license:") : SPAN("customer:");
    struct span name = or_else(symbol, by_license ? r->license_arn : customer);
    char *text = arena_take(arena, kind.len + name.len);
    memcpy(text, kind.at, kind.len);
    if (name.len > 0) {
        memcpy(text + kind.len, name.at, name.len);
    }
    return (struct span){.at = text, .len = kind.len + name.len};
}

// The buyer in whose account the key was made, which is all that MeterUsage says of its customer.
static const struct world_customer *find_buyer(const struct exchange *x)
{
    return x->signature.credential == NULL
               ? NULL
               : world_credential_customer(x->lane->world, x->signature.credential->name);
}

static void name_customer(struct exchange *x, size_t i)
{
    const struct usage_record *r = &x->request.records[i];
    const struct world_customer *c =
        x->operation == OPERATION_METER_USAGE ? find_buyer(x) : find_customer(x->lane->world, r);
    struct span symbol = span_of(c == NULL ? NULL : c->symbol);
    struct span wire = or_else(r->customer_identifier, r->customer_account);
    x->payers[i] = payer_of(&x->request.arena, r, symbol, wire);
    x->records[i].customer = c == NULL ? wire : symbol;
}

static struct span product_of(const struct world *world, const struct aws_request *request)
{
    const struct world_product *product = request->product_code.len > 0
                                              ? world_product_by_code(world, request->product_code)
                                              : world_first_product(world);
    return product != NULL ? span_of(product->symbol) : request->product_code;
}

// A licence names its product; without one it is the request's.
static struct span product_of_record(const struct world *world, const struct usage_record *r,
                                     struct span otherwise)
{
    const struct world_product *product =
        r->license_arn.len > 0 ? world_product_by_license(world, r->license_arn) : NULL;
    return product != NULL ? span_of(product->symbol) : otherwise;
}

// Many records of a request have the dimension of the one before.
static struct span dimension_of(const struct exchange *x, size_t i)
{
    struct span sent = x->request.records[i].dimension;
    if (i > 0 && span_equal(sent, x->request.records[i - 1].dimension)) {
        return x->records[i - 1].dimension;
    }
    return or_else(world_dimension_symbol(x->lane->world, sent), sent);
}

static void name_records(struct exchange *x)
{
    const struct world *world = x->lane->world;
    x->records = arena_take(&x->request.arena, (x->request.count + 1) * sizeof *x->records);
    x->payers = arena_take(&x->request.arena, (x->request.count + 1) * sizeof *x->payers);
    struct span product = product_of(world, &x->request);
    for (size_t i = 0; i < x->request.count; i++) {
        const struct usage_record *r = &x->request.records[i];
        x->records[i] = (struct subject_record){
            .dimension = dimension_of(x, i),
            .product = product_of_record(world, r, product),
            .hour_us = instant_hour(r->timestamp_us),
            .quantity = r->quantity,
        };
        name_customer(x, i);
        if (!x->request.dry_run) {
            x->records[i].usage = lane_usage_of(x->lane, &x->records[i]);
        }
    }
}

void decode_request(struct exchange *x)
{
    if (follows_protocol(x)) {
        enum rc rc = aws_request_read(&x->request, x->operation, buf_span(&x->body),
                                      world_ruleset(x->lane->world), &x->violation);
        (void)rc; // x->violation says the same
        verify(x);
    }
    name_records(x);
}
