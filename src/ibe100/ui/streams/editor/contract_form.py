"""Contract of a stream: which one, what it asks, and what the linter finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.cues.contract import Contract, ContractFinding, Severity
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.words.tooltips import set_tooltip

NO_CONTRACT = "none"
MARKS = {Severity.BREACH: "▲ breach", Severity.WARNING: "▲ warning", Severity.NOTE: "· note"}
EDITOR_FIELDS = {
    "scte35_pid": "scte35.pid",
    "event_id_first": "scte35.event_id_first",
    "duration_default_s": "scte35.break_duration_s",
    "auto_return": "scte35.auto_return",
    "unique_program_id": "scte35.unique_program_id",
    "pre_roll_min_s": "scte35.start_delay_ms",
    "repeats": "scte35.inject_count",
    "repeat_interval_ms": "scte35.inject_interval_ms",
    "srt": "output.kind",
    "service_id": "service_id",
}
"""Field of the stream editor where a finding about a field of the contract is corrected."""


def by_editor_field(findings: Iterable[ContractFinding]) -> dict[str, str]:
    """First finding about each field of the editor, in a few words."""
    found: dict[str, str] = {}
    for finding in findings:
        key = EDITOR_FIELDS.get(finding.field)
        if key is not None:
            found.setdefault(key, f"contract asks {finding.asked}; {finding.what_to_do}")
    return found


def correctable(findings: Iterable[ContractFinding]) -> set[str]:
    """Keys of the cue options in the editor that a contract sets by itself."""
    keys = (EDITOR_FIELDS.get(finding.field, "") for finding in findings)
    return {key for key in keys if key.startswith("scte35.")}


def _verdict(findings: Sequence[ContractFinding]) -> str:
    counted = Counter(finding.severity for finding in findings)
    words = {Severity.BREACH: "breach", Severity.WARNING: "warning", Severity.NOTE: "note"}
    return ", ".join(
        f"{counted[severity]} {noun}{'' if counted[severity] == 1 else 'es' if noun == 'breach' else 's'}"
        for severity, noun in words.items()
        if counted[severity]
    )


class ContractForm(QWidget):
    """Choice of a contract; `chosen` with the Contract or None, which the editor applies to its fields."""

    chosen = pyqtSignal(object)
    correction_requested = pyqtSignal()
    """Set the fields that differ as the contract asks."""

    def __init__(self, current: Contract | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Contract")
        self.choice.setMinimumContentsLength(18)
        self.choice.addItem(NO_CONTRACT, None)
        if current is not None:
            self.choice.addItem(current.name, current)
            self.choice.setCurrentIndex(1)
        self.description = label("" if current is None else current.description, "muted", wrap=True)
        self.findings = label("", "muted", wrap=True)
        self.findings.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        scaled(self._scroll.setMinimumHeight, 40)
        scaled(self._scroll.setMaximumHeight, 96)
        self._scroll.setAccessibleName("What differs from the contract")
        self._scroll.setWidget(self.findings)
        head = QHBoxLayout()
        head.addWidget(label("Contract", "title"))
        head.addWidget(self.choice, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.description)
        self.verdict = label("", "strong", wrap=True)
        self.correct = push_button("", auto_default=False)
        self.correct.clicked.connect(self.correction_requested)
        self.correct.hide()
        verdict = QHBoxLayout()
        verdict.addWidget(self.verdict, 1)
        verdict.addWidget(self.correct)
        layout.addLayout(verdict)
        layout.addWidget(self._scroll)
        self.choice.currentIndexChanged.connect(self._chosen)
        self.show_findings(None)

    @property
    def contract(self) -> Contract | None:
        """The chosen contract."""
        contract = self.choice.currentData()
        return contract if isinstance(contract, Contract) else None

    def offer(self, templates: Sequence[Contract]) -> None:
        """Offer more contracts; the present one stays chosen."""
        known = {self.choice.itemText(at) for at in range(self.choice.count())}
        for template in templates:
            if template.name not in known:
                self.choice.addItem(template.name, template)

    def show_findings(self, findings: Sequence[ContractFinding] | None) -> None:
        """Show what differs, breaches first; None while the fields are not valid."""
        self._scroll.setVisible(self.contract is not None)
        self.verdict.setVisible(self.contract is not None and bool(findings))
        self.verdict.setText(_verdict(findings or ()))
        self.description.setVisible(self.contract is not None)
        if findings is None:
            self.findings.setText("Checked against the contract once the fields are valid.")
            set_kind(self.findings, "muted")
            return
        lines = [f"{MARKS[finding.severity]}: {finding.words}" for finding in findings]
        self.findings.setText("\n".join(lines) or "✓ The stream meets the contract, as far as it was probed.")
        is_broken = any(finding.severity is not Severity.NOTE for finding in findings)
        set_kind(self.findings, "problem" if is_broken else "muted")

    def offer_correction(self, titles: Sequence[str]) -> None:
        """Offer to set these fields as the contract asks; none hides the offer."""
        self.correct.setVisible(bool(titles))
        noun = "field" if len(titles) == 1 else "fields"
        self.correct.setText(f"Set {len(titles)} {noun} as it asks")
        self.correct.setAccessibleName(f"Set as the contract asks: {', '.join(titles)}")
        set_tooltip(self.correct, ", ".join(titles))

    def _chosen(self) -> None:
        contract = self.contract
        self.description.setText("" if contract is None else contract.description)
        self.chosen.emit(contract)
