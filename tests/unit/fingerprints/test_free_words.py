"""Which calls have a free word in their names."""

import pytest

from monitor.fingerprints.free_words import MOST_WORDS, FreeWords
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

WORDS = [f"lamp{chr(ord('a') + number)}" for number in range(MOST_WORDS + 1)]


def sends(name: str, kind: Kind = Kind.PRODUCER, service: str = "hub") -> Operation:
    return Operation(service, kind, f"send {name}")


def free(*forms: str, words: list[str] = WORDS) -> FreeWords:
    """What is free in the destinations of these forms with each of the words."""
    return FreeWords(sends(form.format(word)) for form in forms for word in words)


@pytest.mark.parametrize(
    "form", ["devices/{}/state", "devices.{}", "{}.alerts", "tenant-{}", "a:{}:b", "a/{}/b/c Moved"]
)
def test_a_segment_with_many_words_is_free(form: str) -> None:
    """Wherever it stands, and whatever separates it; one word fewer, and each is a call of its own."""
    assert free(form).has(sends(form.format("bench")))
    assert not free(form, words=WORDS[1:]).has(sends(form.format("bench")))


@pytest.mark.parametrize(
    "other",
    [
        sends("devices/bench/errors"),
        sends("devices/bench"),
        sends("devices/bench/state Moved"),
        sends("devices/bench/state", Kind.CLIENT),
        sends("devices/bench/state", service="web"),
        Operation("hub", Kind.PRODUCER, "receive devices/bench/state"),
    ],
)
def test_a_name_that_differs_in_more_is_another_call(other: Operation) -> None:
    """In another segment, in what is carried, in kind or service."""
    assert not free("devices/{}/state").has(other)


def test_two_segments_may_be_free() -> None:
    """Each has many words, whatever the other one is."""
    known = FreeWords(sends(f"lines/{line}/{robot}/temp") for line in WORDS for robot in WORDS)
    assert known.has(sends("lines/bench/arm/temp"))


def test_names_without_a_fixed_segment_are_names() -> None:
    """Queues that have nothing in common are not one."""
    assert not free("{}").has(sends("bench"))


def test_what_a_queue_carries_is_never_free() -> None:
    """Classes of jobs are what the queue's work is."""
    assert not free("low jobs.{}").has(sends("low jobs.Bench"))
