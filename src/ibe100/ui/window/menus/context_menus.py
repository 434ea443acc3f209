"""Context menus of the window, built from the catalogue of actions: streams, alarms, plots, PIDs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QAbstractScrollArea, QApplication, QMenu, QWidget

from ibe100.models.messages import StreamView
from ibe100.models.stream_config import describe_input, received_inputs
from ibe100.models.stream_list import ManyAct
from ibe100.models.stream_state import Tally
from ibe100.ui.dashboard.stream_card import StreamCard
from ibe100.ui.monitoring.metrics_panel import MetricsPanel
from ibe100.ui.pictures.multiview_tile import MultiviewTile
from ibe100.ui.widgets.context_menu import Choice, Entry, add_context_menu, menu_of
from ibe100.ui.widgets.name_question import NameQuestion
from ibe100.ui.window.menus.many_question import ManyQuestion
from ibe100.ui.window.parts import Parts

DRILL_S = 30.0
IN_BREAK = frozenset({Tally.ARMED, Tally.IN_BREAK})


class ContextMenus:
    """Adds the menus; a menu over a stream chooses that stream first, as a click does."""

    def __init__(self, window: QWidget, parts: Parts) -> None:
        self._window, self._parts = window, parts
        self.question: ManyQuestion | None = None
        view = parts.multiview_controller.view
        add_context_menu(parts.stream_panel.list, lambda _place: self._of_list())
        add_context_menu(parts.dashboard.cards, self._of_widget(parts.dashboard.cards, StreamCard))
        add_context_menu(view, self._of_widget(view, MultiviewTile))
        add_context_menu(parts.alarm_panel.table, lambda _place: self._of_alarm())
        add_context_menu(parts.monitoring.pids, lambda _place: self._of_pids())
        for plots in (parts.monitoring.plots, parts.history.sessions.plots):
            add_context_menu(plots.area, partial(self._of_plot, plots))

    def ask_many(self, act: ManyAct, stream_ids: Sequence[str], of_what: str) -> None:
        """List what an act would do to these streams, and do it once the button was held."""
        rows = [self._parts.state.streams.row_of(stream_id) for stream_id in stream_ids]
        views = [row.view for row in rows if row is not None]
        self.question = question = ManyQuestion(act, views, of_what, self._window)
        question.confirmed.connect(self._parts.stream_controller.do_to_many)
        question.open()

    def ask_all(self, act: ManyAct) -> None:
        """Ask about all streams of the list."""
        rows = self._parts.state.streams.rows()
        self.ask_many(act, [row.stream_id for row in rows], "in the list")

    def _of_list(self) -> list[Entry]:
        chosen = self._parts.stream_panel.selected_ids()
        return self._of_many(chosen) if len(chosen) > 1 else self._of_stream()

    def _of_widget(
        self, area: QWidget, kind: type[StreamCard | MultiviewTile]
    ) -> Callable[[QPoint], list[Entry]]:
        def entries(place: QPoint) -> list[Entry]:
            over = _over(area, place, kind)
            if over is None:
                return []
            self._parts.stream_panel.select(over.stream_id)
            return self._of_stream()

        return entries

    def _of_stream(self) -> list[Entry]:
        """Entries of the selected stream; those of the list where there is none."""
        parts, named = self._parts, self._parts.actions
        row = parts.stream_panel.current()
        whole: list[Entry] = [
            named["add"],
            named["paste"],
            named["deleted_streams"],
            None,
            *self._all_of("", [one.view for one in parts.state.streams.rows()]),
        ]
        if row is None:
            return whole
        view = row.view
        entries: list[Entry] = [named["run"], named["restart"]]
        if view.tally in IN_BREAK:
            controller = parts.stream_controller
            entries.append(
                Choice("Restart after the break", lambda: controller.restart_after_break(view.stream_id))
            )
        if view.state.may_retry:
            entries.append(named["retry"])
        entries += self._inputs(view)
        group = view.config.group
        entries += [
            *(named["pin"], named["listen"], None),
            *(named["edit"], named["duplicate"], self._group_menu([view]), named["remove"], None),
        ]
        if group:
            rows = parts.state.streams.rows()
            entries += self._all_of(group, [one.view for one in rows if one.view.config.group == group])
        return [*entries, *whole]

    def _inputs(self, view: StreamView) -> list[Entry]:
        """Entries of a stream on air that has several inputs."""
        inputs = received_inputs(view.config.input)
        if len(inputs) < 2 or not view.state.is_active:
            return []
        controller, stream_id = self._parts.stream_controller, view.stream_id
        menu = QMenu("Input", self._window)
        for number, one in enumerate(inputs, 1):
            words = f"{number}: {describe_input(one)}"
            menu.addAction(f"Go to {words}", partial(controller.go_to_input, stream_id, number))
            menu.addAction(f"Hold {words}", partial(controller.go_to_input, stream_id, number, hold=True))
        menu.addSeparator()
        drill = partial(controller.go_to_input, stream_id, 2, for_s=DRILL_S)
        menu.addAction(f"Drill: input 2 for {DRILL_S:.0f} s and back", drill)
        menu.addAction("By the rules again", partial(controller.follow_input_rules, stream_id))
        return [menu]

    def _all_of(self, group: str, views: Sequence[StreamView]) -> list[Entry]:
        of_what = f"of group {group}" if group else "in the list"
        return [
            Choice(
                f"{act.value.capitalize()} all {of_what}…",
                lambda act=act: self.ask_many(act, [view.stream_id for view in views], of_what),  # type: ignore[misc]
            )
            for act in (ManyAct.START, ManyAct.STOP)
        ]

    def _of_many(self, stream_ids: Sequence[str]) -> list[Entry]:
        rows = [self._parts.state.streams.row_of(stream_id) for stream_id in stream_ids]
        views = [row.view for row in rows if row is not None]
        refusal = self._parts.actions.refusal("remove")
        choices: list[Entry] = [
            Choice(
                f"{act.value.capitalize()} {len(views)} streams…",
                lambda act=act: self.ask_many(act, stream_ids, "that are chosen"),  # type: ignore[misc]
                refusal if act is ManyAct.DELETE else "",
            )
            for act in ManyAct
        ]
        return [*choices, None, self._group_menu(views)]

    def _group_menu(self, views: Sequence[StreamView]) -> QMenu:
        ids, group = [view.stream_id for view in views], self._parts.stream_controller.group
        rows = self._parts.state.streams.rows()
        names = sorted({row.view.config.group for row in rows} - {""}, key=str.casefold)
        refusal = self._parts.actions.refusal("edit")

        def ask_name() -> None:
            question = NameQuestion(
                "Put into a group", "Put", tuple(names), own=True, thing="group", parent=self._window
            )
            question.answered.connect(lambda name: group(ids, name))
            question.open()

        entries: list[Entry] = [
            Choice(name, lambda name=name: group(ids, name), refusal)  # type: ignore[misc]
            for name in names
        ]
        entries += [
            Choice("New group…", ask_name, refusal),
            Choice("No group", lambda: group(ids, ""), refusal),
        ]
        menu = menu_of(entries, self._window)
        menu.setTitle("Group")
        return menu

    def _of_alarm(self) -> list[Entry]:
        named, panel = self._parts.actions, self._parts.alarm_panel
        alarm = panel.chosen()
        entries: list[Entry] = [named["acknowledge"], named["acknowledge_page"], named["shelve"], None]
        if alarm is not None and alarm.stream_id:
            select = self._parts.stream_panel.select
            entries.append(Choice(f"Select {alarm.stream_name}", lambda: select(alarm.stream_id)))
        if alarm is not None:
            entries.append(
                Choice("Copy the alarm", lambda: _copy(f"{alarm.title}: {alarm.value}. {alarm.what_to_do}"))
            )
        return [*entries, None, named["alarm_history"], named["alarm_rules"], named["notifications"]]

    def _of_pids(self) -> list[Entry]:
        tree = self._parts.monitoring.pids
        item = tree.currentItem()
        if item is None:
            return []
        row = [item.text(column) for column in range(tree.columnCount())]
        return [
            Choice(f"Copy {row[0]}", lambda: _copy(row[0])),
            Choice("Copy the row", lambda: _copy("\t".join(row))),
            None,
            Choice("Unfold all", tree.expandAll),
            Choice("Fold all", tree.collapseAll),
        ]

    def _of_plot(self, plots: MetricsPanel, _place: QPoint) -> list[Entry]:
        stack = plots.area.stack
        why = "" if stack is not None else "nothing is plotted"
        return [
            Choice("Whole range (Home)", lambda: stack.home_requested.emit() if stack else None, why),
            None,
            Choice(
                "Export as CSV…", plots.csv.click, "" if plots.csv.isEnabled() else "no curve of one stream"
            ),
            Choice(
                "Export as picture…", plots.png.click, "" if plots.png.isEnabled() else "nothing is plotted"
            ),
            Choice("List of events", plots.list.click),
        ]


def _over(
    area: QWidget, place: QPoint, kind: type[StreamCard | MultiviewTile]
) -> StreamCard | MultiviewTile | None:
    base = area.viewport() if isinstance(area, QAbstractScrollArea) else area
    found = None if base is None else base.childAt(place)
    while found is not None and not isinstance(found, kind):
        found = found.parentWidget()
    return found


def _copy(text: str) -> None:
    clipboard = QApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
