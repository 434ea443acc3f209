"""Pacemaker's own words: nodes, quorum, and whether a lost host is fenced."""

from __future__ import annotations

import pytest

from ibe100.services.cluster.pacemaker import read_state

DOCUMENT = """<pacemaker-result api-version="2.25"><summary>
<current_dc present="true" version="2.1.5-a3f44794f94" name="tx1" with_quorum="{quorum}"/>
<cluster_options stonith-enabled="{stonith}" no-quorum-policy="freeze"/></summary>
<nodes><node name="tx1" online="true" standby="false" maintenance="false" unclean="false"/>
<node name="tx2" online="true" standby="true" maintenance="false" unclean="false"/>
<node name="tx3" online="false" standby="false" maintenance="false" unclean="true"/>
<node name="tx4" online="false" standby="false" maintenance="false" unclean="false"/></nodes>
<resources>{device}<resource id="stream-news" resource_agent="ocf::ibe100:ibe100-stream" active="true"
failed="false"/></resources></pacemaker-result>"""
DEVICE = '<resource id="fence" resource_agent="stonith:fence_ipmilan" active="{}" failed="{}"/>'


def document(
    quorum: str = "true", stonith: str = "true", device: str = DEVICE.format("true", "false")
) -> str:
    return DOCUMENT.format(quorum=quorum, stonith=stonith, device=device)


def test_a_whole_cluster() -> None:
    state = read_state(document())
    assert (state.name, state.has_quorum, state.no_fencing) == ("Pacemaker 2.1.5", True, "")
    assert dict(state.nodes) == {"tx1": "online", "tx2": "standby", "tx3": "unclean", "tx4": "offline"}
    assert not read_state(document(quorum="false")).has_quorum


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (document(stonith="false"), "fencing is off"),
        (document(device=""), r"no fencing device works \(0 are set up\)"),
        (document(device=DEVICE.format("false", "false")), r"no fencing device works \(1 are set up\)"),
        (document(device=DEVICE.format("true", "true")), r"no fencing device works \(1 are set up\)"),
        ("crm_mon: not connected", "is not understood"),
    ],
)
def test_without_fencing_it_says_why(text: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        assert not read_state(text).no_fencing, read_state(text).no_fencing
