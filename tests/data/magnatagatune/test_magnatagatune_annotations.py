"""Annotations that are damaged, or none."""

import pytest
from small_set import annotate, load, row

from kerasaudio.data.magnatagatune_tags import FILE
from kerasaudio.errors import UserError


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "was not found"),
        ("clip_id\tmp3_path\n1\t0/a.mp3\n", "lacks the columns"),
        ("", "could not be read"),
        ("\x00\x01", "lacks the columns"),
    ],
)
def test_annotations_that_are_none_are_one_line(tmp_path, text, reason):
    home = tmp_path / "magnatagatune"
    home.mkdir()
    if text is not None:
        (home / FILE).write_text(text)
    with pytest.raises(UserError, match=reason):
        load(home)


def test_tags_that_are_neither_0_nor_1_are_one_line(home):
    annotate(home, [{**row(n, f"{n:x}/clip-{n}.mp3"), "guitar": 2} for n in range(16)])
    with pytest.raises(UserError, match="line 2, column guitar: found .*2"):
        load(home)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda line: line.rpartition("\t")[0], "line 4: found"),
        (lambda line: line.partition("\t")[2], "line 4: found"),
        (lambda line: f"{line[:10]}\n{line[10:]}", "line 4: found"),
        (lambda line: line[:-1], "line 4: found a quotation mark"),
        (lambda line: f"#{line}", "line 4, column clip_id: found '#"),
        (lambda line: line.replace('"0"', '"-1"', 1), "line 4, column ambient: found .*-1"),
    ],
)
def test_a_damaged_line_of_the_annotations_is_told(home, change, told):
    lines = (home / FILE).read_text().splitlines()
    lines[2] = change(lines[2])
    (home / FILE).write_text("\n".join(["", *lines]))  # blank lines count
    with pytest.raises(UserError, match=told):
        load(home)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (lambda names: names[1:], "line 3: found"),  # or all columns would move by one
        (lambda names: [*names[:3], names[2], *names[4:]], "two columns 'baroque'"),
    ],
)
def test_a_damaged_header_of_the_annotations_is_told(home, header, told):
    names, *rows = (home / FILE).read_text().splitlines()
    (home / FILE).write_text("\n".join(["", "\t".join(header(names.split("\t"))), *rows]))
    with pytest.raises(UserError, match=told):
        load(home)


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/etc/passwd", "d/../../x.mp3", "g/x.mp3", "d/x.wav", "d\\x.mp3", ""],
)
def test_an_annotation_that_leads_out_of_the_set_is_one_line(home, path):
    annotate(home, [*(row(n, f"{n:x}/clip-{n}.mp3") for n in range(16)), row(99, path)])
    with pytest.raises(UserError, match="line 18: expected FOLDER/NAME.mp3") as told:
        load(home)
    assert "\n" not in str(told.value)
