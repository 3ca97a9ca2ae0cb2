# SPDX-License-Identifier: MIT
#
# What ./tests/run and ./examples/run share, to be sourced: finding which packages of Debian are
# missing, and installing them when root.
missing_packages=()

say() { printf '\n== %s\n' "$*"; }

# need <package> <command or header>...: the package is missing when none of these is there.
need() {
    local package=$1 sign
    shift
    for sign; do
        command -v "$sign" >/dev/null 2>&1 && return
        [[ -e /usr/include/$sign || -e /usr/local/include/$sign ]] && return
    done
    missing_packages+=("$package")
}

# Installs what need() found missing; not being root, names it and exits with 2.
install_missing() {
    ((${#missing_packages[@]})) || return 0
    local install=(apt-get install -y --no-install-recommends "${missing_packages[@]}")
    if ! command -v apt-get >/dev/null || ((EUID != 0)); then
        echo "Missing packages. On Debian or Ubuntu, run:" >&2
        echo "    sudo ${install[*]}" >&2
        exit 2
    fi
    say "installing ${missing_packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null && "${install[@]}" >/dev/null || {
        echo "Could not install. By hand: ${install[*]}" >&2
        exit 2
    }
    missing_packages=()
}

# What any build of the library with its examples needs.
need_build() {
    need g++ g++
    need cmake cmake
    need ninja-build ninja
    need libasio-dev asio.hpp
    need libwebsocketpp-dev websocketpp/server.hpp
    need libssl-dev openssl/ssl.h
    need zlib1g-dev zlib.h
    need rapidjson-dev rapidjson/document.h
    need libsqlite3-dev sqlite3.h
    need prometheus-cpp-dev prometheus/text_serializer.h
    need libspdlog-dev spdlog/logger.h
    need libjwt-dev jwt.h
    need libjansson-dev jansson.h
    need libcli11-dev CLI/CLI.hpp
}

# configure <preset> <folder> [arguments]: with ccache when it is there, shared by all builds.
configure() {
    local preset=$1 folder=$2 launcher=()
    shift 2
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
        export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
    fi
    mkdir -p "$folder"
    if ! cmake --preset "$preset" -B "$folder" "${launcher[@]}" "$@" \
        >"$folder/configure.log" 2>&1; then
        cat "$folder/configure.log" >&2
        return 1
    fi
    grep -E 'left out|SKIPPED' "$folder/configure.log" || true  # said loudly, no failure here
}
