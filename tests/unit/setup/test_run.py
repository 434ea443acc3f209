"""./run in a copy of the checkout: real environments, with stand-ins for whatever fetches or installs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from places import ROOT

PATIENCE_S = 60

# Installs a uv that records its arguments, waits while the file `hold` exists, and fails if `broken` does.
PIP = """
import os, pathlib, sys
stand_ins = pathlib.Path(os.environ["STAND_INS"])
if "install" not in sys.argv:
    print((stand_ins / "pip.settings").read_text() if (stand_ins / "pip.settings").exists() else "")
    raise SystemExit
with (stand_ins / "pip.calls").open("a") as calls:
    print(os.environ.get("PIP_NO_INDEX", ""), os.environ.get("PIP_FIND_LINKS", ""), file=calls)
uv = pathlib.Path(sys.prefix, "bin", "uv")
uv.write_text('''#!/bin/sh
echo "$@" >>"$STAND_INS/uv.calls"
env >"$STAND_INS/uv.environment"
while [ -e "$STAND_INS/hold" ]; do sleep 0.02; done
if [ -e "$STAND_INS/broken" ]; then echo "error: no route to the registry"; exit 1; fi
''')
uv.chmod(0o755)
"""
# Makes environments without their own pip, which takes seconds to unpack.
PYTHON = f"""#!/bin/sh
case "$*" in
*realpath*) echo "$0" ;;
"-m venv "*) shift 2; exec "{sys.executable}" -m venv --without-pip "$@" ;;
*) exec "{sys.executable}" "$@" ;;
esac
"""
APT_GET = '#!/bin/sh\necho "$@" >>"$STAND_INS/apt-get.calls"\n'
SUDO = '#!/bin/sh\nif [ "$1" = -n ]; then shift; fi\nexec "$@"\n'
PRODUCT = "import ibe100, json, os, sys\nprint(json.dumps([sys.argv[1:], os.getcwd(), ibe100.__file__]))\n"
LIBRARIES = "src/ibe100/core/support/qt_libraries.py"
# No library of this name exists anywhere, so that each kind of display is found to miss exactly one package.
NO_SUCH_LIBRARY = 'import sys\nprint(f"libibe100-{sys.argv[1]}")\n'


class Checkout:
    """A copy of what ./run needs, with a product that prints its arguments, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"
        self.stand_ins = folder / "stand-ins"
        (self.root / ".ci").mkdir(parents=True)
        for name in (
            "run",
            ".ci/setup.sh",
            ".ci/pip_settings.py",
            *(path.name for path in ROOT.glob("requirements*.lock")),
        ):
            shutil.copy(ROOT / name, self.root / name)
        (self.root / LIBRARIES).parent.mkdir(parents=True)
        (self.root / LIBRARIES).touch()
        (self.root / "src/ibe100/__init__.py").touch()
        (self.root / "main.py").write_text(PRODUCT)
        (self.stand_ins / "pip").mkdir(parents=True)
        (self.stand_ins / "pip/__init__.py").touch()
        (self.stand_ins / "pip/__main__.py").write_text(PIP)
        for name, text in (("apt-get", APT_GET), ("sudo", SUDO), ("python3", PYTHON)):
            (self.stand_ins / name).write_text(text)
            (self.stand_ins / name).chmod(0o755)
        self.environment = {
            "PATH": f"{self.stand_ins}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.stand_ins),
            "STAND_INS": str(self.stand_ins),
            "HOME": str(folder),
        }

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Starts ./run from a folder that is not its own, in a session of its own."""
        return subprocess.Popen(
            [self.root / "run", *arguments],
            env=self.environment | environment,
            cwd=self.stand_ins,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs ./run to its end."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def set_up_tests(self) -> None:
        """Does what ./test does before its first check."""
        words = f'root="{self.root}"; source .ci/setup.sh; prepare none test'
        subprocess.run(
            ["bash", "-c", words], env=self.environment, cwd=self.root, check=True, timeout=PATIENCE_S
        )

    def calls(self, program: str) -> list[str]:
        """The argument lines that a stand-in was called with so far."""
        record = self.stand_ins / f"{program}.calls"
        return record.read_text().splitlines() if record.exists() else []

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Polls until `condition` holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.02)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A fresh checkout, whose held stand-ins are let go at the end."""
    checkout = Checkout(tmp_path)
    yield checkout
    (checkout.stand_ins / "hold").unlink(missing_ok=True)


def test_first_start_sets_up_and_the_second_goes_straight_to_the_command(checkout: Checkout) -> None:
    """Set-up speaks on stderr only: the command's standard output stays clean."""
    first = checkout.run("demo")
    second = checkout.run("demo")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "packages ready" in first.stderr
    assert second.stderr == ""
    assert first.stdout == second.stdout
    assert len(checkout.calls("uv")) == 1
    assert "--require-hashes" in checkout.calls("uv")[0]


def test_arguments_and_the_callers_folder_reach_the_command_unchanged(checkout: Checkout) -> None:
    """Also through a link to ./run, and with the product found beside it, not installed."""
    link = checkout.stand_ins / "ibe"
    link.symlink_to(checkout.root / "run")
    result = subprocess.run(
        [link, "demo", "--output", "a b.ts", "*", ""],
        env=checkout.environment,
        cwd=checkout.stand_ins,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    expected = [
        ["demo", "--output", "a b.ts", "*", ""],
        str(checkout.stand_ins),
        f"{checkout.root}/src/ibe100/__init__.py",
    ]
    assert json.loads(result.stdout) == expected


def test_a_changed_lock_renews_the_packages_and_keeps_the_environment(checkout: Checkout) -> None:
    """A pulled update must not cost a whole set-up."""
    checkout.run("demo")
    kept = checkout.root / ".venv/kept"
    kept.touch()
    with (checkout.root / "requirements.lock").open("a") as lock:
        lock.write("# one more\n")
    renewed = checkout.run("demo")
    assert "bringing the Python packages in .venv up to date" in renewed.stderr
    assert len(checkout.calls("uv")) == 2
    assert kept.exists()
    assert checkout.run("demo").stderr == ""


def test_run_installs_no_test_tools_but_keeps_those_that_test_has_installed(checkout: Checkout) -> None:
    """They are put into the same environment, once, and renewed with the rest."""
    checkout.run("demo")
    kept = checkout.root / ".venv/kept"
    kept.touch()
    checkout.set_up_tests()
    assert checkout.run("demo").stderr == ""
    with (checkout.root / "requirements.lock").open("a") as lock:
        lock.write("# one more\n")
    checkout.run("demo")
    assert ["requirements-test.lock" in call for call in checkout.calls("uv")] == [False, True, True]
    assert kept.exists()
    checkout.set_up_tests()
    assert len(checkout.calls("uv")) == 3


def test_a_failed_set_up_says_why_and_the_next_start_begins_from_nothing(checkout: Checkout) -> None:
    """The command is not started on half an environment."""
    (checkout.stand_ins / "broken").touch()
    failed = checkout.run("demo")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert "error: no route to the registry" in failed.stderr
    assert "what to do: check the network" in failed.stderr
    half_made = checkout.root / ".venv/half-made"
    half_made.touch()
    (checkout.stand_ins / "broken").unlink()
    assert checkout.run("demo").returncode == 0
    assert not half_made.exists()


def test_a_killed_set_up_is_done_again_from_nothing(checkout: Checkout) -> None:
    """kill -9 leaves neither a stamp nor a lock behind."""
    (checkout.stand_ins / "hold").touch()
    with checkout.start("demo") as process:
        checkout.wait_for(lambda: checkout.calls("uv") != [])
        os.killpg(process.pid, signal.SIGKILL)
    half_made = checkout.root / ".venv/half-made"
    half_made.touch()
    (checkout.stand_ins / "hold").unlink()
    again = checkout.run("demo")
    assert again.returncode == 0, again.stderr
    assert "setting up" in again.stderr
    assert not half_made.exists()


def test_two_starts_at_once_set_up_once(checkout: Checkout) -> None:
    """The second says that it waits, and then uses what the first has made."""
    (checkout.stand_ins / "hold").touch()
    with checkout.start("demo") as first:
        checkout.wait_for(lambda: checkout.calls("uv") != [])
        with checkout.start("serve") as second:
            assert second.stderr is not None
            assert "another set-up is running here" in second.stderr.readline()
            (checkout.stand_ins / "hold").unlink()
            second_out, second_err = second.communicate(timeout=PATIENCE_S)
        first_out, _ = first.communicate(timeout=PATIENCE_S)
    assert (first.returncode, second.returncode, second_err) == (0, 0, "")
    assert (json.loads(first_out)[0], json.loads(second_out)[0]) == (["demo"], ["serve"])
    assert len(checkout.calls("uv")) == 1


def test_a_start_while_test_tools_are_installed_keeps_them(checkout: Checkout) -> None:
    """It waits, and does not set the environment up again without them."""
    (checkout.stand_ins / "hold").touch()
    with ThreadPoolExecutor() as pool:
        tools = pool.submit(checkout.set_up_tests)
        checkout.wait_for(lambda: checkout.calls("uv") != [])
        with checkout.start("demo") as started:
            assert started.stderr is not None
            assert "another set-up is running here" in started.stderr.readline()
            (checkout.stand_ins / "hold").unlink()
            started.communicate(timeout=PATIENCE_S)
        tools.result()
    assert started.returncode == 0
    assert ["requirements-test.lock" in call for call in checkout.calls("uv")] == [True]


def test_a_moved_checkout_is_set_up_again(checkout: Checkout) -> None:
    """An environment's scripts hold the path that it was made at."""
    checkout.run("demo")
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    moved = checkout.run("demo")
    assert "setting up" in moved.stderr
    assert json.loads(moved.stdout)[2] == f"{checkout.root}/src/ibe100/__init__.py"


@pytest.mark.parametrize(
    ("arguments", "environment", "package"),
    [
        ("--help", {"DISPLAY": ":0"}, None),
        ("demo --seconds 5", {"DISPLAY": ":0"}, None),
        ("serve", {}, None),
        ("doctor", {"DISPLAY": ":0"}, None),
        ("", {}, None),
        ("", {"DISPLAY": ":0"}, "libibe100-x11"),
        ("", {"WAYLAND_DISPLAY": "wayland-0"}, "libibe100-wayland"),
        ("console", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "libibe100-offscreen"),
        ("console --screenshot x.png", {}, "libibe100-offscreen"),
        ("console --help", {"DISPLAY": ":0"}, None),
    ],
)
def test_only_a_command_that_draws_has_the_libraries_of_its_display_installed(
    checkout: Checkout, arguments: str, environment: dict[str, str], package: str | None
) -> None:
    """A headless machine is never asked for Qt's libraries; a missing one does not stop the command."""
    (checkout.root / LIBRARIES).write_text(NO_SUCH_LIBRARY)
    result = checkout.run(*arguments.split(), **environment)
    assert result.returncode == 0, result.stderr
    installed = [line.split()[-1] for line in checkout.calls("apt-get") if " install " in line]
    assert installed == ([] if package is None else [package])


def test_the_settings_of_pip_are_those_of_uv(checkout: Checkout) -> None:
    """A house's indexes and its certificate authority, wherever pip has them from; uv's own go before."""
    (checkout.stand_ins / "pip.settings").write_text(
        "global.cert='/etc/house/ca.crt'\n"
        "global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'\n"
        "global.index-url='https://of-all.example/simple'\n"
        "install.index-url='https://of-install.example/simple'\n"
        ":env:.proxy='http://proxy.example:3128'\n"
        "download.index-url='https://not-ours.example/simple'\n"
    )
    assert checkout.run("demo", UV_HTTP_TIMEOUT="7").returncode == 0
    lines = (checkout.stand_ins / "uv.environment").read_text().splitlines()
    told = dict(line.partition("=")[::2] for line in lines)
    wanted = {
        "SSL_CERT_FILE": "/etc/house/ca.crt",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_DEFAULT_INDEX": "https://of-install.example/simple",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "UV_HTTP_TIMEOUT": "7",
    }
    assert {name: told.get(name) for name in wanted} == wanted


def test_pip_tells_of_every_file_it_reads_and_of_its_variables(tmp_path: Path) -> None:
    """With the real pip: /etc/pip.conf is one of several, and `pip config get` reads only one."""
    house, own = tmp_path / "house/pip/pip.conf", tmp_path / "own/pip/pip.conf"
    for file, text in ((house, "cert = /etc/house/ca.crt"), (own, "extra-index-url = https://two.example")):
        file.parent.mkdir(parents=True)
        file.write_text(f"[global]\n{text}\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path / "house"),
        "XDG_CONFIG_HOME": str(tmp_path / "own"),
        "PIP_INDEX_URL": "https://one.example",
    }
    told = subprocess.run(
        [sys.executable, ROOT / ".ci/pip_settings.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    ).stdout.splitlines()
    wanted = ["UV_DEFAULT_INDEX=https://one.example", "UV_INDEX=https://two.example"]
    assert [line for line in told if line in wanted] == wanted
    assert any(line.startswith("SSL_CERT_FILE=") for line in told)


def test_a_wheelhouse_is_the_only_source_of_packages(checkout: Checkout) -> None:
    """Neither pip nor uv asks an index, and the command gets the rest of the line."""
    wheels = checkout.stand_ins / "wheels"
    wheels.mkdir()
    (checkout.stand_ins / "pip.settings").write_text(f":env:.find-links='{wheels}'\n:env:.no-index='1'\n")
    result = checkout.run("--wheelhouse", "wheels", "demo", "--seconds", "5")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)[0] == ["demo", "--seconds", "5"]
    assert checkout.calls("pip") == [f"1 {wheels}"]
    environment = (checkout.stand_ins / "uv.environment").read_text().splitlines()
    assert f"UV_FIND_LINKS={wheels}" in environment
    assert "--no-index" in checkout.calls("uv")[0].split()


def test_a_wheelhouse_that_is_not_there_is_refused(checkout: Checkout) -> None:
    """Before anything is set up."""
    refused = checkout.run("--wheelhouse", "nowhere", "demo")
    assert (refused.returncode, checkout.calls("uv")) == (2, [])
    assert "packaging/fill-wheelhouse" in refused.stderr


def test_without_python_it_says_what_to_install(checkout: Checkout) -> None:
    """On a machine without apt-get nothing can be installed for the user; the words must do."""
    bare = checkout.stand_ins / "bare"
    bare.mkdir()
    for tool in (
        "bash",
        "cat",
        "cmp",
        "dirname",
        "env",
        "flock",
        "grep",
        "id",
        "mkdir",
        "readlink",
        "rm",
        "tail",
    ):
        if found := shutil.which(tool):
            (bare / tool).symlink_to(found)
    result = checkout.run("demo", PATH=str(bare))
    assert result.returncode == 1
    assert "no Python 3.11 or later" in result.stderr
    assert "apt-get install python3 python3-venv" in result.stderr
