"""Client of IBE-100's API: what is asked is a `Call`, which `Client` or `asynchronous.AsyncClient` does."""

from ibe100_client.calls import Call
from ibe100_client.client import Client
from ibe100_client.errors import AnswerLost, ClientError, NotReachable, Refused, WrongCertificate

__all__ = [
    "AnswerLost",
    "Call",
    "Client",
    "ClientError",
    "NotReachable",
    "Refused",
    "WrongCertificate",
]
