// SPDX-License-Identifier: Apache-2.0
// The tests of recordings, and what they share.
#ifndef TESTS_UNIT_RECORDING_RECORDING_TESTS_H
#define TESTS_UNIT_RECORDING_RECORDING_TESTS_H

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/recording/content.h"
#include "proxy/recording/replay.h"
#include "tests/unit/unit.h"

#define HEAD "{\"recording\":1,\"program\":\"p\",\"at\":\"2026-11-18T10:15:00.000Z\"}\n"

void same(void);
void different(void);
void weights(void);
void contents(void);
void written_and_read(void);
void refused(void);
void cut_short(void);
void in_order(void);
void nearest(void);
void client_tokens(void);
void later_hours(void);
void echoes(void);
void before_requests(void);
void windows(void);
void gaps(void);
void schedules(void);

#endif
