"""The blocks of which all pages are made, and one self-contained HTML page made of them.

A new kind of block is a dataclass here and a macro of the same name in `templates/blocks.html`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import jinja2


@dataclass(frozen=True)
class Cell:
    """The text of a table's cell with its looks.

    Args:
        text: The text.
        style: "code" for identifiers, "yes", "no" and "muted" for colours; empty for plain text.
        bar: Length of a bar before the text, from 0 to 1. `None` draws no bar.
        colour: Background colour as CSS. Empty for none.
        light: Whether the text is white, for dark backgrounds.
        tooltip: Text that is shown when the mouse is over the cell.
        link: Page that the text leads to, relative to this one. Empty for none.
    """

    text: str
    style: Literal["", "code", "yes", "no", "muted"] = ""
    bar: float | None = None
    colour: str = ""
    light: bool = False
    tooltip: str = ""
    link: str = ""


Content = str | Cell | Sequence[Cell]  # several cells in one are separated by commas


@dataclass(frozen=True)
class Hero:
    """The few most important figures in large type.

    Args:
        figures: Pairs of a value and its caption.
    """

    kind: ClassVar[str] = "hero"
    figures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """A table with a line of titles.

    Args:
        head: Titles of the columns. Empty for a table without titles.
        rows: The contents of each row.
        numeric: Numbers of the columns that are aligned to the right.
        highlighted: Whether the first row is in bold type.
    """

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[Content]]
    numeric: Sequence[int] = ()
    highlighted: bool = False


@dataclass(frozen=True)
class Facts:
    """A table of two columns: names and their values.

    Args:
        rows: Pairs of a name and its value.
    """

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, Content]]


@dataclass(frozen=True)
class Matrix:
    """A table whose rows and columns stand for the same labels, such as a confusion matrix.

    Args:
        labels: The labels.
        rows: The cells, of shape `(labels, labels)`.
    """

    kind: ClassVar[str] = "matrix"
    labels: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Picture:
    """A figure.

    Args:
        svg: The SVG element. It is not escaped: only `drawing.svg` may have made it.
    """

    kind: ClassVar[str] = "picture"
    svg: str


@dataclass(frozen=True)
class Grid:
    """Several figures side by side.

    Args:
        pictures: Pairs of a caption, which may be empty, and an SVG element.
        width: Smallest width of a figure in pixels.
    """

    kind: ClassVar[str] = "grid"
    pictures: Sequence[tuple[str, str]]
    width: int


@dataclass(frozen=True)
class Player:
    """A sound to play with a picture of it.

    Args:
        caption: The line above.
        flac: The sound as a FLAC file.
        svg: The picture, made by `drawing.svg`.
    """

    caption: str
    flac: bytes
    svg: str

    @property
    def source(self) -> str:
        """The sound as a data address."""
        return f"data:audio/flac;base64,{base64.b64encode(self.flac).decode()}"


@dataclass(frozen=True)
class Players:
    """Several sounds side by side.

    Args:
        players: The sounds.
    """

    kind: ClassVar[str] = "players"
    players: Sequence[Player]


@dataclass(frozen=True)
class Note:
    """A remark in small grey type.

    Args:
        text: The remark.
    """

    kind: ClassVar[str] = "note"
    text: str


Block = Hero | Table | Facts | Matrix | Picture | Grid | Players | Note


@dataclass(frozen=True)
class Section:
    """A part of a page with a frame around it.

    Args:
        title: The heading. Empty for none.
        blocks: What is in it, from top to bottom.
    """

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Columns:
    """Sections side by side, or one below the other where the window is narrow.

    Args:
        sections: The sections.
    """

    sections: Sequence[Section]


def render(
    title: str, subtitle: str, warnings: Sequence[str], sections: Sequence[Section | Columns]
) -> str:
    """Returns a page that needs no other file. All text is escaped.

    Args:
        title: Heading of the page and of the browser's tab.
        subtitle: The line below the heading.
        warnings: Sentences that are shown as banners above all figures.
        sections: The parts of the page, from top to bottom.
    """
    groups = [part if isinstance(part, Columns) else Columns([part]) for part in sections]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kerasaudio.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cells"] = cells
    template = environment.get_template("page.html")
    return template.render(title=title, subtitle=subtitle, warnings=warnings, groups=groups)


def cells(content: Content) -> Sequence[Cell]:
    """Returns the contents of a table's cell as a list of cells."""
    if isinstance(content, str):
        return [Cell(content)]
    return [content] if isinstance(content, Cell) else content
