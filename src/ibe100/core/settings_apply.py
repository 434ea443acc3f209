"""What a changed setting does to services that run: nothing to a stream that is on air."""

from __future__ import annotations

from typing import Protocol

from ibe100.core.config import AppConfig
from ibe100.core.logger import Logging
from ibe100.database.database import Database
from ibe100.services.backup.backup_service import BackupService
from ibe100.services.return_feed.return_feed_service import ReturnFeedService
from ibe100.services.scte35_service import SCTE35Service
from ibe100.services.stream_service import StreamService
from ibe100.services.streams.runner_spec import RunnerPolicy
from ibe100.services.tsduck_service import TSDuckService

SECONDS_PER_DAY = 86_400


class Services(Protocol):
    """Those that have settings; `ibe100.core.application`."""

    @property
    def streams(self) -> StreamService: ...
    @property
    def cues(self) -> SCTE35Service: ...
    @property
    def return_feeds(self) -> ReturnFeedService: ...
    @property
    def backups(self) -> BackupService: ...
    @property
    def engine(self) -> TSDuckService: ...


async def apply_settings(
    config: AppConfig, services: Services, database: Database, logging_files: Logging
) -> None:
    """Engine and policy hold for runners from their next start on, all else at once."""
    policy = RunnerPolicy.model_validate(config.runner.model_dump())
    kind, tsp_path = config.engine.kind, config.engine.tsp_path
    logging_files.apply(config.logging)
    services.streams.use(kind, tsp_path, policy)
    services.return_feeds.use(kind, tsp_path, policy)
    services.engine.use(kind, tsp_path)
    services.cues.set_seen_timeout(config.cues.seen_timeout_s)
    database.cues.set_event_id_retention(config.cues.event_id_retention_days * SECONDS_PER_DAY)
    await services.backups.set_plan(config.backup)
