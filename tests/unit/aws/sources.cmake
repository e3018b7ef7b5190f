# SPDX-License-Identifier: Apache-2.0
set(sources main.c error_test.c pattern_test.c request_plain_test.c request_test.c ruleset_test.c sigv4_fixture.c sigv4_refusal_test.c sigv4_test.c
  timestamp_test.c)
