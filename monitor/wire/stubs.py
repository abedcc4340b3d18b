"""Stubs by their names: programs that answer in the place of a service, as words of a host or of a service.

    wiremock, payments-wiremock-1, sqs.eu-west-1.localhost.localstack.cloud, stripe-mock, fake-sso -> a stub
    payments, mocking-bird, stubhub, faker                                                        -> none

Names of programs count anywhere in a host, common words (`mock`, `stub`, ...) in its first label alone: what
follows may name an environment. What answers inside of the process (nock, MSW) has no name of its own, and
shows nothing. Sources: the documentation of each program, its image or its usual host.
"""

import re
from functools import lru_cache

STUB = "stub "
"""What comes before the name of a stub where a place may stand as well."""

_PROGRAMS = {
    "WireMock": ("wiremock", "wiremockapi"),
    "MockServer": ("mockserver", "mock-server"),
    "LocalStack": ("localstack",),
    "Hoverfly": ("hoverfly",),
    "Mountebank": ("mountebank",),
    "Microcks": ("microcks",),
    "Prism": ("stoplight-prism", "prism-mock"),
    "json-server": ("json-server", "jsonserver"),
    "Moto": ("motoserver", "moto-server"),
    "Azurite": ("azurite",),
    "fake-gcs-server": ("fake-gcs", "fake-gcs-server", "fakegcs"),
    "ElasticMQ": ("elasticmq",),
    "DynamoDB local": ("dynamodb-local", "dynamodb-localhost", "dynalite"),
    "Kinesalite": ("kinesalite",),
    "S3Mock": ("s3mock", "s3-mock", "s3rver"),
    "Mockoon": ("mockoon",),
    "Smocker": ("smocker",),
    "GripMock": ("gripmock",),
    "Killgrave": ("killgrave",),
    "Mockintosh": ("mockintosh",),
    "Stubby": ("stubby4j", "stubby4node"),
    "Traffic Parrot": ("trafficparrot", "traffic-parrot"),
    "CastleMock": ("castlemock",),
    "Beeceptor": ("beeceptor",),
    "Postman": ("pstmn",),
    "Mocky": ("mocky", "mockapi", "mockable"),
    "MailHog": ("mailhog",),
    "Mailpit": ("mailpit",),
    "GreenMail": ("greenmail",),
    "smtp4dev": ("smtp4dev",),
}
_WORDS = (
    *("mock", "mocks", "mocked", "stub", "stubs", "stubbed", "fake", "fakes", "dummy"),
    *("emulator", "simulator"),
)


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_OF_PROGRAM = {word: program for program, words in _PROGRAMS.items() for word in words}
_PROGRAM = re.compile(rf"(?<![a-z0-9])({_any_of(tuple(_OF_PROGRAM))})(?![a-z0-9])", re.IGNORECASE)
_WORD = re.compile(rf"(?<![a-z0-9])({_any_of(_WORDS)})(?![a-z0-9])", re.IGNORECASE)


def program_in(name: str) -> str:
    """The stub whose own name is a word of this name, as its makers write it; '' for none."""
    found = _PROGRAM.search(name)
    return _OF_PROGRAM[found[1].lower()] if found else ""


@lru_cache(maxsize=4096)
def stub_in(name: str) -> str:
    """The stub that a service or a host is by its name: a program, or a common word for one; '' for none."""
    found = _WORD.search(name.partition(".")[0])
    return program_in(name) or (found[1].lower() if found else "")
