"""What a child process gets of our environment."""

import pytest

from ibe100.utils.child_environment import child_environment


def test_secrets_and_settings_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBE100_SECRET_KEY", "s3cret")
    monkeypatch.setenv("SOME_TOKEN", "s3cret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    found = child_environment(MARK="a stream")
    assert "s3cret" not in found.values()
    assert (found["LC_ALL"], found["MARK"], found["PYTHONSAFEPATH"]) == ("C.UTF-8", "a stream", "1")
    assert found["PATH"]
