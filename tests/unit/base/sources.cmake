# SPDX-License-Identifier: Apache-2.0
set(sources main.c json_once_test.c json_test.c options_test.c plain_test.c sign_test.c text_test.c time_test.c)
