"""Prints what pip is told of indexes, certificates and proxies as uv's variables, one NAME=VALUE a line.

pip's own list is asked: it merges every file that pip reads (/etc/pip.conf and the user's among them)
and the variables PIP_*.
"""

import ast
import subprocess
import sys

SECTIONS = ("global", "install", ":env:")
"""The one that goes before last."""


def settings_of_pip() -> dict[str, str]:
    """Settings that pip install would have, by option."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()
    found = {section: {} for section in SECTIONS}
    for line in lines:
        name, _, value = line.partition("=")
        section, _, option = name.partition(".")
        if section in found:
            found[section][option] = ast.literal_eval(value)
    return {option: value for section in SECTIONS for option, value in found[section].items()}


def variables_of_uv(pip: dict[str, str]) -> dict[str, str]:
    """Variables by name; of options that are not set, or that uv needs not know, there is none."""
    lists = {
        "UV_INDEX": " ".join(pip.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(pip.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
    }
    single = {
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_NO_INDEX": "true" if pip.get("no-index", "").lower() in ("1", "true", "yes", "on") else "",
        "UV_KEYRING_PROVIDER": pip.get("keyring-provider", ""),
        "UV_HTTP_TIMEOUT": pip.get("timeout", pip.get("default-timeout", "")),
        "SSL_CERT_FILE": pip.get("cert", ""),
        "SSL_CLIENT_CERT": pip.get("client-cert", ""),
        "HTTPS_PROXY": pip.get("proxy", ""),
        "HTTP_PROXY": pip.get("proxy", ""),
    }
    # pip looks into all indexes, uv into the first that knows the name. The lock's hashes say which file is
    # right, whoever gives it.
    strategy = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    return {name: value for name, value in (strategy | single | lists).items() if value}


if __name__ == "__main__":
    for name, value in variables_of_uv(settings_of_pip()).items():
        print(f"{name}={value}")
