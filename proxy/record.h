// SPDX-License-Identifier: Apache-2.0
// The journal lines of an exchange: what was asked, matched, committed, answered and done to the
// wire, by our symbols. Nothing is decided here.
#ifndef PROXY_RECORD_H
#define PROXY_RECORD_H

#include "proxy/exchange.h"
#include "proxy/passage.h"
#include "proxy/tunnel.h"

// The handshake is done.
void record_secured(struct lane *lane, uint64_t connection, const struct tls_facts *facts);
// The client, or we, refused to go on, or the client closed before it asked anything; how: "fin"
// "rst".
void record_unsecured(struct lane *lane, uint64_t connection, const struct tls_facts *facts,
                      const char *how);
void record_request(struct exchange *x);
void record_unreadable(struct exchange *x, const struct h1_error *error);
void record_match(struct exchange *x, const struct rule *rule, uint64_t index, double drew,
                  bool won);
// The same of what has no exchange (number 0).
void record_rule_match(struct lane *lane, uint64_t number, const struct rule *rule, uint64_t index,
                       double drew, bool won);
void record_commit(struct exchange *x);
// A credential was handed out in the reply to come.
void record_served(struct exchange *x, const struct sigv4_credential *credential);
void record_response(struct exchange *x, bool whole);
// Where a request to us as a forward proxy was led. text: "" for nothing more.
void record_route(struct exchange *x, const char *way, const char *text);
// A tunnel of that connection is over.
void record_tunnel_end(struct lane *lane, uint64_t connection, const struct tunnel_facts *facts,
                       bool is_reset);
// What became of it at the upstream.
void record_upstream(struct exchange *x, const struct passage_facts *facts);
void record_fault(struct exchange *x);
// The same of a fault that no longer has its exchange, or never had one (number 0). at: "" for
// none.
void record_rule_fault(struct lane *lane, const struct rule *rule, uint64_t number, const char *at,
                       size_t bytes);

#endif
