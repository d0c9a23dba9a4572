"""Broken JSON is repaired where nothing is added or dropped, and refused where it would be."""

from typing import Any

import pytest

from pipelines.reading.json_text import MOST_REPAIRED_CHARACTERS, JsonBroken, parse_json


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": 1,}', {"a": 1}),
        ('[{"a": [1, 2,],}, ]', [{"a": [1, 2]}]),
        ('[{"a": 1}{"b": 2}]', [{"a": 1}, {"b": 2}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}),
        ("{'a': 'b'}", {"a": "b"}),
        ('{a: "b"}', {"a": "b"}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('// hi\n{"a": "http://x//y", /* c */ "b": 90.80,}', {"a": "http://x//y", "b": 90.8}),
        ('<!-- {"a": 1} -->', {"a": 1}),
        ('//<![CDATA[\n{"a": 1}\n//]]>', {"a": 1}),
        ("{&quot;a&quot;: &quot;b&quot;}", {"a": "b"}),
        ('{"a": "x\\/y \\u00e9 \\"q\\"" "b": 1.50}', {"a": 'x/y é "q"', "b": 1.5}),
        ('{"a": "\\ud83d\\ude00" "b": 2}', {"a": "😀", "b": 2}),
    ],
)
def test_what_is_certain_is_read(text: str, meant: Any) -> None:
    assert parse_json(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        '{"a": 1',
        '[{"a": 1}, {"b": 2',
        '[{"a": "1"}, {"b": "2}]',
        '{"a": "Eva Green, "b": "X"}',
        '{"a": [1, 2}, "b": 3]',
        '{"a": 1}} trailing {',
        '{"a": {"b": 1}, lost words}',
        '{"a" "b": "c" "d"}',
        "/*" + '{"a": 1}',
    ],
)
def test_what_is_not_certain_is_refused(text: str) -> None:
    with pytest.raises(JsonBroken):
        parse_json(text)


def test_what_is_too_long_is_not_repaired() -> None:
    long = '{"a": "' + "x" * MOST_REPAIRED_CHARACTERS + '",}'
    with pytest.raises(JsonBroken, match="too long to repair"):
        parse_json(long)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["/* ", "<!", '{"', "'a': ", "\\u0041", ",  ", '"x"y'])
def test_no_text_takes_for_ever(unit: str) -> None:
    text = "{" + unit * (MOST_REPAIRED_CHARACTERS // len(unit) // 2)
    with pytest.raises(JsonBroken):
        parse_json(text)
