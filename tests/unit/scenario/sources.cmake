# SPDX-License-Identifier: Apache-2.0
set(sources main.c moment_test.c vocabulary_test.c)
