"""Renaming: one name given anew wherever it is read.

A top-level name is read in the whole file but not where a parameter or binding of the same name hides it; the names of
a block, net or function in it and, parameters, in calls of it. Paths of picks follow. Python that reads decisions by
their paths, and trials made before, do not: `moved old => new` is for those.
"""

from collections.abc import Callable

from attrs import evolve

from symnas import tree
from symnas.errors import SourceError
from symnas.spans import Span
from symnas.traversal import child_at, rebuild, with_fields
from symnas.treepaths import Place, bound_names, find_place, walk

__all__ = ["Declaring", "declared_as", "paths_followed", "reads_renamed", "renamed", "words"]

Change = Callable[[tree.Node], tree.Node]
Owner = tree.Block | tree.Net | tree.Fn
Named = tree.Block | tree.Net | tree.Rewritten | tree.Let | tree.Fn | tree.Shared | tree.Rule
Declaring = Named
"""Declarations that a name stands for."""


def renamed(module: tree.Module, path: str, new: str) -> tree.Module:
    """*module* with what has the name *path* called *new*.

    Raises:
        PathError: nothing is at *path*.
        SourceError: the name is taken, or what is there has no name of its own.
    """
    place = find_place(module, path)
    holder = _holder(module, place)
    word = path.rpartition(".")[2].partition("[")[0]
    number = place.route[0].position or 0
    owner = module.declarations[number]
    if place.holder == 1 and isinstance(holder, Named):
        return _rename_global(module, holder, new)
    if isinstance(owner, tree.Train | tree.Search) and isinstance(holder, tree.Field) and path.count(".") == 1:
        return _rename_setting(module, owner, holder, new)
    if isinstance(owner, Owner):
        if isinstance(holder, tree.Parameter | tree.Shared):
            word = holder.name
        if word in _locals(owner):
            return _rename_local(module, number, owner, word, new)
    raise SourceError.at(
        "E0706", f"`{path}` has no name that can be changed", place.node.span,
        hint="declarations, parameters, bindings and settings can be renamed",
    )  # fmt: skip


def reads_renamed(module: tree.Module, old: str, new: str) -> tree.Module:
    """*module* with what reads the top-level name *old* reading *new*; the name itself, and whatever has a name like it
    of its own, stay.
    """
    change = _sweep(_names_changed(old, new))
    hidden = [isinstance(each, Owner) and old in _locals(each) for each in module.declarations]
    declarations = (each if own else change(each) for each, own in zip(module.declarations, hidden, strict=True))
    return evolve(module, declarations=tuple(declarations))


def declared_as(module: tree.Module, old: str, new: str) -> tree.Module:
    """*module* with the declaration *old* called *new*; what reads it is `reads_renamed`'s business."""
    declarations = (
        with_fields(each, {"name": new}) if isinstance(each, Named) and each.name == old else each
        for each in module.declarations
    )  # fmt: skip
    return evolve(module, declarations=tuple(declarations))


def paths_followed(module: tree.Module, old: str, new: str) -> tree.Module:
    """*module* with paths of picks and moves that begin with *old* beginning with *new*."""

    def follow(path: str) -> str:
        rest = path[len(old) :]
        return new + rest if path.startswith(old) and rest[:1] in ("", ".", "[") else path

    paths = _sweep(_paths_changed(follow))
    return evolve(module, declarations=tuple(paths(each) for each in module.declarations))


def words(module: tree.Module) -> set[str]:
    """All names that *module* binds or reads."""
    taken = {each.name for each, _ in walk(module) if isinstance(each, tree.Used | tree.As | tree.PatternVariable)}
    rewritten = (each for each in module.declarations if isinstance(each, tree.Rewritten))
    return _words(module) | taken | {name for each in rewritten for name in (each.base, *each.rules)}


def _holder(module: tree.Module, place: Place) -> tree.Node:
    node: tree.Node = module
    for step in place.route[: place.holder]:
        child = child_at(node, step)
        assert child is not None
        node = child
    return node


def _rename_global(module: tree.Module, holder: Named, new: str) -> tree.Module:
    """Rename a declaration, and what reads it outside of what has a name like it of its own."""
    old = holder.name
    _check_free(new, _words(module), holder.span)
    trained = any(isinstance(each, tree.Train) and each.net == old for each in module.declarations)
    change = _sweep(_names_changed(old, new, trained=trained))
    head_only = not isinstance(holder, tree.Block) or holder.kind is tree.BlockKind.CELL

    def follow(path: str) -> str:
        if trained and path.startswith(f"train.{old}."):
            return f"train.{new}.{path.removeprefix(f'train.{old}.')}"
        return _path_renamed(path, old, new, head_only=head_only)

    paths = _sweep(_paths_changed(follow))
    declarations = []
    for each in module.declarations:
        hidden = isinstance(each, Owner) and old in _locals(each)
        after = paths(each if hidden else change(each))
        if each is holder:
            after = with_fields(after, {"name": new})
        declarations.append(after)
    return evolve(module, declarations=tuple(declarations))


def _rename_local(module: tree.Module, number: int, owner: Owner, old: str, new: str) -> tree.Module:
    """Rename a parameter or binding of *owner*, declaration *number*, and the settings of its calls."""
    taken = _words(owner) | {each.name for each in module.declarations if isinstance(each, Named)}
    _check_free(new, taken, owner.span)
    inside = _sweep(_names_changed(old, new))
    is_setting = old in {each.name for each in _parameters(owner)}

    def outside(node: tree.Node) -> tree.Node:
        if is_setting and isinstance(node, tree.Call) and node.function == tree.Name(owner.name):
            return evolve(node, arguments=tuple(_argument_renamed(each, old, new) for each in node.arguments))
        return node

    everywhere = _sweep(outside)
    paths = _sweep(_paths_changed(lambda path: _local_path_renamed(path, owner, old, new)))
    declarations = []
    for position, each in enumerate(module.declarations):
        declarations.append(paths(everywhere(inside(each) if position == number else each)))
    return evolve(module, declarations=tuple(declarations))


def _rename_setting(module: tree.Module, owner: tree.Train | tree.Search, holder: tree.Field, new: str) -> tree.Module:
    """Rename a setting of a recipe, and `train.setting` wherever it is read."""
    old = holder.label
    recipe = "train" if isinstance(owner, tree.Train) else "search"
    net = owner.net if isinstance(owner, tree.Train) else None
    recipes = [each for each in module.declarations if type(each) is type(owner) and getattr(each, "net", None) == net]
    targets = _recipe_names(module, recipe, net)
    _check_free(new, {each.label for each in owner.fields if each.label}, holder.span)
    if sum(each.label == old for recipe_ in recipes for each in recipe_.fields) > 1:
        raise SourceError.at("E0706", f"several recipes have a setting `{old}`; rename each by hand", holder.span)

    def change(node: tree.Node) -> tree.Node:
        if node is holder:
            return evolve(holder, label=new)
        if isinstance(node, tree.Attribute) and node.name == old and node.target in targets:
            return evolve(node, name=new)
        return node

    def follow(path: str) -> str:
        parts, at = path.split("."), 1 if net is None else 2
        follows = parts[:at] == [recipe, *([] if net is None else [net])] and parts[at:]
        if not follows or parts[at].partition("[")[0] != old:
            return path
        return ".".join([*parts[:at], new + parts[at][len(old or "") :], *parts[at + 1 :]])

    both = _sweep(lambda node: _paths_changed(follow)(change(node)))
    return evolve(module, declarations=tuple(both(each) for each in module.declarations))


def _recipe_names(module: tree.Module, recipe: str, net: str | None) -> list[tree.Expression]:
    """What stands before the dot where a setting of *recipe* is read: of `train Net` that is `train.Net`, or `train`
    where there is one net.
    """
    plain = tree.Name(recipe)
    if net is None:
        return [plain]
    alone = sum(isinstance(each, tree.Net | tree.Rewritten) for each in module.declarations) == 1
    return [tree.Attribute(plain, net), *([plain] if alone else [])]


# ----------------------------------------------------------------------------------- what names are where


def _check_free(new: str, taken: set[str], span: Span) -> None:
    if new in taken:
        raise SourceError.at("E0707", f"`{new}` is in use already", span, hint="choose another name")


def _parameters(owner: Owner) -> tuple[tree.Parameter, ...]:
    match owner:
        case tree.Block(settings=settings, inputs=inputs):
            return settings + (inputs or ())
        case tree.Net(inputs=inputs):
            return inputs
        case tree.Fn(parameters=parameters):
            return parameters


def _locals(owner: Owner) -> set[str]:
    """The names that *owner* binds: its parameters, and those of its statements and loops."""
    found: set[str] = set()
    for node, _ in walk(owner):
        match node:
            case tree.NamePattern() | tree.TuplePattern():
                found.update(bound_names(node))
            case tree.Parameter(name=name) | tree.Shared(name=name):
                found.add(name)
            case _:
                pass
    return found


def _words(node: tree.Node) -> set[str]:
    """All names that *node* binds or reads."""
    found = {each.name for each, _ in walk(node) if isinstance(each, tree.Name | tree.Parameter | Named)}
    return found | {each.name for each, _ in walk(node) if isinstance(each, tree.NamePattern)}


# ---------------------------------------------------------------------------------------------- changes


def _sweep(change: Change) -> Callable[[tree.Declaration], tree.Declaration]:
    """*change* at every node, inner ones first; a node reached in several ways stays one node."""
    done: dict[int, tuple[tree.Node, tree.Node]] = {}

    def visit(node: tree.Node) -> tree.Node:
        if id(node) not in done:
            done[id(node)] = node, change(rebuild(node, visit))
        return done[id(node)][1]

    return visit  # type: ignore[return-value]  # a change keeps the kind of its node


def _names_changed(old: str, new: str, *, trained: bool = False) -> Change:
    """Whatever reads or binds *old* by its bare name; with *trained*, a net's that has a recipe, `train.old` as well."""

    def change(node: tree.Node) -> tree.Node:
        match node:
            case tree.Name(name=name) | tree.NamePattern(name=name) | tree.Parameter(name=name) if name == old:
                return evolve(node, name=new)
            case tree.Rewritten(base=base, rules=rules) if old == base or old in rules:
                fresh = tuple(new if each == old else each for each in rules)
                return evolve(node, base=new if old == base else base, rules=fresh)
            case tree.Train(net=net) if net == old:
                return evolve(node, net=new)
            case tree.Attribute(target=tree.Name(name="train"), name=name) if name == old and trained:
                return evolve(node, name=new)
            case _:
                return node

    return change


def _argument_renamed(node: tree.Argument, old: str, new: str) -> tree.Argument:
    return evolve(node, name=new) if node.name == old else node


def _paths_changed(follow: Callable[[str], str]) -> Change:
    """The paths of picks and moves, as *follow* changes them."""

    def change(node: tree.Node) -> tree.Node:
        match node:
            case tree.PickEntry(path=path) if (after := follow(path)) != path:
                return evolve(node, path=after)
            case tree.Moved(new=path) if (after := follow(path)) != path:
                return evolve(node, new=after)
            case _:
                return node

    return change


def _path_renamed(path: str, old: str, new: str, *, head_only: bool) -> str:
    """*path* with its head, or every part that is a use of *old*, renamed."""
    parts = path.split(".")
    for position, part in enumerate(parts):
        word, bracket, rest = part.partition("[")
        if word == old and (position == 0 or not head_only):
            parts[position] = new + bracket + rest
    return ".".join(parts)


def _local_path_renamed(path: str, owner: Owner, old: str, new: str) -> str:
    """*path* with the parts named *old* renamed that lie within *owner*, as far as the path tells."""
    parts = path.split(".")
    inside = False
    for position, part in enumerate(parts):
        word, bracket, rest = part.partition("[")
        if inside and word == old:
            parts[position] = new + bracket + rest
        inside = inside or word == owner.name
    return ".".join(parts)
