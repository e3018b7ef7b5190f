# SPDX-License-Identifier: Apache-2.0
set(sources main.c attach_test.c containment_test.c dialogue_test.c environment_test.c pieces_test.c play.c
  protocol_test.c puppet.c start_test.c visit_test.c)
set_source_files_properties(client/puppet.c PROPERTIES COMPILE_DEFINITIONS _GNU_SOURCE) # F_SETPIPE_SZ
