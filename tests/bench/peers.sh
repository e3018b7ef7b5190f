#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the bench measures ours beside.
#   bash tests/bench/peers.sh [system] [toxiproxy] [wiremock] [python]      nothing named: all of them
# Debian's packages go to the system, the rest to .build/peers.
set -euo pipefail
cd "$(dirname "$0")/../.."
. suites/prepare.sh
folder=$PWD/.build/peers
mkdir -p "$folder"

system() {
    install_packages nginx-light haproxy wrk openssl
}

toxiproxy() {
    command -v go >/dev/null || { echo "Toxiproxy is built with Go 1.23 or later, which is not here." >&2; return 3; }
    say "building Toxiproxy"
    GOBIN=$folder/go go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0
    mv "$folder/go/server" "$folder/toxiproxy-server"
}

wiremock() {
    command -v java >/dev/null || install_packages default-jre-headless
    command -v mvn >/dev/null || install_packages maven
    say "fetching WireMock"
    mvn -q dependency:copy -Dartifact=org.wiremock:wiremock-standalone:3.13.1 -DoutputDirectory="$folder"
}

python() {
    say "making a virtual environment with mitmproxy and moto"
    /usr/bin/python3 -m venv "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
}

for part in "${@:-system toxiproxy wiremock python}"; do
    for name in $part; do
        case $name in
            system | toxiproxy | wiremock | python) "$name" ;;
            *) echo "peers.sh: there is no part $name" >&2; exit 64 ;;
        esac
    done
done
