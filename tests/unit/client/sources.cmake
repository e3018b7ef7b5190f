# SPDX-License-Identifier: Apache-2.0
set(sources main.c containment_test.c dialogue_test.c environment_test.c pieces_test.c play.c
  protocol_test.c puppet.c start_test.c)
