// SPDX-License-Identifier: Apache-2.0
// Evidence told in a few words a line, for tests of the oracles: tale_read makes a case of it.
//
//   hello | start | done [STEP] | say ID WORD | alert ID | flush | clock HOUR | drain | restart
//   usage ID WHO QUANTITY HOUR   HOUR is of 2026-11-18; - for usage without `at`; +N days by 24
//   resolve ID | answer MP STEP STATE [CUSTOMER] | arm RULE | disarm RULE
//   request X RECORD...          RECORD is WHO:HOUR:QUANTITY; WHO may bear its model (license:acme);
//                                with ID= before it, it stands for that usage (exec contract)
//   commit X [@REGION] RECORD... RECORD with + was billed, with +#ID under that MeteringRecordId
//   reply X STATUS [I=STATUS...] | cut X STATUS [I=STATUS...] | error X STATUS NAME
//   meter X RECORD...            request, commit and whole reply with Success
//   fault X RULE KIND | close WHO | exit CODE|SIGNAL [expected] | end WHY | at SECONDS
//   preload RECORD               in the ledger without a commit
//   event KIND {members}         anything else, as in the journal
#ifndef TESTS_UNIT_ORACLE_TALE_H
#define TESTS_UNIT_ORACLE_TALE_H

#include "proxy/evidence/reader.h"

// The scenario and the events may have ' for ". The ledger is what the commits billed. Released by
// tale_clear.
void tale_read(struct evidence_case *out, const char *scenario, const char *tale);
void tale_clear(struct evidence_case *evidence);

#endif
