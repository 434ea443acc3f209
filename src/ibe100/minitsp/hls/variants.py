"""Choice of a variant of an HLS master playlist (tsp -I hls --lowest-bitrate, --max-height, …)."""

from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind
from ibe100.minitsp.hls.playlist import MasterPlaylist, PlaylistError, Variant

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
    """Limits of the variant (0 = none), then a preference; without one the first is taken."""

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
        """The variant to play. Raises PlaylistError when none is within the limits."""
        fitting = [variant for variant in playlist.variants if self._fits(variant)]
        if not fitting:
            raise PlaylistError("no variant of the HLS master playlist is within the limits asked for")
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


def _within(value: float, limits: tuple[float, float]) -> bool:
    low, high = limits
    return value >= low and (not high or value <= high)


def _bitrate(variant: Variant) -> int:
    return variant.bitrate_bps


def _pixels(variant: Variant) -> int:
    return variant.width * variant.height
