"""Documents gone wrong in every way hypothesis thinks of."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from pipelines.reading.document import DocumentUnreadable, read_document
from pipelines.reading.segments import SEGMENT_COLUMNS, Understood
from warehouse.bulk.contract import REFUSED_COLUMNS

TELLING_TEXTS = (
    *("", " ", "0", "UA110", "UA", "110", "SFO", "XXX", "JFK", "2027-03-04", "true", "\ud800"),
    *("2027-03-04T20:15:00", "2027-03-14T02:30:00", "0001-01-01T00:00:00+23:59", "20:15"),
    *("9999-12-31T23:59:59-23:59", "02-04-2018 18:35", "http://schema.org/Cancelled", "Pending"),
    *("booking", "flight", "stay", "America/New_York", "../etc", "EUR", "1e9999", "-1", "&amp;"),
)
texts = st.sampled_from(TELLING_TEXTS) | st.text(max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 0, 2**63])
    | st.floats()
    | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def paths_of(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where every value of a tree stands."""
    inner = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    return [path, *[below for key, value in inner for below in paths_of(value, (*path, key))]]


@st.composite
def mutated(draw: st.DrawFn, tree: Any, *, kept: tuple[str, ...] = ()) -> Any:
    """Put anything at one to four places of a tree, but at no place named in `kept`."""
    changed = deepcopy(tree)
    for _ in range(draw(st.integers(1, 4))):
        places = [path for path in paths_of(changed) if path and path[-1] not in kept]
        if not places:
            break
        *above, last = draw(st.sampled_from(places))
        holder = changed
        for key in above:
            holder = holder[key]
        if draw(st.booleans()) and isinstance(holder, dict):
            del holder[last]
        else:
            holder[last] = draw(json_values)
    return changed


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Cut, double or overwrite a few stretches of a document."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 40)))
        middle = draw(
            st.binary(max_size=10)
            | st.sampled_from([b"", b"\0", b"<", b"&", b'"', b"{", b"]", b"\r\n\r\n", b"=", b"--b"])
            | st.just(content[start:end] * 2)
        )
        content = content[:start] + middle + content[end:]
    return content


def read_or_refuse(content: bytes, name: str) -> Understood | None:
    """Read a document; check that what is said of it is whole, or that it is refused in words."""
    try:
        understood = read_document(content, name)
    except DocumentUnreadable as error:
        assert_readable(error.reason)
        return None
    assert tuple(understood.segments.columns) == SEGMENT_COLUMNS
    assert list(understood.rejected.columns) == REFUSED_COLUMNS
    assert understood.segments["kind"].isin(["flight", "stay", "booking"]).all()
    assert understood.segments["booking_ref"].notna().all()
    for reason in understood.rejected["reason"]:
        assert_readable(reason)
    assert (understood.rejected["raw"] != "").all()
    return understood


def assert_readable(reason: str) -> None:
    """Check that a reason is a sentence that says what to do."""
    assert reason.endswith("."), reason
    assert len(reason.split()) > 5, reason
    assert "None" not in reason, reason


def lines_of(understood: Understood) -> set[int]:
    """Name every place in a document of which something was made."""
    return {*understood.segments["line"], *understood.rejected["line"]}
