"""Clips of what was on air: recorded beside the streams, cut around cues and alarms, kept within a quota."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Collection
from pathlib import Path

from ibe100.database.database import Database
from ibe100.models.alarms.alarm import Alarm, AlarmFilter, AlarmState, Severity
from ibe100.models.clips.clip import Clip, ClipBundle, ClipQuery, ClipUse, RecordingState
from ibe100.models.clips.plan import ClipPlan
from ibe100.models.cues.as_run import AsRunLog
from ibe100.models.errors import StorageError, StreamError
from ibe100.models.messages import AlarmChanged, CueChanged, Message, StreamRemoved
from ibe100.models.scte35_marker import Cue
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import CLIPS_NOT_RECORDED
from ibe100.services.alarms.rule import true_if
from ibe100.services.clips.bundle import bundle_of
from ibe100.services.clips.clip_folder import (
    FROM_DISK,
    RINGS,
    clip_path,
    make_folder,
    missing,
    remove_parts,
    remove_rings,
    to_remove,
    use_of,
)
from ibe100.services.clips.cutting import Cut, NothingRecorded, cut, newest_at
from ibe100.services.clips.jobs import Job, RecordedStream, job_of_alarm, job_of_cue
from ibe100.services.clips.recorders import Recorders, sides_of
from ibe100.services.history.as_run_log import AsRunService
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_facts import Fact
from ibe100.services.streams.runner_samples import RecorderState, Sample
from ibe100.utils.tasks import keep_running

FOLDER = "clips"
"""In the data folder, unless the settings name another."""
TICK_S = 1.0
SWEEP_S = 60.0
LATE_S = 6.0
"""The ring is waited for so long after the end of a clip: a slow disk is behind."""
AGAIN_S = 5.0
"""After a clip that could not be written; it is tried for as long as the ring holds it."""
SAME_ALARM_S = 60.0
"""A condition that comes and goes has one clip in this time."""
MOST_JOBS = 200

_log = logging.getLogger(__name__)


class ClipService:
    """Lives on the loop; the disk is read and written in threads, one clip at a time."""

    def __init__(
        self,
        storage: Database,
        runs: Runs,
        board: AlarmBoard,
        data_dir: Path,
        plan: ClipPlan,
        as_run: AsRunService,
    ) -> None:
        self._storage = storage
        self._runs = runs
        self._board = board
        self._data_dir = data_dir
        self._plan = plan
        self._as_run = as_run
        self._host = socket.gethostname()
        self._recorders = Recorders(self.folder / RINGS)
        self._jobs: dict[str, Job] = {}
        self._made: dict[str, float] = {}
        """Keys of the jobs that were done or begun lately, with the times of their middles."""
        self._again_at: dict[str, float] = {}
        self._cut_trouble: dict[str, str] = {}
        self._folder_trouble = ""
        self._judged: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def folder(self) -> Path:
        """Folder of the clips."""
        return self._plan.folder or self._data_dir / FOLDER

    async def open(self) -> None:
        """Record and cut from now on; what aired while no console was there is cut if it is still held."""
        await asyncio.to_thread(remove_parts, self.folder)
        since = time.time() - self._plan.ring_s
        for clip in await self._storage.clips.centred_since(since - self._plan.ring_s):
            key = f"cue-{clip.cue_id}" if clip.cue_id is not None else f"alarm-{clip.alarm_id}"
            self._made[key] = clip.centre_at
        for cue in await self._storage.cues.recent(limit=MOST_JOBS):
            if cue.requested_at > since - self._plan.ring_s:
                self._take_cue(cue)
        for alarm in await self._storage.alarms.list(AlarmFilter(severity=Severity.CRITICAL, since=since)):
            self._take_alarm(alarm)
        self._tasks = [keep_running(self._tick, "clips"), keep_running(self._work, "clip cutter")]

    async def close(self) -> None:
        """Cut no more; the recorders go on with their streams."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set_plan(self, plan: ClipPlan) -> None:
        """Change lengths, quotas and what is recorded, at once."""
        self._plan = plan
        self._recorders.rings = self.folder / RINGS

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Facts become cues, and are heard of as such."""

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Take what a recorder says."""
        if isinstance(sample, RecorderState):
            self._recorders.heard(run.stream_id, sample)

    def hear(self, message: Message) -> None:
        """Take a message of the bus: a cue aired, an alarm was raised, a stream was deleted."""
        match message:
            case CueChanged(cue=cue) if cue.state.has_aired:
                self._take_cue(cue)
            case AlarmChanged(alarm=alarm):
                self._take_alarm(alarm)
            case StreamRemoved(stream_id=stream_id):
                self._recorders.forget(stream_id)

    async def list(self, query: ClipQuery = ClipQuery()) -> tuple[Clip, ...]:
        """Clips on record, the newest first. Raises StorageError."""
        return await self._storage.clips.list(query)

    async def file(self, clip_id: int) -> Path:
        """The file of a clip on this machine. Raises StorageError with the reason where there is none."""
        clip = await self._storage.clips.get(clip_id)
        if clip is None:
            raise StorageError(f"there is no clip {clip_id}")
        if not clip.is_kept:
            raise StorageError(f"clip {clip_id}: {clip.words}")
        if clip.host != self._host:
            raise StorageError(f"clip {clip_id} is on the disk of {clip.host}")
        path = Path(clip.file)
        if not await asyncio.to_thread(path.is_file):
            raise StorageError(f"the file of clip {clip_id} is gone: {path}")
        return path

    async def export(self, log: AsRunLog, path: Path) -> ClipBundle:
        """Write the log of a day with the clips of its cues and alarms as a ZIP archive.

        Raises StorageError.
        """
        return await bundle_of(log, self._as_run, self._storage.clips.list, self._host, path)

    async def use(self) -> ClipUse:
        """Disk space of the clips."""
        kept = await self._storage.clips.kept(self._host)
        return await asyncio.to_thread(use_of, self.folder, kept)

    def recording(self) -> tuple[RecordingState, ...]:
        """How the recording of each stream stands."""
        return tuple(
            RecordingState(
                stream_id=view.stream_id,
                is_wanted=bool(sides_of(view.config, self._plan)),
                trouble=self._trouble(self._runs.run_of(view.stream_id)),
                lost_packets=self._recorders.lost_packets(view.stream_id),
            )
            for view in self._runs.streams()
        )

    def _stream(self, stream_id: str) -> RecordedStream | None:
        """The stream as it is recorded; None where it is not."""
        try:
            run = self._runs.run_of(stream_id)
        except StreamError:
            return None
        sides = sides_of(run.entry.config, self._plan)
        service_id = None if run.record is None else run.record.plan.service_id
        return RecordedStream(stream_id, run.name, service_id, sides) if sides else None

    def _take_cue(self, cue: Cue) -> None:
        stream = self._stream(cue.stream_id)
        job = None if stream is None else job_of_cue(cue, stream, self._plan)
        if job is not None:
            self._take(job)

    def _take_alarm(self, alarm: Alarm) -> None:
        is_news = alarm.state is AlarmState.UNACKNOWLEDGED and alarm.cleared_at is None
        if not (self._plan.alarms and is_news and alarm.severity is Severity.CRITICAL and alarm.stream_id):
            return
        stream = self._stream(alarm.stream_id)
        if stream is None:
            return
        condition = f"{alarm.stream_id} {alarm.condition}"
        if abs(alarm.raised_at - self._made.get(condition, 0.0)) < SAME_ALARM_S:
            return
        self._made[condition] = alarm.raised_at
        self._take(job_of_alarm(alarm, stream, self._plan))

    def _take(self, job: Job) -> None:
        if job.key in self._made or job.ends_at < time.time() - 2 * self._plan.ring_s:
            return
        if len(self._jobs) >= MOST_JOBS:
            _log.error("no clip of %s: %d wait to be cut", job.subject, len(self._jobs))
            return
        self._made[job.key] = job.centre_at
        self._jobs[job.key] = job

    async def _tick(self) -> None:
        """Tell the runners what to record, judge what they say, and keep the quota."""
        swept_s = float("-inf")
        while True:
            await self._keep_folder()
            views = self._runs.streams()
            for view in views:
                run = self._runs.run_of(view.stream_id)
                await self._recorders.order(run, self._plan)
                trouble = self._trouble(run)
                if trouble or view.stream_id in self._judged:
                    self._judged.add(view.stream_id)
                    self._board.judge_later(run.stream_id, run.name, {CLIPS_NOT_RECORDED: true_if(trouble)})
            if time.monotonic() - swept_s > SWEEP_S:
                swept_s = time.monotonic()
                await self._sweep()
            await asyncio.sleep(TICK_S)

    def _trouble(self, run: StreamRun) -> str:
        if not sides_of(run.entry.config, self._plan):
            return ""
        return (
            self._folder_trouble
            or self._cut_trouble.get(run.stream_id, "")
            or self._recorders.trouble(run, self._plan)
        )

    async def _keep_folder(self) -> None:
        """Make the folder again where it was deleted; only where something is recorded."""
        if not any(sides_of(view.config, self._plan) for view in self._runs.streams()):
            return
        try:
            await asyncio.to_thread(make_folder, self.folder)
            self._folder_trouble = ""
        except StorageError as error:
            self._folder_trouble = str(error)

    async def _sweep(self) -> None:
        now = time.time()
        kept = await self._storage.clips.kept(self._host)
        for clip in await asyncio.to_thread(missing, kept):
            await self._storage.clips.removed(clip.clip_id, now, FROM_DISK)
        await self._keep_quota(kept)
        on_air = {view.stream_id for view in self._runs.streams() if view.state.is_active}
        await asyncio.to_thread(remove_rings, self.folder / RINGS, on_air)
        self._made = {key: at for key, at in self._made.items() if at > now - 4 * self._plan.ring_s}

    async def _keep_quota(self, kept: Collection[Clip]) -> None:
        for clip, why in to_remove(tuple(kept), self._plan, time.time()):
            try:
                await asyncio.to_thread(Path(clip.file).unlink, missing_ok=True)
            except OSError as error:
                _log.warning("clip %s cannot be removed: %s", clip.file, error.strerror)
                continue
            await self._storage.clips.removed(clip.clip_id, time.time(), why)

    async def _work(self) -> None:
        while True:
            for key, job in tuple(self._jobs.items()):
                if await self._is_due(job) and await self._do(job):
                    del self._jobs[key]
                    self._again_at.pop(key, None)
            await asyncio.sleep(TICK_S / 2)

    async def _is_due(self, job: Job) -> bool:
        now = time.time()
        if now < max(job.ends_at, self._again_at.get(job.key, 0.0)):
            return False
        if now > job.ends_at + LATE_S:
            return True
        rings = [self._recorders.rings / job.stream_id / side for side in job.sides]
        times = [await asyncio.to_thread(newest_at, ring) for ring in rings]
        return all(at >= job.ends_at for at in times)

    async def _do(self, job: Job) -> bool:
        """Cut a clip of each side; False where the disk refuses and it can be tried again."""
        on_record = await self._storage.clips.list(ClipQuery(cue_id=job.cue_id, alarm_id=job.alarm_id))
        done = {clip.side for clip in on_record}
        for side in job.sides:
            if side in done:
                continue
            clip = Clip(
                stream_id=job.stream_id,
                stream_name=job.stream_name,
                side=side,
                cue_id=job.cue_id,
                alarm_id=job.alarm_id,
                subject=job.subject,
                centre_at=job.centre_at,
                made_at=time.time(),
                host=self._host,
            )
            path = clip_path(self.folder, job.stream_id, job.key, job.centre_at, side)
            ring = self._recorders.rings / job.stream_id / side
            try:
                made = await asyncio.to_thread(self._cut, ring, job, path)
            except NothingRecorded as reason:
                clip = clip.model_copy(update={"incomplete": str(reason)})
            except OSError as error:
                reason_words = f"the disk refused it: {error.strerror or error}"
                self._cut_trouble[job.stream_id] = reason_words
                if time.time() < job.begins_at + self._plan.ring_s:
                    self._again_at[job.key] = time.time() + AGAIN_S
                    return False
                clip = clip.model_copy(update={"incomplete": reason_words})
            else:
                self._cut_trouble.pop(job.stream_id, None)
                clip = clip.model_copy(
                    update={
                        "file": str(path),
                        "starts_at": made.starts_at,
                        "ends_at": made.ends_at,
                        "size": made.size,
                        "sha256": made.sha256,
                        "lost_packets": made.lost_packets,
                        "incomplete": made.incomplete,
                    }
                )
            await self._storage.clips.add(clip)
        await self._keep_quota(await self._storage.clips.kept(self._host))
        return True

    def _cut(self, ring: Path, job: Job, path: Path) -> Cut:
        room = self._plan.keep_free_mb << 20
        return cut(ring, job.begins_at, job.ends_at, path, job.service_id, room)
