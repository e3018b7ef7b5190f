# SPDX-License-Identifier: Apache-2.0
set(sources main.c case_text.c files_test.c meaning_test.c moment_test.c render_test.c
  rules_test.c variants_test.c vocabulary_test.c)
