// SPDX-License-Identifier: Apache-2.0
// Who comes to the tripwire with what: only a request to the service is carried.
#include "suites/play/tripwire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/play/stage.h"

#define SIGNED                                                                                     \
    "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261118/us-east-1/aws-marketplace/"          \
    "aws4_request, SignedHeaders=host, Signature=00\r\n"
#define SIGNED_FOR_S3                                                                              \
    "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261118/us-east-1/s3/aws4_request, "         \
    "SignedHeaders=host, Signature=00\r\n"
#define TARGET "X-Amz-Target: AWSMPMeteringService.BatchMeterUsage\r\n"
#define HOST "Host: h:1\r\n"
#define EMPTY "\r\n"
#define BODY "Content-Length: 2\r\n\r\n{}"

struct caught {
    struct loop *loop;
    unsigned count, carried;
    char host[64];
};

static void on_caught(void *arg, struct span host, bool is_carried)
{
    struct caught *c = arg;
    c->count++;
    c->carried += is_carried ? 1 : 0;
    (void)snprintf(c->host, sizeof c->host, "%.*s", (int)host.len, host.at);
    loop_stop(c->loop);
}

static int send_to(const char *address, const char *request)
{
    const char *port = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtol(port + 1, NULL, 10)),
                             .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK_INT(send(fd, request, strlen(request), 0), (long long)strlen(request));
    return fd;
}

static void who_comes(void)
{
    static const struct {
        const char *name, *request;
        unsigned carried;
    } ROWS[] = {
        {"a signed call", "POST / HTTP/1.1\r\n" HOST SIGNED TARGET BODY, 1},
        {"its signature alone", "GET / HTTP/1.1\r\n" HOST SIGNED EMPTY, 1},
        {"its usage alone", "POST / HTTP/1.1\r\n" HOST TARGET BODY, 1},
        {"neither", "GET / HTTP/1.1\r\n" HOST TARGET EMPTY, 0},
        {"a call of another service", "POST / HTTP/1.1\r\n" HOST SIGNED_FOR_S3 BODY, 0},
        {"another host", "CONNECT h:1 HTTP/1.1\r\n" HOST EMPTY, 0},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct diag d = {0};
        struct tripwire *t = NULL;
        struct caught c = {.loop = loop_new()};
        unit_row(ROWS[i].name);
        if (CHECK(tripwire_open(&t, c.loop, on_caught, &c, &d) == RC_OK)) {
            int fd = send_to(tripwire_address(t), ROWS[i].request);
            CHECK(loop_run(c.loop) == RC_OK);
            (void)close(fd);
        }
        CHECK_INT(c.count, 1);
        CHECK_INT(c.carried, ROWS[i].carried);
        CHECK_TEXT(c.host, "h:1");
        tripwire_free(&t);
        loop_free(&c.loop);
    }
    unit_row(NULL);
}

const struct unit_test TRIPWIRE_TESTS[] = {{"who comes", who_comes}, {NULL, NULL}};
