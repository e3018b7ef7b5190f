// SPDX-License-Identifier: Apache-2.0
// What is sent in clear to an endpoint of https, beside handshakes that fail for other reasons.
#include "tests/unit/oracle/oracle_tests.h"

#define BROKEN(by, alert, why)                                                                     \
    ASK "event tls {'conn':3,'what':'broken','by':'" by                                            \
        "','at':'handshake','host':'','alert':'" alert "','why':'" why "'}\n"

static void secured(void)
{
    static const struct row ROWS[] = {
        {.name = "no TLS at all",
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "secured",
         .verdict = VERDICT_PASS},
        {.name = "plain HTTP",
         .tale = BROKEN("us", "", "http request") "end done",
         .check = "secured",
         .verdict = VERDICT_FAIL,
         .says = "A request was sent in clear over connection 3, although the endpoint is https "
                 "(line 5).",
         .line = 5},
        {.name = "plain HTTP in evidence that was cut",
         .tale = BROKEN("us", "", "http request"),
         .check = "secured",
         .verdict = VERDICT_FAIL,
         .says = "over connection 3",
         .integrity = INTEGRITY_CUT},
        {.name = "bytes that are neither",
         .tale = BROKEN("us", "", "wrong version number") "end done",
         .check = "secured",
         .verdict = VERDICT_PASS},
        {.name = "a certificate that is refused",
         .tale = BROKEN("client", "unknown_ca", "tlsv1 alert unknown ca") "end done",
         .check = "secured",
         .verdict = VERDICT_PASS},
        {.name = "another event with such a reason",
         .tale = ASK "event client {'what':'signal','instance':1,'why':'http request'}\n end done",
         .check = "secured",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, SCENARIO("'steps':[],'expect':[]," ANY_REQUEST));
}

#define OPENED "event tls {'conn':1,'what':'ready'}\n"
#define OTHERS "event tls {'conn':2,'what':'ready'}\n"
#define SHUT "event tls {'conn':1,'what':'closed'}\n"
#define CONNECT "event request {'x':7,'conn':1,'to':'proxy','asks':'h:443','operation':''}\n"
#define REQUEST "request 1 acme:9:7\n"

// What a proxy is asked itself is in clear, and all else is behind the handshake in its tunnel.
static void behind_a_proxy(void)
{
    static const struct row ROWS[] = {
        {.name = "through the tunnel",
         .tale = ASK CONNECT OPENED REQUEST "end done",
         .check = "secured",
         .verdict = VERDICT_PASS},
        {.name = "handed to the proxy",
         .tale = ASK REQUEST "end done",
         .check = "secured",
         .verdict = VERDICT_FAIL,
         .says = "The request at line 5 was sent to the proxy in clear, although the endpoint is "
                 "https.",
         .line = 5},
        {.name = "handed to the proxy beside a tunnel",
         .tale = ASK OTHERS REQUEST "end done",
         .check = "secured",
         .verdict = VERDICT_FAIL,
         .says = "was sent to the proxy in clear"},
        {.name = "a handshake that was not done",
         .tale = ASK SHUT REQUEST "end done",
         .check = "secured",
         .verdict = VERDICT_FAIL,
         .says = "was sent to the proxy in clear"},
        {.name = "what is no call",
         .tale = ASK "event request {'x':7,'conn':1,'operation':''}\n end done",
         .check = "secured",
         .verdict = VERDICT_PASS},
        {.name = "plain HTTP within the tunnel",
         .tale = BROKEN("us", "", "http request") "end done",
         .check = "secured",
         .verdict = VERDICT_FAIL,
         .says = "in clear over connection 3"},
        {0},
    };
    rows_judge(ROWS,
               SCENARIO("'client':{'transport':'proxy'},'steps':[],'expect':[]," ANY_REQUEST));
}

const struct unit_test SECURED_TESTS[] = {
    {"secured", secured}, {"behind a proxy", behind_a_proxy}, {NULL, NULL}};
