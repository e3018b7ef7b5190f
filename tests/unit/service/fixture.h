// SPDX-License-Identifier: Apache-2.0
// A service with a small world, asked with request bodies as they would come over the wire.
#ifndef TESTS_UNIT_SERVICE_FIXTURE_H
#define TESTS_UNIT_SERVICE_FIXTURE_H

#include "proxy/service/service.h"

struct fixture {
    struct world *world;
    struct ledger *ledger;
    struct service *service;
    struct aws_request request; // the last one
    struct service_reply reply; // to it
    char *body;                 // the reply's body, terminated
    // What the next call says.
    int64_t now_us;
    const char *region, *credential;
    enum jwt_forgery forgery;
    const struct record_directive *directives;
    const size_t *order;
};

// 2026-11-18T10:15:00Z, when every case here begins.
#define START_S INT64_C(1794996900)
#define START_US (START_S * INT64_C(1000000))

// Wire values of the world: see fixture.c.
#define ACME_LICENSE "arn:aws:license-manager::294406891311:license:l-acme"
#define ACME_GADGET_LICENSE "arn:aws:license-manager::294406891311:license:l-acme-gadget"
#define GLOBEX_LICENSE "arn:aws:license-manager::294406891311:license:l-globex"

// Opens everything with those overrides (JSON, or NULL); false, and a failed check, when refused.
bool fixture_open(struct fixture *f, const char *overrides);
bool fixture_open_as(struct fixture *f, const char *overrides, const char *profile);
// With credentials that come from there.
bool fixture_open_from(struct fixture *f, const char *overrides, const char *source);
// Says who signs registrations: the signature of text is "S(text)", of RS256 "P(text)".
void fixture_sign(struct fixture *f);
void fixture_close(struct fixture *f);

// Sends a body that must be well formed; gives the reply's error.
enum aws_error fixture_ask(struct fixture *f, enum operation operation, const char *body);
// BatchMeterUsage with ProductCode code-w and these records (JSON objects with commas between).
enum aws_error fixture_meter(struct fixture *f, const char *records);
// A `world` step at f->now_us.
bool fixture_change(struct fixture *f, const char *change);
// A moment as microseconds; checks that it can be read.
int64_t fixture_instant(const char *text);

// Builds a world from the fixture's base and the other trees (JSON, or NULL).
enum rc fixture_world(struct world **out, const char *overrides, const char *map,
                      const char *case_id, struct diag *d);

#endif
