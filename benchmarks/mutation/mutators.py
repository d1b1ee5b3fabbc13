"""One node of a program -> the nodes that a mutant has in its place.

A mutator yields replacements and never changes the node it was given. Faults that any run of the line would show
(a `-` between texts, a deleted first assignment) are left out: they would only flatter the suite.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Defaults = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """A node and where it stands.

    field: of the parent. function: the innermost around the node. quoted: the outermost f-string around it, whose
    parts have no positions of their own before Python 3.12. scope: dotted names of the classes and functions around.
    lines: first and last of the code that a test must reach to reach this node; None where importing is enough.
    """

    node: ast.AST
    parent: ast.AST
    field: str
    function: FunctionNode | None = None
    quoted: ast.JoinedStr | None = None
    scope: tuple[str, ...] = ()
    lines: tuple[int, int] | None = None


Mutator = Callable[[Place], Iterator[ast.AST]]

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
PAIRS = (
    ("min", "max"),
    ("any", "all"),
    ("argmin", "argmax"),
    ("minimum", "maximum"),
    ("nanmin", "nanmax"),
    ("nanargmin", "nanargmax"),
)
OPPOSITES = {name: other for pair in PAIRS for name, other in (pair, pair[::-1])}
UFUNC_METHODS = {"reduce", "accumulate", "reduceat", "outer", "at"}
ARRAY_KEYWORDS = {"axis", "kind", "initial", "keepdims", "where", "side", "dtype", "ddof", "decimals", "order"}
BUILTIN_DEFAULTS: Defaults = frozenset(
    {("sorted", "key"), ("sorted", "reverse"), ("sort", "key"), ("sort", "reverse"), ("enumerate", "start")}
    | {("sum", "start"), ("min", "key"), ("min", "default"), ("max", "key"), ("max", "default")}
)


def comparisons(place: Place) -> Iterator[ast.AST]:
    """`<` has its boundary moved and is negated; the others are negated."""
    if not isinstance(node := place.node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield ast.Compare(node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators)


def compared_texts(place: Place) -> Iterator[ast.AST]:
    """A text that is compared, or looked for, or looked among, becomes another text."""
    if not isinstance(node := place.node, ast.Compare):
        return
    operands = [node.left, *node.comparators]
    for operand in operands:
        listed = operand.elts if isinstance(operand, ast.Tuple | ast.List | ast.Set) else [operand]
        for text in listed:
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield with_replacement(node, text, ast.Constant(text.value + "XX"))


def operators(place: Place) -> Iterator[ast.AST]:
    """Arithmetic and masks; not the joining of texts, lists, dicts and paths."""
    node = place.node
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _joins(node):
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS and not _is_whole(node.value):
        yield ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)


def _joins(node: ast.BinOp) -> bool:
    return any(
        _joins(operand) if isinstance(operand, ast.BinOp) else _is_whole(operand) for operand in (node.left, node.right)
    )


def _is_whole(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    return isinstance(node, ast.JoinedStr | ast.List | ast.ListComp | ast.Tuple | ast.Dict | ast.DictComp)


def junctions(place: Place) -> Iterator[ast.AST]:
    """`and` and `or`."""
    if isinstance(node := place.node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def negations(place: Place) -> Iterator[ast.AST]:
    """`not x`, `-x` and `~x` become `x`."""
    if isinstance(node := place.node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
        yield node.operand


def conditions(place: Place) -> Iterator[ast.AST]:
    """The condition of an `if`, statement or expression, is negated where no other mutator does the same."""
    asked = place.field == "test" and isinstance(place.parent, ast.If | ast.IfExp)
    if not (asked or place.field == "ifs") or not isinstance(node := place.node, ast.expr):
        return
    single = isinstance(node, ast.Compare) and len(node.ops) == 1
    if not single and not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        yield ast.UnaryOp(ast.Not(), node)


def constants(place: Place) -> Iterator[ast.AST]:
    """An integer is one more, a fraction half as much again, 0.0 is 0.1, True is False; not the check of a zip."""
    checks = isinstance(place.parent, ast.keyword) and place.parent.arg == "strict"
    if not isinstance(node := place.node, ast.Constant) or checks:
        return
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 1.5 if node.value else 0.1)


def slice_bounds(place: Place) -> Iterator[ast.AST]:
    """A bound that is no plain number, which `constants` changes, is one more."""
    if place.field not in ("lower", "upper") or not isinstance(node := place.node, ast.expr):
        return
    if not isinstance(node.operand if isinstance(node, ast.UnaryOp) else node, ast.Constant):
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))


def opposites(place: Place) -> Iterator[ast.AST]:
    """`min` and `max`, `any` and `all` and their like, called by name, as a method or as a ufunc's method."""
    node, parent = place.node, place.parent
    called = place.field == "func" or (isinstance(parent, ast.Attribute) and parent.attr in UFUNC_METHODS)
    if called and isinstance(node, ast.Name) and node.id in OPPOSITES:
        yield ast.Name(OPPOSITES[node.id], node.ctx)
    if called and isinstance(node, ast.Attribute) and node.attr in OPPOSITES:
        yield ast.Attribute(node.value, OPPOSITES[node.attr], node.ctx)


def dropped_keywords(defaults: Defaults) -> Mutator:
    """Keywords of numpy's functions and methods, and those that `defaults`, (callee, keyword), says may be left out."""

    def mutate(place: Place) -> Iterator[ast.AST]:
        if not isinstance(node := place.node, ast.Call):
            return
        for keyword in node.keywords:
            if keyword.arg and _may_be_dropped(node.func, keyword.arg, defaults | BUILTIN_DEFAULTS):
                yield ast.Call(node.func, node.args, [other for other in node.keywords if other is not keyword])

    return mutate


def _may_be_dropped(callee: ast.expr, keyword: str, defaults: Defaults) -> bool:
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    method = isinstance(callee, ast.Attribute) and keyword in ARRAY_KEYWORDS
    return method or (name, keyword) in defaults or ast.unparse(callee).startswith(("np.", "numpy."))


def deletions(place: Place) -> Iterator[ast.AST]:
    """A call for its effect, `x += y`, `x[i] = y`, `x.a = y`, and a name that is bound anew."""
    node = place.node
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    rebound = isinstance(node, ast.Assign) and place.function is not None and _all_bound(node, place.function)
    if called or rebound or isinstance(node, ast.AugAssign):
        yield ast.Pass()


def _all_bound(assignment: ast.Assign, function: FunctionNode) -> bool:
    """Whether every name on the left has, before this line of the function, a value already."""
    arguments = function.args
    known = {each.arg for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < assignment.lineno:
            known.add(node.id)
    stored = [node for target in assignment.targets for node in ast.walk(target)]
    return all(node.id in known for node in stored if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def returns(place: Place) -> Iterator[ast.AST]:
    """`return x` becomes `return None` where the function is not annotated to return None."""
    node, function = place.node, place.function
    if not isinstance(node, ast.Return) or function is None or _is_none(function.returns):
        return
    if node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def jumps(place: Place) -> Iterator[ast.AST]:
    """`break` and `continue`."""
    if isinstance(place.node, ast.Break):
        yield ast.Continue()
    if isinstance(place.node, ast.Continue):
        yield ast.Break()


def mutators(defaults: Defaults) -> dict[str, Mutator]:
    """Every mutator under the name of its kind."""
    return {
        "comparison": comparisons,
        "text": compared_texts,
        "operator": operators,
        "and/or": junctions,
        "negation": negations,
        "condition": conditions,
        "constant": constants,
        "slice": slice_bounds,
        "opposite": opposites,
        "keyword": dropped_keywords(defaults),
        "deletion": deletions,
        "return": returns,
        "jump": jumps,
    }


def with_replacement(tree: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """`tree` with `new` where `old`, that very node, was; what lies around is copied, not changed."""
    if tree is old:
        return new

    def replaced(value: object) -> object:
        if isinstance(value, list):
            return [replaced(each) for each in value]
        return with_replacement(value, old, new) if isinstance(value, ast.AST) else value

    return type(tree)(**{name: replaced(value) for name, value in ast.iter_fields(tree)})
