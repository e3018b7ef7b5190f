# SPDX-License-Identifier: Apache-2.0
set(sources main.c disk_test.c encoded_test.c good_run.c journal_test.c reader_test.c run_test.c scratch.c
  secrets_test.c tamper_test.c)
