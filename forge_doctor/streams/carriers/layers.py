"""Takes off what stands round a stream's lines, layer by layer, whatever is inside of what.

A layer that is read as a whole (a document, a table, a page) is taken off the stream; what is put round single lines only
where such a layer is inside of it: else it is left to whoever reads the lines, who need not look at all of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.errors import CannotInspect
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.bare_stream import Bare, Lined, Readable
from forge_doctor.streams.carriers.line_carriers import LineCarrier, Prefixed
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.carriers.nested import Coloured, Known, Nested, Plain, bare
from forge_doctor.streams.carriers.prefixed_whole import prefix_before
from forge_doctor.streams.carriers.prefixes.prefix_evidence import Knowledge
from forge_doctor.streams.carriers.recognise import RECORD, json_lines, recognise
from forge_doctor.streams.carriers.whole import MOST_LEARNED, whole_of
from forge_doctor.streams.carriers.whole_stream import Replayed, Whole

MOST_LAYERS = 4
LAYERS_WITHIN = 256 << 10
SEEN = 200
# A text that is written as the numbers of its bytes: no word of it can be looked for.
_HIDDEN = regex(rb"\[ ?\d{1,3}(?:, ?\d{1,3}){7}")


@dataclass(slots=True, kw_only=True)
class Layers:
    """`stream` is what is left, `carrier` what stands round its lines, `taken` what was taken off, the outermost first.

    `begun` is how what is left begins, where something was taken off, and `no_log` says why nothing of it is a program's,
    where that can be seen.
    """

    stream: Readable
    carrier: LineCarrier | None = None
    taken: list[Whole | LineCarrier] = field(default_factory=list)
    begun: bytes = b""
    no_log: str = ""

    @property
    def said(self) -> list[str]:
        """What was taken off, for the report."""
        return [one.said for one in self.taken if one.said]

    @property
    def unread(self) -> str:
        """What of it could not be read."""
        return "; ".join(one.unread for one in self.taken if one.unread)

    @property
    def is_whole(self) -> bool:
        """Whether the stream can be read from its beginning only."""
        return bool(self.taken)


def layers_of(
    sample: bytes, stream: Readable, knowledge: Knowledge, at: Callable[[bytes], float | None], most: int = MOST_LAYERS
) -> Layers:
    """The stream without the layers that are read as a whole; its beginning is `sample`."""

    def is_whole(inside: bytes) -> bool:
        return whole_of(inside, Bare(io.BytesIO(), 0.0), knowledge.is_head, at, knowledge.zone_s) is not None

    knowledge = replace(knowledge, is_layer=is_whole)
    layers = Layers(stream=stream)
    source = stream
    for _ in range(most):
        next_stream: Readable | None = whole_of(sample, source, knowledge.is_head, at, knowledge.zone_s)
        if next_stream is None:
            layers.carrier = recognise(sample.rpartition(b"\n")[0] or sample, knowledge)
            found = _towards_whole(sample, layers.carrier, knowledge)
            settled = found or _has_known_heads(sample, layers.carrier, knowledge)
            next_stream = None if settled else _with_known_heads(sample, source, knowledge)
            found = found or (None if next_stream else _towards_heads(sample, layers.carrier, knowledge))
        if next_stream is None:
            if found is None and (layers.carrier is None or not _HIDDEN.search(sample)):
                break
            found = found or Towards(carriers=[layers.carrier or Plain()], sample=b"")
            source, lines = _without(found.carriers, source, knowledge)
            layers.taken += found.carriers
            next_stream = _whole(found.sample, source, knowledge, at) or lines
        layers.carrier = None
        if isinstance(next_stream, Whole):
            layers.taken.append(next_stream)
        begun, damage = _peeked(next_stream)
        layers.begun = begun
        layers.stream = Replayed(begun, next_stream, damage)
        source = Bare(layers.stream, knowledge.zone_s)
        if bare(begun) == sample:
            break
        sample = bare(begun)
    if layers.carrier is not None and layers.taken:
        layers.carrier = Nested(Plain(), layers.carrier)
    return layers


def _without(carriers: Sequence[LineCarrier], source: Readable, knowledge: Knowledge) -> tuple[Readable, Readable]:
    """The stream's lines without what stands round each, bare and as they are told."""
    lines = source
    for carrier in carriers:
        lines = Lined(source, _translate(carrier))
        source = Bare(lines, knowledge.zone_s)
    return source, lines


def _whole(sample: bytes, stream: Readable, knowledge: Knowledge, at: Callable[[bytes], float | None]) -> Whole | None:
    """The stream as told lines, where it is read as a whole: for what it is, or for heads that have to be learned first."""
    return whole_of(sample, stream, knowledge.is_head, at, knowledge.zone_s) or _with_known_heads(
        sample, stream, knowledge
    )


def _with_known_heads(sample: bytes, stream: Readable, knowledge: Knowledge) -> Whole | None:
    """The stream with heads of records as all readers know them, where it has others that can be learned."""
    heads = knowledge.learn_heads(sample.split(b"\n", MOST_LEARNED)[:MOST_LEARNED])
    if heads is None:
        return None
    whole = Whole(stream, "heads in a layout of their own")
    return whole.begin(whole.placed_lines(heads(whole.lines())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Towards:
    """What stands round the lines of something that is read as a whole, and how that begins."""

    carriers: list[LineCarrier]
    sample: bytes


def _towards_whole(sample: bytes, carrier: LineCarrier | None, knowledge: Knowledge) -> Towards | None:
    """What has to be taken off single lines until something is left that is read as a whole; None where nothing is."""

    def through_records(inside: bytes) -> Towards | None:
        records = json_lines(inside, knowledge) if inside[:2] in RECORD else None
        left = bare(records.look(inside)) if records else b""
        return Towards(carriers=[records], sample=left) if records and knowledge.is_layer(left) else None

    def whole_inside(inside: bytes) -> Towards | None:
        return Towards(carriers=[], sample=inside) if knowledge.is_layer(inside) else through_records(inside)

    left, off = _beginning(sample), list[LineCarrier]()
    for one in (None, *_round_lines(sample, carrier, knowledge)):
        if one is not None:
            off.append(one)
            left = bare(one.look(left))
            if knowledge.is_layer(left):
                return Towards(carriers=off, sample=left)
        prefix = prefix_before(left, knowledge, lambda inside: whole_inside(inside) is not None)
        if prefix is not None:
            off.append(Prefixed(prefix, knowledge))
            inner = whole_inside(bare(off[-1].look(left)))
            return None if inner is None else Towards(carriers=[*off, *inner.carriers], sample=inner.sample)
    return None


def _has_known_heads(sample: bytes, carrier: LineCarrier | None, knowledge: Knowledge) -> bool:
    """Whether records with heads that are known stand behind what is round each line."""
    if carrier is None:
        return False
    lines = [line for line in bare(carrier.look(_beginning(sample))).split(b"\n", SEEN)[:SEEN] if line[:1].strip()]
    return 2 * sum(map(knowledge.is_head, lines)) > len(lines)


def _towards_heads(sample: bytes, carrier: LineCarrier | None, knowledge: Knowledge) -> Towards | None:
    """What stands round single lines, where heads of records in a layout of their own stand behind it; None where they do not."""
    left, off = _beginning(sample), _round_lines(sample, carrier, knowledge)
    for one in off:
        left = bare(one.look(left))
    heads = knowledge.learn_heads(left.split(b"\n")) if off else None
    return None if heads is None else Towards(carriers=off, sample=left)


def _round_lines(sample: bytes, carrier: LineCarrier | None, knowledge: Knowledge) -> list[LineCarrier]:
    """What stands round single lines, learned or known, the outermost first."""
    coloured: list[LineCarrier] = [Coloured()] if b"\x1b" in sample[:LAYERS_WITHIN] else []
    if carrier is not None:
        return [*coloured, *(carrier.layers if isinstance(carrier, Nested) else [carrier])]
    lines = [line for line in sample.split(b"\n", SEEN)[:SEEN] if line]
    behind = sum(knowledge.plain(line) != line.rstrip(b"\r") for line in lines)
    known = Known(Unwrapper(knowledge.reference, knowledge.zone_s, 1))
    return [*coloured, known] if 2 * behind > len(lines) else coloured


def _translate(carrier: LineCarrier) -> Callable[[bytes], bytes]:
    """What a carrier does to lines; a prefix that is in the way of what is inside is no longer learned from it."""
    return carrier.look if isinstance(carrier, Prefixed) else carrier.translate


def _beginning(sample: bytes) -> bytes:
    return sample[:LAYERS_WITHIN].rpartition(b"\n")[0] or sample[:LAYERS_WITHIN]


def _peeked(stream: Readable) -> tuple[bytes, CannotInspect | None]:
    """How a stream begins, and what is wrong with it behind that."""
    block, filled = memoryview(bytearray(LAYERS_WITHIN)), 0
    try:
        while filled < LAYERS_WITHIN and (got := stream.readinto(block[filled:])):
            filled += got
    except CannotInspect as problem:
        return bytes(block[:filled]), problem
    return bytes(block[:filled]), None
