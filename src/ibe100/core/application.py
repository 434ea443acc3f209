"""Composition root: the one place that wires services, opens and closes them in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from ibe100.core.config import AppConfig, settings_files
from ibe100.core.event_bus import EventBus, Subscription
from ibe100.core.folders import Folders, resolve
from ibe100.core.in_process import InProcess
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.logger import Logging
from ibe100.core.records.address import server_of
from ibe100.core.records.anchors import open_records
from ibe100.core.records.keys import known_keys, make_signing_key, record_keys, signing_key
from ibe100.core.recovery import keep_used_ids, recover
from ibe100.core.restore import finish_restore, loader, restore_as_wanted
from ibe100.core.secrets import SecretStore
from ibe100.core.settings_edit import SettingsEdit
from ibe100.core.settings_reload import SettingsReload, SettingsSource
from ibe100.core.support.support import Support
from ibe100.database.database import Database
from ibe100.database.metrics_store import MetricsStore
from ibe100.models.errors import ConfigurationError, StreamError
from ibe100.models.messages import Message, NoticePosted, streams_of
from ibe100.models.records.keys import RecordKeys
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_config import Scte35Options
from ibe100.services.access.access_service import AccessService
from ibe100.services.access.console_session import ConsoleSession
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import EMERGENCY_KEY
from ibe100.services.alarms.notification_service import NotificationService
from ibe100.services.alarms.rule import true_if
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.backup.backup_service import FOLDER as BACKUPS
from ibe100.services.backup.backup_service import BackupService
from ibe100.services.backup.kept_backups import KeptBackups
from ibe100.services.clips.clip_service import ClipService
from ibe100.services.cluster.cluster_service import ClusterParts, ClusterService
from ibe100.services.contracts.contract_service import CONTRACTS_FILE, ContractService
from ibe100.services.cues.idempotency import CueOnce
from ibe100.services.cues.input_cues import InputCues
from ibe100.services.cues.presets import CuePresets
from ibe100.services.history.as_run_log import AsRunService
from ibe100.services.history.metrics_csv import MetricsCsv
from ibe100.services.history.metrics_recorder import MetricsRecorder
from ibe100.services.history.stream_events import StreamEvents
from ibe100.services.hooks.hook_service import HookService
from ibe100.services.machine.watch import Backlog, MachineWatch
from ibe100.services.monitoring_service import MonitoringService
from ibe100.services.pictures.preview_service import PreviewService
from ibe100.services.profile_service import ProfileService
from ibe100.services.return_feed.alarms import ReturnFeedAlarms
from ibe100.services.return_feed.return_feed_service import ReturnFeedService
from ibe100.services.schedule.schedule_service import ScheduleService
from ibe100.services.scte35_service import SCTE35Service
from ibe100.services.stream_service import StreamService
from ibe100.services.streams.files.media_folders import MediaFolders
from ibe100.services.streams.inputs.input_switching import InputSwitching
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.tsduck_service import TSDuckService
from ibe100.services.watches.feed import AlarmFeed
from ibe100.utils.descriptors import allow_many
from ibe100.utils.lasting_heap import lasting_heap
from ibe100.utils.places import Place, Places
from ibe100.utils.timecode import format_clock

SECONDS_PER_DAY = 86_400
CUE_PRESETS_FILE = "cue_presets.json"
ALARM_RULES_FILE = "alarm_settings.json"
MEDIA_FOLDERS_FILE = "media_folders"
"""Both in the data folder; where media lie on this machine is in no backup."""

_log = logging.getLogger(__name__)


class Application(InProcess):
    """Services of one console or server; front ends see them as `services.ports.Services`."""

    def __init__(
        self,
        config: AppConfig,
        folders: Folders,
        database: Database,
        secrets: SecretStore,
        keys: RecordKeys,
        logging_files: Logging,
        source: SettingsSource | None = None,
    ) -> None:
        self.folders = folders
        self.records = database
        self._bus = EventBus()
        self._loop = asyncio.get_running_loop()
        self.metrics = MetricsStore(folders.metrics_file, self._post_from_thread)
        policy = config.runner
        audit = AuditTrail(database)
        self.media = MediaFolders(
            folders.media_dir,
            folders.closed_to_media() | ({clips: "clips"} if (clips := config.clips.folder) else {}),
            folders.data_dir / MEDIA_FOLDERS_FILE,
            config.media.folders,
            audit,
        )
        self._planner = LaunchPlanner(config.engine.kind, config.engine.tsp_path, self.media)
        places = Places(*database.places, Place(folders.streams_dir))
        self.streams = StreamService(
            database,
            secrets,
            self._publish,
            folders.streams_dir,
            self._planner,
            policy,
            places,
            self.media,
        )
        self.alarm_rules = AlarmRules(folders.data_dir / ALARM_RULES_FILE, self._publish, audit)
        self.alarms = AlarmBoard(database, self._publish, rules=self.alarm_rules)
        self._alarm_feed = AlarmFeed(self.alarms, self.streams, self._publish, self.alarm_rules)
        self._return_alarms = ReturnFeedAlarms(self.alarms, self.streams, database.cues.get)
        self._machine = MachineWatch(
            self.alarms,
            self.alarm_rules,
            self.streams,
            self._publish,
            folders.data_dir,
            logging_files.problem,
            places,
            self._backlog,
        )
        self.streams.why_tight = self._machine.why_tight
        self.monitoring = MonitoringService(self._publish, audit)
        self._recorder = MetricsRecorder(self.metrics)
        self.preview = PreviewService(self.streams, self._publish, self.alarms)
        self.cues = SCTE35Service(
            database, self.streams, self._publish, places, seen_timeout_s=config.cues.seen_timeout_s
        )
        self.cues.unusual_break_s = config.cues.unusual_break_s
        self.cue_presets = CuePresets(folders.data_dir / CUE_PRESETS_FILE, self.cues, self._publish, audit)
        self.return_feeds = ReturnFeedService(database, self.streams, self._publish, self._planner, policy)
        self.schedule = ScheduleService(
            database,
            self.streams,
            self.cues,
            self._cue_options,
            self._publish,
            None if database.custody.host else folders.schedule_copy,
            refuse_file=self.media.refuse_ours,
        )
        self.profiles = ProfileService(
            folders.profiles_dir, self.streams, self.media.refuse_ours, folders.media_dir, audit
        )
        self.as_run = AsRunService(database.as_run, self.media.refuse_ours, signing_key(secrets))
        self.clips = ClipService(
            database, self.streams, self.alarms, folders.data_dir, config.clips, self.as_run
        )
        self.stream_events = StreamEvents(database, self.metrics)
        self.metrics_csv = MetricsCsv(self.metrics, self.media.refuse_ours)
        self.notifications = NotificationService(
            folders.data_dir / "notifications.json", secrets, database, self._publish
        )
        self.hooks = HookService(config.hooks, self._publish)
        self.input_cues = InputCues(self.metrics, self._publish)
        self.inputs = InputSwitching(self.streams, audit, self._publish)
        self.contracts = ContractService(folders.data_dir / CONTRACTS_FILE, audit)
        self.backups = BackupService(
            folders.data_dir,
            config.backup,
            database,
            self._publish,
            self.alarms.judge_machine,
            keys,
            server=server_of(config, folders, secrets),
            settings_files=settings_files(),
        )
        self.kept_backups = KeptBackups(
            folders.data_dir, lambda: self.backups.folder, database, keys, self.media.refuse_ours
        )
        self.engine = TSDuckService(self._planner)
        self.access = AccessService(database, plan=config.ldap)
        self.access.seconded = config.console.seconded
        self.console = ConsoleSession(self.access, audit, config.console, self.cues, self._emergency_key_used)
        parts = ClusterParts(self.streams, self.cues, self.schedule, self.alarms, self.access)
        place = config.cluster.url, config.api.certificate
        self.cluster = ClusterService(database, secrets, parts, place, self._publish, self._tell_services)
        self.cue_once = CueOnce(database.kept_requests, database.cues, self.cues)
        for observer in (self.monitoring, self._recorder, self._alarm_feed):
            self.streams.observe(observer)
        for later in (self.cues, self.input_cues, self.inputs, self.clips):
            self.streams.observe(later)
        self.settings_reload: SettingsReload | None = None
        """None where the settings came from nowhere that can be read again."""
        if source is not None:
            self.settings_reload = SettingsReload(
                config,
                source,
                lambda changed: self._apply(changed, logging_files),
                self._publish,
                audit,
                self.alarms.judge_machine,
            )
        self.settings = SettingsEdit(config, source, self.settings_reload)
        self.support = Support(
            folders, lambda: self.settings.present, self.streams, self.engine, self.media.refuse_ours
        )
        self._notices: tuple[str, ...] = (*database.notices, *secrets.notices)
        self._for_next_subscriber: list[NoticePosted] = []

    def messages(self, most_behind: int | None = None, after: str = "") -> Subscription:
        """Subscribe to all facts and the latest samples from now on; a bounded queue per subscriber.

        With the cursor of an earlier subscription facts since then come first, where they are still kept.
        """
        subscription = self._bus.subscribe(most_behind, after)
        while self._for_next_subscriber:
            self._bus.publish(self._for_next_subscriber.pop(0))
        return subscription

    def tell_next_subscriber(self, text: str) -> None:
        """An error to be read by whoever subscribes next: the window, which is not there yet."""
        _log.error("%s", text)
        self._for_next_subscriber.append(NoticePosted(at=time.time(), level="error", text=text))

    async def open(self) -> None:
        """Take up cues and alarms first: the journals of adopted streams tell of them."""
        self.metrics.start()
        await self.cluster.enter()
        await self.access.open()
        await self.cues.open()
        await self.notifications.open()
        await self.hooks.open()
        await self.cue_presets.open()
        await self.alarm_rules.read_if_changed()
        await self.alarms.open()
        self._alarm_feed.start()
        self._machine.start()
        self.preview.open()
        await self.return_feeds.open()
        await self.streams.open()
        await self._alarm_feed.settle()
        await self.cues.settle()
        await self.return_feeds.settle()
        await self.schedule.open()
        await self.clips.open()
        await self.cluster.open()
        await self.backups.open()
        if self.settings_reload is not None:
            await self.settings_reload.open()
        for notice in self._notices:
            _log.warning("%s", notice)
            self._publish(NoticePosted(at=time.time(), level="warning", text=notice))

    def tell(self, notices: Sequence[str]) -> None:
        """Tell the operator of these once all is open."""
        self._notices = (*self._notices, *notices)

    async def close(self, *, stop_streams: bool = False) -> None:
        """Leave the streams to their runners, or stop them first."""
        self.records.hold_no_more()
        if self.settings_reload is not None:
            await self.settings_reload.close()
        await self.backups.close()
        await self.clips.close()
        await self.cluster.close()
        await self.cue_once.close()
        await self.schedule.close()
        await self.preview.close()
        await self.streams.close(stop_streams=stop_streams)
        await self.return_feeds.close(stop=stop_streams)
        await self.cues.close()
        await self._machine.close()
        await self._alarm_feed.close()
        await self._return_alarms.close()
        await self.alarms.settled()
        await self.notifications.close()
        await self.hooks.close()
        await self.access.close()
        await self.metrics.close()
        self._bus.close()

    async def _apply(self, config: AppConfig, logging_files: Logging) -> None:
        """Apply changed settings at once, engine and policy for each stream from its next start on."""
        self._planner.use(config.engine.kind, config.engine.tsp_path)
        self.media.set_settings(config.media.folders)
        logging_files.apply(config.logging)
        self.streams.set_policy(config.runner)
        self.return_feeds.set_policy(config.runner)
        self.cues.set_seen_timeout(config.cues.seen_timeout_s)
        self.cues.unusual_break_s = config.cues.unusual_break_s
        self.records.cues.set_event_id_retention(config.cues.event_id_retention_days * SECONDS_PER_DAY)
        self.console.set_plan(config.console)
        self.access.directory.set_plan(config.ldap)
        self.access.seconded = config.console.seconded
        await self.backups.set_plan(config.backup)
        await self.hooks.set_plan(config.hooks)
        self.clips.set_plan(config.clips)

    async def _emergency_key_used(self, stream_id: str, action: CueAction) -> None:
        used = true_if(f"{action} at {format_clock(time.time())}")
        await self.alarms.judge(stream_id, self.streams.run_of(stream_id).name, {EMERGENCY_KEY: used})

    def _backlog(self) -> Backlog:
        queues = {"bus": self._bus.facts_behind(), "database": self.records.writes_behind()}
        dropped = self._bus.replaced() + self.metrics.health().dropped
        return Backlog(
            queues=queues,
            dropped=dropped,
            last_backup_at=self.backups.last_at(),
            database=self.records.problem(),
        )

    def _cue_options(self, stream_id: str) -> Scte35Options | None:
        try:
            return self.streams.run_of(stream_id).cue_options
        except StreamError:
            return None

    def _post_from_thread(self, text: str) -> None:
        """A notice of a thread that is none of the loop's."""
        _log.warning("%s", text)
        notice = NoticePosted(at=time.time(), level="warning", text=text)
        with contextlib.suppress(RuntimeError):  # the loop has ended before the thread: it is in the log
            self._loop.call_soon_threadsafe(self._publish, notice)

    def _publish(self, message: Message) -> None:
        self._bus.publish(message)
        # What another host tells of its streams is for front ends: that host sees to it.
        if all(self.records.custody.holds(stream_id) for stream_id in streams_of(message)):
            self._tell_services(message)

    def _tell_services(self, message: Message) -> None:
        self.cluster.hear(message)
        self._alarm_feed.hear(message)
        self._return_alarms.hear(message)
        self._recorder.hear(message)
        self.schedule.hear(message)
        self.preview.hear(message)
        self.notifications.hear(message)
        self.hooks.hear(message)
        self.clips.hear(message)
        # Last: what it makes of a change of state is told after it.
        self.return_feeds.hear(message)


@asynccontextmanager
async def open_application(
    config: AppConfig,
    role: str,
    *,
    stop_streams: bool = False,
    log_to_stderr: bool = True,
    source: SettingsSource | None = None,
) -> AsyncIterator[Application]:
    """Everything a front end needs, for as long as the context lasts; the streams outlive it by default.

    With a `source` settings that are changed there meanwhile take effect, as far as they can.
    Raises OperatorError: another console on the same folder, a folder that cannot be written, …
    """
    folders = resolve(config.folders)
    async with AsyncExitStack() as stack:
        allow_many()
        await asyncio.to_thread(folders.create)
        server = server_of(config, folders)
        restored = await restore_as_wanted(folders, server)
        stack.enter_context(InstanceLock.acquire(folders.data_dir, role))
        logging_files = Logging(config.logging, folders.log_dir, to_stderr=log_to_stderr)
        logging_files.start()
        stack.callback(logging_files.stop)
        await asyncio.to_thread(finish_restore, folders.data_dir, None if server is None else loader(server))
        secrets = await asyncio.to_thread(SecretStore.open_or_lock, folders.data_dir)
        server = server_of(config, folders, secrets)
        had_keys = bool(known_keys(secrets).present)
        keys = await asyncio.to_thread(record_keys, secrets)
        await asyncio.to_thread(make_signing_key, secrets)
        if config.cluster.host and server is None:
            raise ConfigurationError("cluster.host needs a database on a server, which all hosts reach")
        backups = config.backup.folder or folders.data_dir / BACKUPS
        recovered: tuple[str, ...] = ()
        if server is None:
            recovered = await recover(folders, backups, keys, any_backup=not had_keys)
        retention_s = config.cues.event_id_retention_days * SECONDS_PER_DAY
        database = await stack.enter_async_context(
            open_records(server or folders.database_file, keys, retention_s, config.cluster.host)
        )
        if server is not None:
            recovered = await keep_used_ids(database, folders)
        application = Application(config, folders, database, secrets, keys, logging_files, source)
        application.tell((*restored, *recovered))
        stack.push_async_callback(application.close, stop_streams=stop_streams)
        await application.open()
        stack.enter_context(lasting_heap())
        _log.info("%s is open on %s", role, folders.data_dir)
        yield application
