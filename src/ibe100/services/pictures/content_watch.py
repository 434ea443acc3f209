"""Picture and sound of one stream: whether they are black, frozen, silent, or cannot be decoded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ibe100.models.alarms.confidence import ConfidenceOptions, Picture, SoundLevels
from ibe100.services.alarms.rule import FALSE, Judgement, Judgements
from ibe100.services.alarms.signal_catalogue import (
    PICTURE_BLACK,
    PICTURE_FROZEN,
    PICTURE_LOST,
    SOUND_SILENT,
)

BLACK_LEVEL = 25
"""Brightest black, of 255: the lowest tenth of the range, as encoder noise and a set-up level lift black."""
BLACK_PART = 0.98
"""Part of the pixels that is black in a black picture; a small logo may stay."""
BLOCKS_ACROSS, BLOCKS_DOWN = 16, 9
SAME_LEVELS = 1.6
"""Most mean difference within a block, of 255: encoders make the same picture anew with each keyframe."""
OLD_PICTURE_S = 20.0
"""Age at which a picture tells nothing about now, where no `loss_s` is set."""
GRACE_S = 5.0
"""Time by which sound must be missing longer than a silence may last: a decoder may be late."""


class ContentWatch:
    """Watches one stream; times are monotonic."""

    def __init__(self, now_s: float) -> None:
        self._began_s = now_s
        self._blocks: npt.NDArray[np.float32] | None = None
        self._black_since_s: float | None = None
        self._frozen_since_s: float | None = None
        self._quiet_since_s: float | None = None
        self._picture_at_s = now_s
        self._sound_at_s: float | None = None

    def see(self, picture: Picture) -> None:
        """Take a picture that was decoded."""
        now_s = picture.monotonic_s
        frame = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)
        dark = float(np.mean(frame.max(axis=2) <= BLACK_LEVEL)) >= BLACK_PART
        self._black_since_s = _begun(self._black_since_s, now_s) if dark else None
        before, self._blocks = self._blocks, frame.astype(np.float32)
        still = before is not None and before.shape == self._blocks.shape and _is_same(before, self._blocks)
        # The picture stands since the one before.
        self._frozen_since_s = _begun(self._frozen_since_s, self._picture_at_s) if still else None
        self._picture_at_s = now_s

    def hear(self, levels: SoundLevels, silence_dbtp: float) -> None:
        """Take the levels of 100 ms of sound."""
        quiet = all(peak <= silence_dbtp for peak in levels.true_peaks_dbtp)
        self._quiet_since_s = _begun(self._quiet_since_s, levels.monotonic_s) if quiet else None
        self._sound_at_s = levels.monotonic_s

    def excuse(self, now_s: float) -> None:
        """Forgive the stream that nothing came lately: the preview itself was late."""
        self._picture_at_s = self._sound_at_s = now_s

    def judge(
        self, options: ConfidenceOptions, now_s: float, *, has_video: bool, has_audio: bool
    ) -> Judgements:
        """Judge each condition while packets arrive. `has_…`: the service announces it."""
        unseen_s = now_s - self._picture_at_s
        fresh = unseen_s < (options.loss_s or OLD_PICTURE_S)
        unheard_s = now_s - (self._sound_at_s if self._sound_at_s is not None else self._began_s)
        quiet_s = _since(self._quiet_since_s, now_s)
        return {
            PICTURE_BLACK: _over(_since(self._black_since_s, now_s), options.black_s, fresh),
            PICTURE_FROZEN: _over(_since(self._frozen_since_s, now_s), options.freeze_s, fresh),
            PICTURE_LOST: _over(unseen_s, options.loss_s, has_video),
            SOUND_SILENT: _over(quiet_s or unheard_s - GRACE_S, options.silence_s, has_audio),
        }


def _is_same(before: npt.NDArray[np.float32], now: npt.NDArray[np.float32]) -> bool:
    """Say whether no block has changed: a mouth that moves is in one of them, noise is in all."""
    height, width, channels = now.shape
    down, across = height // BLOCKS_DOWN, width // BLOCKS_ACROSS
    change = np.abs(now - before)[: down * BLOCKS_DOWN, : across * BLOCKS_ACROSS]
    blocks = change.reshape(BLOCKS_DOWN, down, BLOCKS_ACROSS, across, channels).mean(axis=(1, 3, 4))
    return bool(blocks.max() < SAME_LEVELS)


def _begun(since_s: float | None, now_s: float) -> float:
    return now_s if since_s is None else since_s


def _since(start_s: float | None, now_s: float) -> float:
    return 0.0 if start_s is None else now_s - start_s


def _over(lasted_s: float, limit_s: float | None, applies: bool) -> Judgement:
    is_true = applies and limit_s is not None and lasted_s >= limit_s
    return Judgement(True, f"for {lasted_s:.0f} s") if is_true else FALSE
