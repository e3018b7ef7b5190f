// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>

#include "proxy/net/address.h"
#include "proxy/net/origin.h"
#include "tests/unit/net/net_tests.h"

static void urls(void)
{
    static const struct {
        const char *url, *text, *host; // text NULL: refused
        unsigned port;
        bool is_secure;
    } ROWS[] = {
        {"http://example.com", "http://example.com", "example.com", 80, false},
        {"http://Example.COM:80/", "http://example.com", "example.com", 80, false},
        {"https://example.com", "https://example.com", "example.com", 443, true},
        {"https://a-b.c_d.example:8443", "https://a-b.c_d.example:8443", "a-b.c_d.example", 8443,
         true},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1", 8080, false},
        {"https://[::1]", "https://[::1]", "::1", 443, true},
        {"http://[2001:DB8::1]:81", "http://[2001:db8::1]:81", "2001:db8::1", 81, false},
        {"example.com", NULL, NULL, 0, false},
        {"ftp://example.com", NULL, NULL, 0, false},
        {"HTTP://example.com", NULL, NULL, 0, false},
        {"http://", NULL, NULL, 0, false},
        {"http:///x", NULL, NULL, 0, false},
        {"http://example.com/path", NULL, NULL, 0, false},
        {"http://example.com?x", NULL, NULL, 0, false},
        {"http://user@example.com", NULL, NULL, 0, false},
        {"http://example.com:", NULL, NULL, 0, false},
        {"http://example.com:0", NULL, NULL, 0, false},
        {"http://example.com:65536", NULL, NULL, 0, false},
        {"http://example..com", NULL, NULL, 0, false},
        {"http://-x", NULL, NULL, 0, false},
        {"http://[::1", NULL, NULL, 0, false},
        {"http://[::1]x", NULL, NULL, 0, false},
        {"http://[example.com]", NULL, NULL, 0, false},
        {"http://::1", NULL, NULL, 0, false},
        {"http://[127.0.0.1]", NULL, NULL, 0, false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].url);
        struct origin o;
        struct diag d = {0};
        bool is_good = ROWS[i].text != NULL;
        CHECK_INT(origin_read(&o, ROWS[i].url, &d), is_good ? RC_OK : RC_USAGE);
        CHECK_TEXT(o.text, ROWS[i].text);
        CHECK_TEXT(o.host, ROWS[i].host);
        CHECK_INT(o.port, ROWS[i].port);
        CHECK_INT(o.is_secure, ROWS[i].is_secure);
        CHECK_INT(d.text[0] == '\0', is_good);
        origin_clear(&o);
    }
    unit_row(NULL);
}

static void hosts(void)
{
    struct origin o;
    CHECK_INT(origin_read_host(&o, "Example.com", 443, NULL), RC_OK);
    CHECK_TEXT(o.text, "example.com:443");
    CHECK(origin_is(&o, SPAN("example.com:443"), 80));
    CHECK(origin_is(&o, SPAN("EXAMPLE.com"), 443));
    CHECK(!origin_is(&o, SPAN("example.com"), 80));
    CHECK(!origin_is(&o, SPAN("example.com:8443"), 443));
    CHECK(!origin_is(&o, SPAN("xexample.com:443"), 443));
    CHECK(!origin_is(&o, SPAN("example.com.:443"), 443));
    CHECK(!origin_is(&o, SPAN(""), 443));
    origin_clear(&o);
    CHECK_INT(origin_read_host(&o, "[::1]:8443", 443, NULL), RC_OK);
    CHECK(origin_is(&o, SPAN("[::1]:8443"), 443));
    CHECK(!origin_is(&o, SPAN("::1"), 8443));
    origin_clear(&o);
    CHECK_INT(origin_read_host(&o, "http://example.com", 443, NULL), RC_USAGE);
}

// Numeric hosts are found without asking anybody.
static void found(void)
{
    struct origin o;
    char text[ADDRESS_TEXT];
    CHECK_INT(origin_read(&o, "http://[::1]:81", NULL), RC_OK);
    CHECK_INT(origin_find(&o, NULL), RC_OK);
    CHECK_INT(o.count, 1);
    address_format(text, &o.addresses[0].at);
    CHECK_TEXT(text, "[::1]:81");
    origin_clear(&o);
    struct diag d = {0};
    CHECK_INT(origin_read(&o, "http://no-such-host.invalid", NULL), RC_OK);
    CHECK_INT(origin_find(&o, &d), RC_UNKNOWN);
    CHECK(span_starts(span_of(d.text), SPAN("there is no host \"no-such-host.invalid\": ")));
    origin_clear(&o);
}

const struct unit_test ORIGIN_TESTS[] = {
    {"URLs", urls}, {"hosts", hosts}, {"addresses", found}, {NULL, NULL}};
