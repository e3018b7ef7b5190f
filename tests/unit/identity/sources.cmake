# SPDX-License-Identifier: Apache-2.0
set(sources main.c asking.c container_test.c form_test.c imds_test.c proof_test.c sts_test.c)
