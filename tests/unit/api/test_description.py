"""The description of the API, for whoever generates a client from it; metrics, for whoever draws them."""

from __future__ import annotations

import json
import re
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from ibe100.api.application import Api
from ibe100.api.description import describe
from ibe100.api.histogram import Histogram
from ibe100.api.routes.prometheus import _Scrape, _text
from ibe100.core.config import ApiSettings
from places import ROOT


def description() -> dict[str, Any]:
    services = cast(Any, SimpleNamespace())
    guard = Api(services, ApiSettings()).asgi
    return describe(cast(Any, guard)._app)


def test_operations_have_names_of_their_own_and_errors_are_problems() -> None:
    document = description()
    operations = {
        (path, method): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    names = Counter(operation["operationId"] for operation in operations.values())
    assert [name for name, count in names.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z]+_[a-z_0-9]+", name) for name in names)
    assert operations["/api/v1/streams/{stream}/cues", "post"]["operationId"] == "cues_fire"
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert operations["/healthz", "get"]["security"] == []
    assert "security" not in operations["/api/v1/streams", "get"]
    for operation in operations.values():
        assert "422" not in operation["responses"]
        if "4XX" in operation["responses"]:
            assert list(operation["responses"]["4XX"]["content"]) == ["application/problem+json"]
    for path in ("/api/v1/streams/{stream}", "/api/v1/settings", "/api/v1/contracts/own/{name}"):
        headers = {one["name"] for one in operations[path, "put"]["parameters"]}
        assert "If-Match" in headers
    assert json.loads(json.dumps(document)) == document
    references = set(re.findall(r"#/components/schemas/([\w-]+)", json.dumps(document)))
    assert references <= set(document["components"]["schemas"])


def test_a_histogram_counts_up_to_each_bound_and_beyond() -> None:
    histogram = Histogram((0.1, 1))
    for value in (0.05, 0.1, 0.5, 7):
        histogram.observe("s", value)
    buckets, total = histogram.snapshot()["s"]
    assert buckets == [("0.1", 2.0), ("1", 3.0), ("+Inf", 4.0)]
    assert round(total, 2) == 7.65


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    seen = Histogram((1,))
    seen.observe("s", 0.5)
    machine = SimpleNamespace(loop_lag_ms=1.0, cpu_percent=1.0, disk_free_bytes=1, queues={"bus": 0})
    scrape = _Scrape((), {}, (), {}, cast(Any, machine), 0, seen.snapshot(), seen.snapshot())
    told = set(re.findall(r"^# TYPE (\S+)", _text(scrape).decode(), re.MULTILINE))
    dashboard = json.loads((ROOT / "docs/grafana/ibe100.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"ibe100_\w+", target["expr"])
    }
    assert len(asked) > 8
    assert {name for name in asked if name not in told and name.removesuffix("_bucket") not in told} == set()
