"""DuckDB's SQL, as the features are written in it, in Spark's words.

sqlglot translates; what it does not know, or knows wrongly, is a named override here. An override takes a node of the
parsed statement and returns the node that takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import sqlglot
from sqlglot import exp

Override = Callable[[exp.Expr], exp.Expr]

VARIABLE = "variable_{}"
"""The view of one row, ``value``, in which a variable of the session lies: a literal would stand in Spark's plans."""


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[exp.Expr, ...]:
    """Read DuckDB's statements; what is returned is shared and must be copied before it is changed."""
    return tuple(each for each in sqlglot.parse(text, dialect="duckdb") if each is not None)


def in_spark(query: exp.Expr) -> str:
    """The query as Spark reads it; leaves are overridden first. The query itself is changed."""
    for node in reversed(list(query.walk(bfs=False))):
        changed = node
        for override in OVERRIDES:
            changed = override(changed)
        if changed is not node:
            query = changed if node is query else query
            node.replace(changed)
    return query.sql(dialect="spark")


def real_literals(node: exp.Expr) -> exp.Expr:
    """A number with a point is a real: as a decimal, Spark would divide it with few digits."""
    if isinstance(node, exp.Literal) and not node.is_string and not node.this.isdigit():
        return exp.Cast(this=exp.Literal.string(node.this), to=exp.DataType.build("double"))
    return node


def zoned_moments(node: exp.Expr) -> exp.Expr:
    """A zoned timestamp keeps its zone: sqlglot's word for it means a naive one here."""
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.TIMESTAMPTZ:
        return exp.DataType(this=exp.DataType.Type.TIMESTAMPLTZ)
    return node


def replaced_columns(node: exp.Expr) -> exp.Expr:
    """``* replace (x as y)`` leaves y out and adds it at the end."""
    if not isinstance(node, exp.Select):
        return node
    more = []
    for star in node.find_all(exp.Star):
        if star.find_ancestor(exp.Select) is node and star.args.get("replace"):
            replaced = star.args["replace"]
            star.set("replace", None)
            star.set("except_", [exp.to_identifier(each.alias) for each in replaced])
            more += [each.copy() for each in replaced]
    if more:
        node.set("expressions", [*node.expressions, *more])
    return node


def rows_of_keys(node: exp.Expr) -> exp.Expr:
    """``(a, b) in (select (a, b) ...)`` compares two columns, not one struct."""
    query = node.args.get("query") if isinstance(node, exp.In) else None
    select = query.this if isinstance(query, exp.Subquery) else query
    if isinstance(select, exp.Select) and len(select.expressions) == 1:
        only = select.expressions[0]
        if isinstance(only, exp.Tuple):
            select.set("expressions", [each.copy() for each in only.expressions])
    return node


def finite_numbers(node: exp.Expr) -> exp.Expr:
    """``isfinite`` in what Spark knows; null stays null."""
    if _called(node, "isfinite"):
        value = node.expressions[0].sql(dialect="duckdb")
        return _parsed(f"not (isnan({value}) or abs({value}) = cast('Infinity' as double))")
    return node


def hexadecimal_numbers(node: exp.Expr) -> exp.Expr:
    """``cast('0x' || digits as bigint)`` is a conversion between bases."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.DPipe):
        prefix, digits = node.this.this, node.this.expression
        if isinstance(prefix, exp.Literal) and prefix.this == "0x":
            converted = exp.Anonymous(
                this="conv", expressions=[digits.copy(), exp.Literal.number(16), exp.Literal.number(10)]
            )
            return exp.Cast(this=converted, to=node.to.copy())
    return node


def session_variables(node: exp.Expr) -> exp.Expr:
    """A variable is read from the view that holds it."""
    if _called(node, "getvariable"):
        name = VARIABLE.format(node.expressions[0].this)
        return exp.Subquery(this=exp.select("value").from_(name))
    return node


def json_of_rows(node: exp.Expr) -> exp.Expr:
    """JSON text as DuckDB writes it: nulls stay, moments are written with a space, nothing is left out."""
    if not (isinstance(node, exp.Cast) and _called(node.this, "to_json")):
        return node
    fields = node.this.expressions[0].expressions
    parts = [_json_field(each.this.name, each.expression.sql(dialect="duckdb")) for each in fields]
    return _parsed(f"concat('{{', concat_ws(',', {', '.join(parts)}), '}}')")


def _json_field(name: str, value: str) -> str:
    text = f"cast({value} as varchar)"
    return (
        f"""concat('"{name}":', case when {value} is null then 'null'"""
        f" when typeof({value}) in ('bigint', 'int', 'double', 'boolean') then {text}"
        f" else substr(to_json(array({text})), 2, length(to_json(array({text}))) - 2) end)"
    )


OVERRIDES: tuple[Override, ...] = (
    real_literals,
    zoned_moments,
    replaced_columns,
    rows_of_keys,
    finite_numbers,
    hexadecimal_numbers,
    session_variables,
    json_of_rows,
)
"""All of them; each is tried on each node."""


def _called(node: object, name: str) -> bool:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower() == name
    return isinstance(node, exp.Func) and node.sql_name().lower() == name


def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, dialect="duckdb")
