"""What a log signature is and how the signatures of the folder are found; holds no fault of its own."""

from __future__ import annotations

import functools

from forge_doctor.check import RuleInfo, check_id, manual_of, modules_in
from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One known fault, as data.

    `pattern` decides, `literals` are found first: every text the pattern accepts has one of them.
    `exceptions` are the classes that carry the text; `wrapper` marks a symptom that is never a
    problem of its own; `any_level` that the line counts at INFO too. `numbers` are
    (name, regular expression with one group). `explained_by` lists the signatures which,
    seen shortly before, are the reason. `tells` names what a log cannot say here. `once` finds the
    object a repeated text is about, `detail` the name the message is about (regular expressions
    with one group). `blames=False`: the place printed with it is innocent.
    `frames` are regular expressions for `file function`: one frame of the exception's own traceback has to
    fit one of them, unless the words fit `alone`. `caught`: code may expect it and catch it, so a warning, or the
    line in the server's own log, says nothing. `fallout`: it follows from an error before it, whoever knows that one.
    `shape`: told by the order of the records, not by the words of one; its pattern fits nothing.
    `id` and `manual` are its file's name and docstring, which the loader fills in.
    """

    literals: tuple[str, ...]
    pattern: str
    exceptions: tuple[str, ...]
    source: str
    versions: str
    category: str
    severity: Severity
    tier: int
    meaning: str
    cause: str
    fix: str
    doc: str
    wrapper: bool = False
    any_level: bool = False
    blames: bool = True
    frames: tuple[str, ...] = ()
    alone: str = ""
    caught: bool = False
    fallout: bool = False
    shape: bool = False
    tells: str = ""
    once: str = ""
    detail: str = ""
    numbers: tuple[tuple[str, str], ...] = ()
    explained_by: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    id: str = ""
    manual: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of the manual."""
        return self.manual.partition("\n")[0].rstrip(".")

    @property
    def about(self) -> RuleInfo:
        """What formats tell of it: the manual with the mend, and what kind of fault it is."""
        manual = f"{self.manual}\n\nFix: {self.fix}\n     {self.doc}"
        return RuleInfo(self.summary, manual, (self.source, self.category))


@functools.cache
def load_signatures() -> dict[str, Signature]:
    """Every signature of the folder, by id: the file's name with `-`. Being there is the registration."""
    from forge_doctor.logs import signatures

    found: dict[str, Signature] = {}
    for module in modules_in(signatures):
        own = check_id(module.__name__)
        found[own] = signature = module.SIGNATURE
        # Nobody has seen it yet, and a copy of so many fields would take as long as half of loading it does.
        object.__setattr__(signature, "id", own)
        object.__setattr__(signature, "manual", manual_of(module.__name__))
    return dict(sorted(found.items()))
