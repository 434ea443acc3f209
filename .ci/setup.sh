# Sourced by ./run and ./test, which set `root`. `prepare DISPLAY [test]` leaves a usable Python environment in .venv,
# with the tools of ./test if `test` is given, and the shared objects that Qt needs for DISPLAY (none, offscreen, x11
# or wayland). Needs bash 3.2 and POSIX tools only.
# shellcheck shell=bash
# shellcheck disable=SC2154

venv=$root/.venv
stamp=$venv/.setup-stamp
log=$root/.cache/setup.log
apt_lists_are_fresh=no

# Progress goes to stderr: standard output belongs to the command that is started.
say() { printf 'ibe100: %s\n' "$*" >&2; }

logged() { "$@" >>"$log" 2>&1; }

fail() {
    say "set-up failed: $1"
    if [[ -s $log ]]; then
        tail -n 12 "$log" | sed 's/^/    /' >&2
        say "the whole log: $log"
    fi
    say "what to do: $2"
    exit 1
}

prepare() {
    choose_locks "${2:-run}"
    if venv_is_current && [[ -z $(missing_qt_packages "$1") ]]; then
        return
    fi
    local lock=$root/.cache/setup.lock
    { mkdir -p "$root/.cache" && : >>"$lock"; } 2>/dev/null ||
        fail "cannot write in $root/.cache" "make the whole folder writable for $(id -un), or copy it to one that is"
    (
        trap 'say "set-up interrupted; the next start does it again"; exit 130' INT TERM HUP
        wait_for_other_set_ups
        choose_locks "${2:-run}" # the other one may have been that of ./test, whose tools stay
        : >"$log"
        venv_is_current || build_venv
        install_qt_packages "$1"
    ) 9>>"$lock" || exit
}

# The lock is descriptor 9 and dies with its last holder: a killed set-up leaves none behind, and an installer that
# outlives it keeps the next one waiting.
wait_for_other_set_ups() {
    if command -v flock >/dev/null; then
        flock -n 9 || { say "another set-up is running here; waiting for it"; flock 9; }
    elif find_python; then
        "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    fi
}

# Sets `locks` for a PURPOSE (run or test). What ./test has installed, ./run keeps and keeps up to date.
choose_locks() {
    locks=("$root/requirements-bootstrap.lock" "$root/requirements.lock")
    purpose=$1
    if [[ -f $stamp && $(sed -n 2p "$stamp") != run ]]; then purpose=test; fi
    if [[ $purpose == test ]]; then locks+=("$root/requirements-test.lock"); fi
}

# What the environment was made for: this place (its scripts hold absolute paths), a purpose, and these very
# folders and packages.
wanted_stamp() {
    printf '%s\n' "$root" "$purpose" "src client/src"
    cat "${locks[@]}"
}

venv_is_current() {
    [[ -x $venv/bin/python && -f $stamp ]] && wanted_stamp | cmp -s - "$stamp"
}

build_venv() {
    local started=$SECONDS made_for="" packages
    packages=$(cat "${locks[@]}" | grep -c '==')
    if [[ -x $venv/bin/python && -f $stamp ]]; then
        IFS= read -r made_for <"$stamp" || true
    fi
    # Without its stamp an environment counts as half-made, so that an interrupted set-up starts from nothing.
    rm -f "$stamp" || fail "cannot write in $venv" "make the whole folder writable for $(id -un)"
    if [[ $made_for == "$root" ]]; then
        say "bringing the Python packages in .venv up to date (log: .cache/setup.log)"
    else
        say "setting up Python and $packages packages in .venv, once (log: .cache/setup.log)"
        require_python
        logged "$python" -m venv --clear "$venv" ||
            fail "cannot make a Python environment in $venv" "check that the disk has 1 GB free and the folder is writable"
    fi
    install_packages
    "$venv/bin/python" - "$root/src" "$root/client/src" <<'PYTHON' || fail "cannot write into $venv" "remove that folder and start again"
import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "ibe100.pth").write_text("\n".join(sys.argv[1:]) + "\n")
PYTHON
    { wanted_stamp >"$stamp.new" && mv "$stamp.new" "$stamp"; } ||
        fail "cannot write into $venv" "check that the disk is not full and start again"
    say "Python packages ready after $((SECONDS - started)) s"
}

install_packages() {
    local advice="check the network (PyPI must be reachable; pip's settings of a mirror and certificates are honoured) and that the disk has 1 GB free, then start again"
    logged "$venv/bin/python" -m pip --disable-pip-version-check install --require-hashes \
        -r "$root/requirements-bootstrap.lock" || fail "cannot install uv, which installs the Python packages" "$advice"
    follow_pip_settings
    logged "$venv/bin/uv" pip sync --python "$venv/bin/python" --system-certs --require-hashes --no-progress \
        ${UV_NO_INDEX:+--no-index} "${locks[@]}" || fail "cannot install the Python packages of ${locks[*]##*/}" "$advice"
}

# uv does not read pip's settings, and a house with its own index or certificate authority has put them there. What is
# set for uv itself goes before. UV_NO_INDEX is ours: uv has an option for it, and no variable.
follow_pip_settings() {
    local name value
    while IFS='=' read -r name value; do
        if [[ -z ${!name:-} ]]; then export "$name=$value"; fi
    done < <("$venv/bin/python" "$root/.ci/pip_settings.py")
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-120}
}

# Sets `python` to an interpreter of version 3.11 or later that can make environments; Debian splits that part off.
find_python() {
    for python in python3 python3.13 python3.12 python3.11 python3.14; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            # The versioned file, so that a later upgrade of the system's python3 is noticed instead of half used.
            python=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
            return
        fi
    done
    return 1
}

require_python() {
    find_python && return
    apt_install "Python 3.11 or later with venv: IBE-100 runs on it" python3 python3-venv || true
    find_python || fail "no Python 3.11 or later with its venv and ensurepip modules" \
        "install one (Debian 12 and later, as root: apt-get install python3 python3-venv) and start again"
}

# The Debian packages that a kind of display lacks here; the product refuses its window by the same list.
missing_qt_packages() {
    if [[ $1 == none ]]; then return; fi
    "$venv/bin/python" -I -S "$root/src/ibe100/core/support/qt_libraries.py" "$1"
}

install_qt_packages() {
    local -a packages
    # shellcheck disable=SC2207 # package names hold no blanks, and bash 3.2 has no mapfile
    packages=($(missing_qt_packages "$1"))
    [[ ${#packages[@]} -gt 0 ]] || return 0
    apt_install "Qt needs them to draw the console" "${packages[@]}" ||
        say "missing, and Qt needs them to draw the console: ${packages[*]} (Debian's names; as root: apt-get install)." \
            "Going on without; log: .cache/setup.log"
}

# apt_install WHY PACKAGE...: false where there is no apt-get, nobody to run it, or it failed.
apt_install() {
    local why=$1
    shift
    command -v apt-get >/dev/null || return 1
    local -a as_root=(env)
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || return 1
        as_root=(sudo env)
    fi
    say "installing $* with apt-get ($why)"
    if [[ ${as_root[0]} == sudo ]] && ! sudo -n true 2>/dev/null; then
        # sudo asks for the password on the terminal; without one there is nobody to ask.
        { [[ -t 0 ]] && sudo -v; } || return 1
    fi
    if [[ $apt_lists_are_fresh == no ]]; then
        logged "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update 9>&- ||
            say "apt-get update failed; going on with the package lists at hand"
        apt_lists_are_fresh=yes
    fi
    logged "${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" 9>&-
}
