"""Choice of a variant of an HLS master playlist (tsp -I hls --lowest-bitrate, --max-height, …)."""

from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind
from ibe100.minitsp.hls.playlist_values import MasterPlaylist, PlaylistError, Variant

_PREFERENCES: Final = ("lowest-bitrate", "highest-bitrate", "lowest-resolution", "highest-resolution")
VARIANT_OPTIONS: Final = (
    *(Option(name) for name in _PREFERENCES),
    Option("max-bitrate", OptionKind.DECIMAL),
    Option("max-height", OptionKind.INTEGER),
    Option("max-width", OptionKind.INTEGER),
    Option("min-bitrate", OptionKind.DECIMAL),
    Option("min-height", OptionKind.INTEGER),
    Option("min-width", OptionKind.INTEGER),
)


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """Limits of the variant (0 = none), then a preference; without one the first is taken.

    Only one with a picture, where there are such, and with its sound within: no other would go on air whole.
    """

    bitrate_bps: tuple[float, float] = (0, 0)
    width: tuple[int, int] = (0, 0)
    height: tuple[int, int] = (0, 0)
    preference: str = ""

    @classmethod
    def of(cls, arguments: Arguments) -> "VariantChoice":
        """The choice that the options make. Raises OptionError for two preferences."""
        arguments.exclude(*_PREFERENCES)
        return cls(
            (arguments.decimal("min-bitrate"), arguments.decimal("max-bitrate")),
            (arguments.integer("min-width"), arguments.integer("max-width")),
            (arguments.integer("min-height"), arguments.integer("max-height")),
            next(filter(arguments.present, _PREFERENCES), ""),
        )

    def choose(self, playlist: MasterPlaylist) -> Variant:
        """The variant to play. Raises PlaylistError when none is within the limits, or none is whole."""
        fitting = [variant for variant in _with_picture(playlist.variants) if self._fits(variant)]
        if not fitting:
            raise PlaylistError("no variant of the HLS master playlist is within the limits asked for")
        apart = fitting[0].sound_apart
        fitting = [variant for variant in fitting if not variant.sound_apart]
        if not fitting:
            raise PlaylistError(
                f"the sound is in playlists of its own (EXT-X-MEDIA TYPE=AUDIO, group {apart}), which are "
                "not taken: the output would be without sound; use a playlist of the source that has both in "
                "one stream"
            )
        match self.preference:
            case "lowest-bitrate":
                return min(fitting, key=_bitrate)
            case "highest-bitrate":
                return max(fitting, key=_bitrate)
            case "lowest-resolution":
                return min(fitting, key=_pixels)
            case "highest-resolution":
                return max(fitting, key=_pixels)
            case _:
                return fitting[0]

    def _fits(self, variant: Variant) -> bool:
        return (
            _within(variant.bitrate_bps, self.bitrate_bps)
            and _within(variant.width, self.width)
            and _within(variant.height, self.height)
        )


def _with_picture(variants: tuple[Variant, ...]) -> list[Variant]:
    """The variants that have a picture, all if none has; the size tells where the codecs do not."""
    tell_size = any(variant.width for variant in variants)
    found = [one for one in variants if not one.sound_only and (one.width or one.has_codecs or not tell_size)]
    return found or list(variants)


def _within(value: float, limits: tuple[float, float]) -> bool:
    low, high = limits
    return value >= low and (not high or value <= high)


def _bitrate(variant: Variant) -> int:
    return variant.bitrate_bps


def _pixels(variant: Variant) -> int:
    return variant.width * variant.height
