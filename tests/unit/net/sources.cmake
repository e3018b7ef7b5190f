# SPDX-License-Identifier: Apache-2.0
set(sources main.c authority_test.c client.c origin_test.c tls_client_test.c tls_test.c ../evidence/scratch.c)
