"""Environment of child processes: what they need of ours, and none of our secrets and settings."""

from __future__ import annotations

import os

_NAMES = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE"),
        *("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        # How a network is reached, and whom to trust there.
        *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        *("ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
        # Windows.
        *("SYSTEMROOT", "SystemRoot", "PATHEXT", "COMSPEC", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    }
)
_PREFIXES = ("LC_", "TSPLUGINS_", "TSDUCK_", "MINITSP_", "IMAGEIO_", "SRT_", "COVERAGE_", "PYTHONDONTWRITE")


def child_environment(**more: str) -> dict[str, str]:
    """The variables of ours that a child gets, and `more`.

    PYTHONSAFEPATH: no module is taken from the folder in which somebody has started us.
    """
    kept = {name: value for name, value in os.environ.items() if name in _NAMES or name.startswith(_PREFIXES)}
    return {**kept, "PYTHONSAFEPATH": "1", **more}
