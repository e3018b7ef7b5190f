# SPDX-License-Identifier: Apache-2.0
# What both commands for a fresh machine share. Sourced, from the root of the repository.
# Debian 12 or later, or Ubuntu; root, or sudo. Everything is safe to do twice.

say() {
    printf '== %s\n' "$*"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "Packages must be installed: run this as root, or install sudo." >&2
        exit 3
    fi
}

# install_packages NAME...: those that are not installed yet.
install_packages() {
    local missing=()
    local name
    if ! command -v dpkg-query >/dev/null 2>&1; then
        echo "This needs a Debian or Ubuntu system (dpkg and apt-get)." >&2
        exit 3
    fi
    for name in "$@"; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then
            missing+=("$name")
        fi
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        say "installing ${missing[*]}"
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            "${missing[@]}" >/dev/null
    fi
}

BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libevent-dev libssl-dev libcjson-dev
    libcunit1-dev python3 python3-venv ca-certificates)

# python_packages FILE: a virtual environment in .venv that holds what FILE pins.
python_packages() {
    local stamp=.venv/.installed-$(basename "$1")
    if [ ! -x .venv/bin/python ]; then
        say "making the virtual environment .venv"
        /usr/bin/python3 -m venv .venv
    fi
    if ! cmp -s "$1" "$stamp"; then
        say "installing the Python packages of $1"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1"
        cp "$1" "$stamp"
    fi
}
