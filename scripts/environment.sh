# shellcheck shell=bash
# What scripts/start and scripts/test have in common: the right Python, what the system lacks, a virtual environment of
# their own below .venv. To be sourced from the repository's folder; every function says on standard error what it does.

say() { echo "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# The Python to use: $PYTHON, else python3. Chatkeep needs 3.11.
find_python() {
    python=${PYTHON:-python3}
    command -v "$python" >/dev/null ||
        fail "Chatkeep needs Python 3.11 or newer. Install it (Debian, Ubuntu: apt-get install python3), or set PYTHON to it."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Chatkeep needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Set PYTHON to a newer one."
}

# apt_install PACKAGE...: with apt-get, as root or with sudo. Fails where neither is there; who calls says what that means.
apt_install() {
    command -v apt-get >/dev/null || return 1
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || return 1
        # With nobody there to type a password, sudo may not ask for one.
        root=(sudo)
        [ -t 0 ] || root=(sudo -n)
    fi
    say "Installing $*"
    "${root[@]}" apt-get update -qq >&2 &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# has_library NAME: whether the loader finds a shared library such as libgomp.so.1. Elsewhere than on Linux none is asked for.
has_library() {
    [ "$(uname -s)" = Linux ] || return 0
    "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null
}

# make_environment FOLDER REQUIREMENTS: a virtual environment with these requirements, made anew when they change.
make_environment() {
    local folder=$1 requirements=$2 wanted
    wanted=$({ cat requirements*.txt scripts/environment.sh; "$python" -c 'import sys; print(sys.version)'; } | cksum)
    if [ "$(cat "$folder/wanted" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    say "Making a virtual environment in $folder"
    rm -rf "$folder"
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$python" "$folder"
        uv pip install --quiet --python "$folder/bin/python" -r "$requirements"
    else
        # Debian's Python has no venv of its own; the package is named after its version where there are several.
        "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv ||
            fail "Python's venv is missing. Install it and start again: sudo apt-get install python3-venv"
        "$python" -m venv "$folder"
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    fi
    echo "$wanted" >"$folder/wanted"
}
