# SPDX-License-Identifier: Apache-2.0
set(sources main.c emit_test.c event_log.c forwarded_test.c limit_test.c parser_test.c part_test.c vector_test.c)
