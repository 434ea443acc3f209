"""`ibe100 backup` as an operator types it, with a server running and without."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from demo_rig import Place, finished, patiently, place_in
from ibe100.database.backup.backups import UNFINISHED
from ibe100.models.actor import person_of


def audit(data_dir: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(data_dir / "ibe100.db")) as connection:
        rows = connection.execute("SELECT who, action FROM audit ORDER BY audit_id").fetchall()
        return [(str(who), str(action)) for who, action in rows if "backup" in action or "restore" in action]


def test_made_by_the_server_listed_verified_and_restored(tmp_path: Path) -> None:
    with place_in(tmp_path) as place:
        data = ("--data-dir", place.data_dir)
        nothing = place.run("backup", "now", *data)
        assert (nothing.code, "no data folder" in nothing.refusal()) == (3, True)
        server = serve(place)
        made = place.run("backup", "now", *data)
        assert made.code == 0, made.err
        own = tmp_path / "usb" / "mine.tar.gz"
        assert place.run("backup", "now", "--to", own, "--with-key", *data).code == 0
        again = place.run("backup", "now", "--to", own, *data)
        assert "nothing is overwritten" in again.refusal()
        [listed] = json.loads(place.run("backup", "list", "--json", *data).out)
        assert made.out.startswith(listed["path"])
        assert "with the key" not in place.run("backup", "list", *data).out
        refused = place.run("backup", "restore", own, *data)
        assert (refused.code, "already running" in refused.refusal()) == (3, True)
        server.send_signal(signal.SIGTERM)
        assert finished(server).code == 0
        for file in (Path(listed["path"]), own):
            verified = place.run("backup", "verify", file)
            assert (verified.code, f"{file}: intact" in verified.out) == (0, True), verified.err
        damaged = tmp_path / "damaged.tar.gz"
        damaged.write_bytes(own.read_bytes()[:-1] + b"x")
        assert "damaged" in place.run("backup", "verify", damaged).refusal()
        assert place.run("backup", "now", *data).code == 0
        done = place.run("backup", "restore", own, *data)
        assert done.code == 0, done.err
        assert "go on from now" in done.out
        assert audit(place.data_dir) == [
            (person_of().name, "backup made"),
            (person_of().name, "backup made"),
            (person_of().name, "backup failed"),
            (person_of().name, "backup made"),
            (person_of().name, "database restored"),
        ]
        elsewhere = tmp_path / "another machine"
        foreign = place.run("backup", "restore", own, "--data-dir", elsewhere)
        assert (foreign.code, "--not-made-here" in foreign.err) == (3, True)
        assert "brings no users, no tokens and no streams" in foreign.out + foreign.err
        done = place.run("backup", "restore", own, "--not-made-here", "--data-dir", elsewhere)
        assert done.code == 0, done.err
        assert (elsewhere / "secrets.key").read_bytes() == (place.data_dir / "secrets.key").read_bytes()
        assert place.leftovers() == []


def serve(place: Place) -> subprocess.Popen[str]:
    log = place.data_dir / "logs" / "app.log"
    before = log.read_text().count("is open on") if log.exists() else 0
    server = place.start("serve", "--data-dir", place.data_dir)
    patiently(
        lambda: server.poll() is not None or (log.exists() and log.read_text().count("is open on") > before),
        "a server",
    )
    assert server.poll() is None, finished(server)
    return server


def test_a_server_that_is_killed_while_it_backs_up_leaves_no_litter(tmp_path: Path) -> None:
    with place_in(tmp_path) as place:
        server = serve(place)
        backups = place.data_dir / "backups"
        with closing(sqlite3.connect(place.data_dir / "ibe100.db")) as connection:
            line = "INSERT INTO audit (at, who, action, subject, detail) VALUES (0, 'w', 'a', 's', ?)"
            connection.executemany(line, [("x" * 1_000_000,) for _ in range(40)])
            connection.commit()
        asking = place.start("backup", "now", "--data-dir", place.data_dir)
        patiently(lambda: any((backups / name).exists() for name in UNFINISHED), "a half-made backup")
        server.kill()
        finished(server)
        assert finished(asking).code == 3
        patiently(lambda: place.processes() == [], "the end of what it had begun")
        assert list(backups.iterdir()) == []
        server = serve(place)
        server.send_signal(signal.SIGTERM)
        assert finished(server).code == 0
