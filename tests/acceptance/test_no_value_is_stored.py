"""Values that telemetry carries are found in nothing that is made of it."""

import zlib
from collections.abc import Iterable, Mapping

import orjson
import pytest
from rich.console import Console

from monitor.base.clock import ManualClock
from monitor.base.units import LogTime
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.latest import Latest, read
from monitor.drift.report import build_report
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord, Source
from monitor.kafka.observer.dead_letters import Letter, letter_of
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.audit.run_audits import list_calls, taken
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.inspect.advice import advise
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.timeline.commands import Settings
from monitor.publish.exposition import Exposition, render
from monitor.publish.report_markdown import report_markdown
from monitor.publish.report_text import report_text
from monitor.publish.series import product_readings
from monitor.publish.view import View
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import FORMATS, Decoder
from tests.acceptance import planting
from tests.canaries import found
from tests.unit.pipeline.inspecting import GIVEN, record, seen

POLICY = Policy(comparisons=(Comparison(name="replay", reference="production", candidate="integration"),))
BEGIN_MS, SECOND = 1_700_000_000_000, 1_000


class World:
    """One partition of each topic, and all that is written while records come."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.letters: list[Letter] = []
        self.auditor = PartitionAuditor(0, 1, 1, {})
        list_calls(self.auditor.audits)
        self.owner = Owner(1)
        self._now, self._topics = BEGIN_MS, 0
        self._apply(encode(FlowRecord(None, command={"number": 0, **Settings(POLICY).plain()})))
        self.owner.receive_command(0, orjson.dumps(Settings(POLICY).plain()))

    def read(self, encoding: str, payloads: Iterable[bytes], environment: str | None = None) -> None:
        """Let an observer of its own read these records, to the end."""
        self._topics += 1
        observer = SourceObserver(
            Source("default", f"spans-{self._topics}", "1", 0),
            Decoder(AttributionSettings()),
            ObserverSettings(),
            start=0,
            targets=1,
            fresh=False,
            encoding=encoding,
            environment=environment,
            guarded=False,
        )
        for payload in payloads:
            self._now += 50
            observer.fold(SourceRecord(observer.position, self._now, payload))
        for rejection in observer.rejected:
            letter = letter_of(rejection, observer.source)
            self.letters.append(letter)
            self.say("reasons of dead letters", *(f"{name}={text!r}" for name, text in letter.headers))
        observer.rejected.clear()
        observer.close_all()
        for _ in range(120):
            self._now += SECOND
            observer.idle(SECOND)
        for outgoing in observer.outgoing(True, 1, heartbeat=True):
            self._apply(outgoing.value)
            observer.acknowledged(0)

    def say(self, where: str, *texts: str) -> None:
        """Remember what stands somewhere."""
        self.texts.setdefault(where, []).extend(texts)

    def _apply(self, value: bytes) -> None:
        self.say("flows topic", value.decode())
        for alert in self.auditor.apply(self.auditor.next_offset, LogTime(self._now), value):
            self.say("alerts", repr(alert))
        assert not self.auditor.refused
        self.say("audit topic", *(call.written().decode() for call in taken(self.auditor.audits)))
        self.say("verdicts", *(each.decode() for each in self.auditor.changed().values()))

    def end(self) -> None:
        """Write down all that is published of the state."""
        self.say("checkpoints", zlib.decompress(self.auditor.checkpoint(0)).decode())
        records = self.auditor.all_records()
        for key, value in records.items():
            self.owner.receive(key, value)
        decisions = self.owner.decide()
        records |= decisions.records
        view, latest = View(), Latest()
        for key, value in records.items():
            view.receive(key, value)
            latest.put(key, read(key, value))
        self.say("verdicts", *records, *(each.decode() for each in records.values()))
        self.say("commands", *(value.decode() for _, value in decisions.commands))
        exposition = Exposition([lambda: product_readings(view, 10_000)], ManualClock())
        self.say("metrics", render(exposition.values()).decode())
        report = build_report(latest, "replay")
        console = Console(record=True, width=200, quiet=True)
        console.print(report_text(report, 200))
        self.say("report", orjson.dumps(report.plain()).decode(), report_markdown(report))
        self.say("report", console.export_text())


WORD, TOKEN = b"Kanariebbbbbbbb", b"canary-7f3a9c00112233d4"
BROKEN = (
    b'{"resourceSpans": [{"scopeSpans": "VALUE"}]}',
    b'{"NAME": [{"NAME": "VALUE"}]}',
    b'[{"traceId": "VALUE", "id": "VALUE", "timestamp": "VALUE"}]',
    b'{"resourceSpans": ["VALUE"',
    b"VALUE",
)


def every_record(encoding: str) -> list[bytes]:
    """Records with every canary; of an encoding other than OTLP, one canary of each place."""
    values = planting.everything()
    if encoding != "otlp_proto":
        values = [each for number, each in enumerate(values) if number % 7 == len(encoding) % 7]
    made = list(planting.payloads(encoding, values, "production", 1))
    return made + list(planting.beside_names(100_000)) if encoding == "otlp_proto" else made


@pytest.fixture(scope="module")
def written() -> Mapping[str, str]:
    """All that is written while records with canaries come, in every encoding, from both sides."""
    world = World()
    for encoding in FORMATS:
        world.read(encoding, every_record(encoding))
        world.read(encoding, broken_records())
    values = planting.everything()[::5]
    world.read("otlp_proto", planting.payloads("otlp_proto", values, "integration", 1))
    world.end()
    return {where: "\n".join(texts) for where, texts in world.texts.items()}


def broken_records() -> list[bytes]:
    """Records that cannot be read, with a token for a name and a word for a value."""
    return [each.replace(b"NAME", TOKEN).replace(b"VALUE", WORD) for each in BROKEN]


def positions(text: str) -> dict[str, tuple[str, str]]:
    """The canaries in a text, each with the position where it was planted."""
    planted = {one: each.at for each in planting.everything() for one in found(each.value)}
    return {one: planted.get(one, ("?", "?")) for one in found(text)}


@pytest.mark.fault("personal data")
def test_no_value_is_stored(written: Mapping[str, str]) -> None:
    """Nothing that is written holds a value that came in, wherever and in whichever encoding it came."""
    assert {where: sorted(positions(text).items()) for where, text in written.items() if found(text)} == {}


def test_calls_of_test_runs_are_among_it(written: Mapping[str, str]) -> None:
    """Control: the audit topic is searched, too."""
    assert '"partner"' in written["audit topic"]


def test_what_is_searched_for_came_in() -> None:
    """Control: each value stands in the records, and the search finds it in itself."""
    values = planting.everything()
    came = b"".join(planting.payloads("otlp_proto", values, "production", 1))
    assert all(found(each.value) and each.value.encode() in came for each in values)


def test_dead_letters_keep_what_came() -> None:
    """A record that cannot be read is kept as it came, and its reason holds nothing of it."""
    world = World()
    world.read("otlp_json", broken_records())
    assert len(world.letters) == len(BROKEN)
    assert [found(letter.value.decode()) for letter in world.letters] == [
        found(each.decode()) for each in broken_records()
    ]
    assert found("".join(world.texts["reasons of dead letters"])) == set()


@pytest.mark.fault("personal data")
def test_inspect_shows_no_value() -> None:
    """Nothing that `inspect` says of a sample holds a value: neither findings nor the configuration."""
    values = planting.everything()[:: len(planting.ALL) - 2]
    headers = (("deployment.environment.name", b"Bearer " + WORD), ("x-user", WORD))
    records = [record(value=each) for each in planting.payloads("otlp_proto", values, "production", 1)]
    inspection = advise(seen(*records, record(headers=headers, key=WORD)), GIVEN)
    assert found(inspection.model_dump_json()) == set()
