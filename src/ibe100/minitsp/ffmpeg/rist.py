"""tsp's options of the rist input and output, as ffmpeg's RIST understands them."""

from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind
from ibe100.minitsp.ffmpeg.pipe import Peer

_PROFILES: Final = ("simple", "main", "advanced")
_KEY_BITS: Final = ("128", "256")
RIST_OPTIONS: Final = (
    Option("buffer-size", OptionKind.INTEGER, "b", minimum=1),
    Option("encryption-type", OptionKind.TEXT),
    Option("profile", OptionKind.TEXT),
    Option("secret", OptionKind.TEXT, "s"),
)


def rist_peer(arguments: Arguments) -> Peer:
    """The peer that URL and options describe. Raises OptionError.

    A secret in the URL is taken out of it, so that it can be kept out of sight like that of --secret.
    """
    text = arguments.parameter("url")
    if len(arguments.parameters) > 1:
        raise OptionError("several RIST peers need TSDuck")
    url = urlsplit(text)
    if url.scheme != "rist":
        raise OptionError(f"invalid RIST URL {text}, use rist://address:port")
    parameters = dict(parse_qsl(url.query))
    secret = parameters.pop("secret", arguments.text("secret"))
    encryption = parameters.pop("aes-type", arguments.text("encryption-type").upper().removeprefix("AES-"))
    options = {"rist_profile": arguments.text("profile", "main")}
    if options["rist_profile"] not in _PROFILES:
        raise OptionError(f"invalid value {options['rist_profile']} for option --profile")
    if secret:
        options["encryption"] = encryption or "128"
        if options["encryption"] not in _KEY_BITS:
            raise OptionError(f"invalid RIST encryption {encryption}, use AES-128 or AES-256")
    if arguments.present("buffer-size"):
        parameters["buffer"] = str(arguments.integer("buffer-size"))
    query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
    plain = f"rist://{url.netloc}{url.path}" + (f"?{query}" if query else "")
    return Peer(plain, options, {"secret": secret} if secret else {})
