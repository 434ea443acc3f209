"""Previews: keeps a process for each stream that is looked at, and what it saw and heard last.

Nothing here is in the way of a stream: it sends its copy whether or not anybody listens.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass

from ibe100.models.alarms.confidence import ConfidenceOptions, Picture, PictureSize, Preview, SoundLevels
from ibe100.models.errors import ProcessorError, StreamError
from ibe100.models.messages import (
    LevelsMeasured,
    Message,
    PictureTaken,
    PreviewChanged,
    StreamRemoved,
    StreamStateChanged,
)
from ibe100.models.stream_state import StreamState
from ibe100.preview.reports import MediaReport
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.signal_catalogue import CONTENT
from ibe100.services.pictures.content_watch import ContentWatch
from ibe100.services.pictures.preview_process import Hearing, PreviewListener, PreviewTask, run_preview
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.tsduck.stream_ports import within
from ibe100.utils.tasks import keep_running

LINGER_S = 5.0
"""Time for which a preview goes on after the last look: pages are changed back and forth."""
BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
GOOD_AFTER_S = 30.0
"""Time after which the end of a process is not counted as another failure on end."""
BETWEEN_STARTS_S = 0.1
"""Pause between two starts: a wall of streams does not start all its decoders in the same moment."""
JUDGE_S = 1.0
MOST_SOUND_WAITING = 50
"""Portions of 20 ms that may wait for one who listens."""
QUIET_S = 0.5
ON_AIR = frozenset({StreamState.STARTING, StreamState.RUNNING, StreamState.STALLED, StreamState.RETRYING})
OLD_RUN = "it was started by a version without previews; restart it to see it"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """State of a stream that is, or was a moment ago, looked at."""

    task: PreviewTask
    work: asyncio.Task[None]
    watch: ContentWatch
    media: MediaReport | None = None
    ending: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Latest:
    """Replaced as a whole, so that any thread may read it."""

    preview: Preview
    picture: Picture | None = None
    levels: SoundLevels | None = None


class PreviewService:
    """Lives on the loop; `picture`, `levels` and `preview` may be called from any thread."""

    def __init__(self, runs: Runs, publish: Callable[[Message], None], board: AlarmBoard) -> None:
        self._runs = runs
        self._publish = publish
        self._board = board
        self._wanted: dict[str, dict[str, PictureSize]] = {}
        self._watched: dict[str, _Watched] = {}
        self._works: dict[str, asyncio.Task[None]] = {}
        """The newest of each stream, also those that are ending."""
        self._latest: dict[str, _Latest] = {}
        self._hearing: dict[str, Hearing] = {}
        self._hearers: dict[str, list[asyncio.Queue[bytes]]] = {}
        """Queues of those who listen to a stream."""
        self._starting = asyncio.Lock()
        self._judging: asyncio.Task[None] | None = None

    async def watch(self, viewer: str, wanted: Mapping[str, PictureSize]) -> None:
        """From now on `viewer` looks at exactly these streams, and at no other; by `stream_id`."""
        before = self._wanted.pop(viewer, {})
        if wanted:
            self._wanted[viewer] = dict(wanted)
        for stream_id in before.keys() | wanted.keys():
            self._decide(stream_id)

    def preview(self, stream_id: str) -> Preview:
        """Say whether a preview is on, and what is the matter with it."""
        latest = self._latest.get(stream_id)
        return Preview(stream_id=stream_id) if latest is None else latest.preview

    def picture(self, stream_id: str) -> Picture | None:
        """Return the latest picture; `taken_at` tells how old it is."""
        latest = self._latest.get(stream_id)
        return None if latest is None else latest.picture

    def levels(self, stream_id: str) -> SoundLevels | None:
        """Return the latest levels."""
        latest = self._latest.get(stream_id)
        return None if latest is None else latest.levels

    async def listen(self, stream_id: str) -> AsyncGenerator[bytes, None]:
        """Yield the sound of what goes out: 16-bit stereo at 48 kHz, empty where none came for a while.

        Who falls behind misses some. It goes on over restarts of the stream until it is closed.
        """
        queue: asyncio.Queue[bytes] = asyncio.Queue(MOST_SOUND_WAITING)
        viewer = f"listener {id(queue)}"
        self._hearers.setdefault(stream_id, []).append(queue)
        self._hearing_of(stream_id).set(True)
        await self.watch(viewer, {stream_id: PictureSize.SMALL})
        try:
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), QUIET_S)
                except TimeoutError:
                    yield b""
        finally:
            self._hearers[stream_id].remove(queue)
            if not self._hearers[stream_id]:
                del self._hearers[stream_id]
                self._hearing_of(stream_id).set(False)
            await self.watch(viewer, {})

    def _hearing_of(self, stream_id: str) -> Hearing:
        return self._hearing.setdefault(stream_id, Hearing())

    def _sound(self, stream_id: str) -> Callable[[bytes], None]:
        def take(pcm: bytes) -> None:
            for queue in self._hearers.get(stream_id, ()):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(pcm)

        return take

    def open(self) -> None:
        """Begin to judge."""
        self._judging = keep_running(self._judge_again, "preview judge")

    async def close(self) -> None:
        """End every process."""
        works = list(self._works.values())
        if self._judging is not None:
            works.append(self._judging)
        for work in works:
            work.cancel()
        self._wanted.clear()
        self._watched.clear()
        await asyncio.gather(*works, return_exceptions=True)

    def hear(self, message: Message) -> None:
        """Take a message of the bus: streams come and go on air."""
        match message:
            case StreamStateChanged(stream=view):
                self._decide(view.stream_id)
            case StreamRemoved(stream_id=stream_id):
                self._decide(stream_id)
                self._latest.pop(stream_id, None)
                self._works.pop(stream_id, None)
                self._hearing.pop(stream_id, None)

    def _decide(self, stream_id: str) -> None:
        """Start, end or replace the process of a stream, as things stand."""
        task, why_not = self._task(stream_id)
        watched = self._watched.get(stream_id)
        if watched is not None and task == watched.task:
            if watched.ending is not None:
                watched.ending.cancel()
                watched.ending = None
            return
        if watched is not None and task is None and self._can_run(stream_id, watched):
            if watched.ending is None:
                loop = asyncio.get_running_loop()
                watched.ending = loop.call_later(LINGER_S, self._end, stream_id, watched)
            return
        if watched is not None and task is not None:
            self._replace(watched, task)
            return
        if watched is not None:
            self._end(stream_id, watched)
        if task is not None:
            self._begin(task, ContentWatch(time.monotonic()))
        elif why_not:
            self._show(stream_id, problem=why_not)

    def _can_run(self, stream_id: str, watched: _Watched) -> bool:
        """Say whether the process could go on if somebody looked."""
        task = self._possible(stream_id, watched.task.size)
        return task is not None and task == watched.task

    def _task(self, stream_id: str) -> tuple[PreviewTask | None, str]:
        """Find the task of a stream, or the reason why there is none; neither where nobody looks."""
        sizes = [wanted[stream_id] for wanted in self._wanted.values() if stream_id in wanted]
        run = self._run(stream_id)
        if run is None:
            return None, ""
        if not sizes and not run.view.config.confidence.is_watched:
            return None, ""
        size = PictureSize.LARGE if PictureSize.LARGE in sizes else PictureSize.SMALL
        task = self._possible(stream_id, size)
        is_old = task is None and run.view.state in ON_AIR and run.record is not None
        return task, OLD_RUN if is_old else ""

    def _possible(self, stream_id: str, size: PictureSize) -> PreviewTask | None:
        run = self._run(stream_id)
        if run is None or run.record is None or run.view.state not in ON_AIR or not run.record.ports.tap:
            return None
        port = within(run.record.ports.tap, run.link.stream_dir)
        return PreviewTask(stream_id, port, run.record.plan.service_id, size)

    def _run(self, stream_id: str) -> StreamRun | None:
        try:
            return self._runs.run_of(stream_id)
        except StreamError:
            return None

    def _replace(self, watched: _Watched, task: PreviewTask) -> None:
        """Replace a process by one of another size, or run: black and silence that stand go on standing."""
        if watched.ending is not None:
            watched.ending.cancel()
        watched.work.cancel()
        self._begin(task, watched.watch)

    def _begin(self, task: PreviewTask, watch: ContentWatch) -> None:
        before = self._works.get(task.stream_id)
        work = keep_running(lambda: self._keep_running(task, before), f"preview of {task.stream_id}")
        self._works[task.stream_id] = work
        self._watched[task.stream_id] = _Watched(task, work, watch)
        self._show(task.stream_id, is_on=True, problem="")

    def _end(self, stream_id: str, watched: _Watched) -> None:
        if watched.ending is not None:
            watched.ending.cancel()
        watched.work.cancel()
        if self._watched.get(stream_id) is watched:
            del self._watched[stream_id]
            self._board.clear_later(stream_id, CONTENT)
            self._show(stream_id, is_on=False, problem="")

    async def _keep_running(self, task: PreviewTask, before: asyncio.Task[None] | None) -> None:
        """Run until cancelled; a process that ends is started again after a while.

        `before` is the stream's last work: its process holds the port until it is gone.
        """
        if before is not None:
            await asyncio.wait({before})
        listener = PreviewListener(
            self._picture_taken, self._levels_measured, self._media(task), self._sound(task.stream_id)
        )
        failures = 0
        while True:
            async with self._starting:
                await asyncio.sleep(BETWEEN_STARTS_S)
            began_s = time.monotonic()
            try:
                words = await run_preview(task, listener, self._hearing_of(task.stream_id))
            except ProcessorError as error:
                words = str(error)
            failures = 0 if time.monotonic() - began_s > GOOD_AFTER_S else failures + 1
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if failures else BACKOFF_S[0]
            _log.warning("preview of %s: %s; again in %g s", task.stream_id, words, pause_s)
            watched = self._watched.get(task.stream_id)
            if watched is not None and watched.task == task:
                # What is not looked at is not judged: a preview that fails raises no alarm.
                watched.media, watched.watch = None, ContentWatch(time.monotonic())
            self._show(task.stream_id, problem=words)
            await asyncio.sleep(pause_s)

    def _picture_taken(self, picture: Picture) -> None:
        watched = self._watched.get(picture.stream_id)
        if watched is None:
            return
        if self._options_of(picture.stream_id) is not None:
            watched.watch.see(picture)
        self._latest_of(picture.stream_id).picture = picture
        self._publish(PictureTaken(picture=picture))

    def _levels_measured(self, levels: SoundLevels) -> None:
        watched = self._watched.get(levels.stream_id)
        if watched is None:
            return
        options = self._options_of(levels.stream_id)
        if options is not None:
            watched.watch.hear(levels, options.silence_dbtp)
        self._latest_of(levels.stream_id).levels = levels
        self._publish(LevelsMeasured(levels=levels))

    def _media(self, task: PreviewTask) -> Callable[[MediaReport], None]:
        def take(media: MediaReport) -> None:
            watched = self._watched.get(task.stream_id)
            if watched is not None and watched.task == task:
                watched.media = media
                self._show(task.stream_id, video=media.video, audio=media.audio, problem=media.problem)

        return take

    def _options_of(self, stream_id: str) -> ConfidenceOptions | None:
        """Options by which a stream is judged; None where it is not."""
        run = self._run(stream_id)
        if run is None or not run.view.config.confidence.is_watched:
            return None
        return run.view.config.confidence

    async def _judge_again(self) -> None:
        while True:
            await asyncio.sleep(JUDGE_S)
            for stream_id, watched in tuple(self._watched.items()):
                self._judge_one(stream_id, watched)

    def _judge_one(self, stream_id: str, watched: _Watched) -> None:
        run, options, media = self._run(stream_id), self._options_of(stream_id), watched.media
        # Without packets there is nothing to judge: that is told by the stream itself.
        if run is None or run.view.state.is_ended or options is None or media is None or not media.receiving:
            return
        if media.behind:
            watched.watch.excuse(time.monotonic())
        judgements = watched.watch.judge(
            options,
            time.monotonic(),
            has_video=bool(media.video) and media.shows_video,
            has_audio=bool(media.audio) and media.plays_audio,
        )
        self._board.judge_later(stream_id, run.name, judgements)

    def _latest_of(self, stream_id: str) -> _Latest:
        return self._latest.setdefault(stream_id, _Latest(Preview(stream_id=stream_id)))

    def _show(self, stream_id: str, **changes: object) -> None:
        latest = self._latest_of(stream_id)
        preview = latest.preview.model_copy(update=changes)
        if preview != latest.preview:
            latest.preview = preview
            self._publish(PreviewChanged(preview=preview))
