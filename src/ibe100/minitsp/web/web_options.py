"""The options that tsp's http and hls inputs share."""

from typing import Final

from ibe100.minitsp.chain.options import Option, OptionKind

LOCAL_ADDRESSES: Final = "local-addresses"
"""Ours: a source outside may lead to addresses of this machine and its networks."""
WEB_OPTIONS: Final = (
    Option("compressed"),
    Option("connection-timeout", OptionKind.INTEGER, minimum=1),
    Option(LOCAL_ADDRESSES, is_of_tsp=False),
    Option("headers", OptionKind.TEXT, repeatable=True),
    Option("proxy-host", OptionKind.TEXT),
    Option("proxy-password", OptionKind.TEXT),
    Option("proxy-port", OptionKind.INTEGER, maximum=0xFFFF),
    Option("proxy-user", OptionKind.TEXT),
    Option("receive-timeout", OptionKind.INTEGER, minimum=1),
    Option("user-agent", OptionKind.TEXT),
)
