"""What opens a scope: modules, functions, classes, lambdas; and parameters."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes.access import Attribute, Call, Keyword, Name, Starred
from forge_doctor.code.syntax.nodes.base import Node, Statement
from forge_doctor.code.syntax.nodes.once import once
from forge_doctor.code.syntax.nodes.simple import Expr, Other, Raise
from forge_doctor.code.syntax.nodes.values import Constant, Str, Yield


class Module(Node):
    """A file."""

    __slots__ = ()
    types = ("module",)

    @property
    def body(self) -> tuple[Node, ...]:
        """Its statements."""
        return self.children


class Param(Node):
    """A parameter of a function."""

    __slots__ = ()
    types = ("typed_parameter", "default_parameter", "typed_default_parameter")

    @once
    def name(self) -> str:
        """Without its stars."""
        return self._name().text.lstrip("*")

    def _name(self) -> Node:
        return self._field("name") or (self.children or (self,))[0]

    @property
    def is_spread(self) -> bool:
        """Whether it is `*args` or `**kwargs`."""
        return isinstance(self._name(), Starred)

    @property
    def function_of(self) -> FunctionDef | None:
        """The function it is a parameter of; None for a lambda's."""
        return self.parent if isinstance(self.parent, FunctionDef) else None

    @property
    def annotation(self) -> Node | None:
        """Its type, as written."""
        return self._field("type")

    @property
    def default(self) -> Node | None:
        """Its default."""
        return self._field("value")


class Lambda(Node):
    """`lambda params: body`."""

    __slots__ = ()
    types = ("lambda",)

    @property
    def body(self) -> Node:
        """The expression."""
        return self._need("body")

    @property
    def params(self) -> tuple[Node, ...]:
        """`Param`s and plain `Name`s."""
        return self._body("parameters")

    def has_in_body(self, inner: Node) -> bool:
        """Whether `inner` is of the body, not of a default."""
        return inner is self.body


class Definition(Statement):
    """What a `def` and a `class` have in common: a name, decorators, a body."""

    __slots__ = ()

    @once
    def name(self) -> str:
        """Its name."""
        raw = self.raw.child_by_field_name("name")
        return "" if raw is None else self.file.text_of(raw)

    @property
    def body(self) -> tuple[Node, ...]:
        """Its statements."""
        return self._body()

    @once
    def decorators(self) -> tuple[Node, ...]:
        """The expressions behind `@`."""
        return _decorators(self)

    def decorated_by(self, *names: str) -> bool:
        """Whether a decorator's last name is one of these (`@app.get(...)` -> `get`)."""
        return any(_last_name(one) in names for one in self.decorators)

    def has_in_body(self, inner: Node) -> bool:
        """Whether `inner` is a statement of the body, not a parameter, an annotation or a base."""
        raw = self.raw.child_by_field_name("body")
        return raw is not None and raw.start_byte <= inner.start and inner.end <= raw.end_byte


class FunctionDef(Definition):
    """`def` or `async def`."""

    __slots__ = ()
    types = ("function_definition",)

    @property
    def name_node(self) -> Node:
        """Its name, as a place for findings."""
        return self._need("name")

    @once
    def is_async(self) -> bool:
        """Whether it says `async def`."""
        return self._has_token("async")

    @once
    def params(self) -> tuple[Node, ...]:
        """`Param`s, and `Name` or `Starred` for those without type and default."""
        return tuple(one for one in self._body("parameters") if isinstance(one, Param | Name | Starred))

    @once
    def param_names(self) -> tuple[str, ...]:
        """The names, without stars."""
        return tuple(one.name if isinstance(one, Param) else one.text.lstrip("*") for one in self.params)

    def param(self, name: str) -> Param | None:
        """The parameter of that name, if it has a type or a default."""
        return next((one for one in self.params if isinstance(one, Param) and one.name == name), None)

    def argument(self, call: Call, name: str) -> Node | None:
        """What a call of it gives for one of its parameters; None where it has no such parameter, or nothing is given."""
        if name not in self.param_names:
            return None
        bound = self.is_method and not self.decorated_by("staticmethod")
        place = self.param_names.index(name)
        if place > self.places:
            return call.keyword(name)
        return call.argument(place - bound, name)

    @once
    def places(self) -> int:
        """How many parameters stand before its `*args`, which takes all arguments by place from there on."""
        for place, one in enumerate(self.params):
            if isinstance(one, Starred) or (isinstance(one, Param) and one.is_spread):
                return place
        return len(self.params)

    @property
    def returns(self) -> Node | None:
        """The return annotation."""
        return self._field("return_type")

    @once
    def is_generator(self) -> bool:
        """Whether it has a `yield` of its own."""
        data = self.file.data
        return data.find(b"yield", self.start, self.end) >= 0 and next(self.find(Yield, nested=False), None) is not None

    @property
    def is_method(self) -> bool:
        """Whether it is defined right in a class body."""
        return isinstance(self.owner, ClassDef)

    @property
    def qualname(self) -> str:
        """`Repository.save` for a method, else the name."""
        owner = self.owner
        return f"{owner.name}.{self.name}" if isinstance(owner, ClassDef) else self.name

    @property
    def is_stub(self) -> bool:
        """Whether nothing happens in it: `...`, `pass`, a docstring, raise NotImplementedError."""
        return all(_says_nothing(one) for one in self.body)


class ClassDef(Definition):
    """`class Name(bases): ...`."""

    __slots__ = ()
    types = ("class_definition",)

    @property
    def bases(self) -> tuple[Node, ...]:
        """Base classes as written."""
        return tuple(one for one in self._body("superclasses") if not isinstance(one, Keyword))

    @property
    def keywords(self) -> tuple[Keyword, ...]:
        """`metaclass=M` and such."""
        return tuple(one for one in self._body("superclasses") if isinstance(one, Keyword))

    @property
    def methods(self) -> tuple[FunctionDef, ...]:
        """The functions defined right in its body."""
        return tuple(one for one in self.body if isinstance(one, FunctionDef))


def _decorators(node: Node) -> tuple[Node, ...]:
    around = node.raw.parent
    if around is None or around.type != "decorated_definition":
        return ()
    return tuple(
        node.file.node(inner) for raw in around.children if raw.type == "decorator" for inner in raw.named_children[:1]
    )


def _last_name(node: Node) -> str:
    if isinstance(node, Call):
        node = node.func
    return node.attr if isinstance(node, Attribute) else node.text


def _says_nothing(node: Node) -> bool:
    if isinstance(node, Raise):
        return "NotImplemented" in node.text
    if isinstance(node, Expr):
        return isinstance(node.value, Str | Constant)
    return isinstance(node, Other) and node.text == "pass"
