"""Templates of the memo: run in a sandbox, those of a folder before those of the package, faults named with their line.

A template is a Jinja2 file that writes Markdown. Whatever comes out of an expression is escaped for Markdown unless it
is Markdown already, so that a name in an instance is shown letter by letter in every format.
"""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fabopt.report.memo.errors import TemplateError
from fabopt.report.memo.filters import Writer
from fabopt.report.memo.markdown import Md
from fabopt.report.memo.people import NOTHING
from fabopt.report.text import clip

if TYPE_CHECKING:
    from jinja2 import Environment

TEXT = "memo.md.j2"
SHEETS = "term-sheets.md.j2"
PAGE = "page.html.j2"
TYPST = "page.typ"
STYLES = "styles.docx"


def words_name(lang: str) -> str:
    """Return the name of the file with the words of a language."""
    return f"words.{lang}.yaml"


def check_folder(folder: Path | None, lang: str) -> None:
    """Refuse a folder of templates that is not there, or holds none that the memo would use.

    Raises
    ------
    TemplateError
        When there is no such folder, or no template in it.
    """
    if folder is None:
        return
    if not folder.is_dir():
        raise TemplateError(f"There is no folder {folder} to take templates from.")
    known = (TEXT, SHEETS, words_name(lang), PAGE, TYPST, STYLES)
    if not any((folder / name).is_file() for name in known):
        raise TemplateError(f"The folder {folder} holds none of the templates: {', '.join(known)}.")


def source(folder: Path | None, name: str) -> bytes:
    """Return a file of a folder of templates, or the package's where it has none.

    Raises
    ------
    TemplateError
        When it cannot be read.
    """
    from importlib import resources

    if folder is not None and (folder / name).is_file():
        from fabopt.report.memo.sandbox import LimitError, check_inside

        try:
            check_inside(folder, folder / name)
            return (folder / name).read_bytes()
        except OSError as error:
            raise TemplateError(f"{folder / name} cannot be read: {error.strerror}.") from error
        except LimitError as error:
            raise TemplateError(f"{error}.") from error
    return resources.files("fabopt.report.memo").joinpath("templates", name).read_bytes()


def markdown(folder: Path | None, lang: str, writer: Writer, context: Mapping[str, Any], name: str = TEXT) -> str:
    """Return the memo as Markdown.

    Parameters
    ----------
    folder
        Folder of templates, or None.
    lang
        Language.
    writer
        The filters, which remember what is printed.
    context
        What the template may use.
    name
        Of the template.

    Raises
    ------
    TemplateError
        When the template cannot be read, is faulty, or asks for what is not there.
    """

    def finalize(value: Any) -> Any:
        return value if value is None or _undefined(value) else Md.escape(value)

    from fabopt.report.memo.sandbox import environment

    env = environment(folder, finalize)
    env.filters.update(writer.filters)
    writer.phrases = phrases(folder, lang)
    text = _rendered(env, folder, name, {**context, **writer.functions})
    return f"{with_filled_columns(_trimmed(text))}\n"


def phrases(folder: Path | None, lang: str) -> Mapping[str, str]:
    """Return the phrases of the text: those of a folder's words before those of the package.

    Raises
    ------
    TemplateError
        When the folder's words cannot be read, or are none.
    """
    from fabopt.report.memo.words import words

    known, name = words(lang)["text"], words_name(lang)
    if folder is None or not (folder / name).is_file():
        return known
    import yaml

    try:
        own = yaml.safe_load(source(folder, name).decode("utf-8")) or {}
        said = {str(key): str(text) for key, text in own.get("text", {}).items()}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = _place(folder, name, None if mark is None else mark.line + 1)
        raise TemplateError(
            f"{place}: expected 'text:' with a phrase for each key, as the package's {name}."
        ) from error
    for key, text in said.items():
        if not _PLAIN.fullmatch(text):
            raise TemplateError(
                f"{_place(folder, name, None)}: the phrase '{clip(key, 60)}' has braces that name no place."
            )
        if key not in known and not any((folder / own_text).is_file() for own_text in (TEXT, SHEETS)):
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else "."
            raise TemplateError(f"{_place(folder, name, None)}: there is no phrase '{clip(key, 60)}'{hint}")
    return {**known, **said}


_PLAIN = re.compile(r"(?:[^{}]|\{[a-z_]+\})*")
"""A phrase: its places are plain names, with no width and nothing to be looked up in what fills them."""


def page(folder: Path | None, context: Mapping[str, Any]) -> str:
    """Return the page of the HTML file around what the Markdown became; errors as for :func:`markdown`."""
    from fabopt.report.memo.sandbox import environment

    made = _rendered(environment(folder, None), folder, PAGE, context)
    script = str(context.get("script", ""))
    fetched = _FETCHES.search(made.replace(script, "") if script else made)
    if fetched:
        raise TemplateError(
            f"{_place(folder, PAGE, None)}: the page would fetch '{clip(' '.join(fetched[0].split()), 60)}' when it is "
            "opened; put it into the page, or take it out."
        )
    return made


_ADDRESS = r"\s*[\"']?\s*(?:[a-z]+:)?//[^\s\"'()<>;]*"
_FETCHES = re.compile(
    r"<(?!a\b)[a-z][^<>]*?\s(?:src|srcset|href|xlink:href|data|poster|action|background|manifest)\s*="
    rf"{_ADDRESS}|url\({_ADDRESS}|@import{_ADDRESS}|<meta[^<>]*http-equiv\s*=\s*[\"']?refresh[^<>]*",
    re.IGNORECASE,
)
"""What a browser would fetch of itself when it opens a page: links that a reader follows are not."""


def _trimmed(text: str) -> str:
    """Return text without spaces at ends of lines, more than one empty line in a row, or brackets without origins.

    Brackets of a name are escaped, so that those of a template are the only ones with nothing between them.
    """
    text = text.replace("\n*[]*\n", "\n").replace(" []", "").replace("[]", "")
    lines: list[str] = []
    for line in (raw.rstrip() for raw in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines)


_TABLE = re.compile(r"(?:^\|.*\n?)+", re.MULTILINE)
_CELL = re.compile(r"(?<!\\)\|")


def with_filled_columns(text: str) -> str:
    """Return Markdown in which no column of a table has nothing but dashes, or nothing at all."""

    def filled(table: re.Match[str]) -> str:
        rows = [_CELL.split(line.strip().strip("|")) for line in table[0].splitlines()]
        said = [[cell.strip() not in ("", NOTHING) for cell in row] for row in rows[2:]]
        if not said or any(len(row) != len(rows[0]) for row in rows):
            return table[0]
        kept = [n for n in range(len(rows[0])) if any(row[n] for row in said)]
        if len(kept) in (0, len(rows[0])):
            return table[0]
        return "".join(f"|{'|'.join(row[n] for n in kept)}|\n" for row in rows)

    return _TABLE.sub(filled, text)


def _undefined(value: Any) -> bool:
    from jinja2 import Undefined

    return isinstance(value, Undefined)


def _rendered(env: Environment, folder: Path | None, name: str, context: Mapping[str, Any]) -> str:
    from jinja2 import TemplateNotFound, TemplateSyntaxError

    from fabopt.report.memo.sandbox import limited

    try:
        template = env.get_template(name)
        with limited():
            return template.render(context)
    except TemplateSyntaxError as error:
        place = _place(folder, error.name or name, error.lineno)
        raise TemplateError(f"{place}: the template has an error: {error.message}") from error
    except TemplateNotFound as error:
        raise TemplateError(f"The templates include '{clip(str(error.name), 60)}', which is not there.") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{_place(folder, name, None)} is no UTF-8 text.") from error
    except Exception as error:  # whatever code of a template brings up is a fault of the template
        _explain(env, folder, name, error, context)


def _explain(
    env: Environment, folder: Path | None, name: str, error: Exception, context: Mapping[str, Any]
) -> NoReturn:
    from jinja2 import UndefinedError

    from fabopt.report.memo.sandbox import LimitError

    at = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith((".j2", ".md"))]
    place = _place(folder, Path(at[-1].filename).name if at else name, at[-1].lineno if at else None)
    if isinstance(error, UndefinedError):
        said = _unknown(error, context)
    else:
        said = f"{error}." if isinstance(error, LimitError) else f"{type(error).__name__}: {error}"
    raise TemplateError(f"{place}: {said}") from error


def _place(folder: Path | None, name: str, line: int | None) -> str:
    file = str(folder / name) if folder is not None and (folder / name).is_file() else f"the package's {name}"
    return file if line is None else f"{file}, line {line}"


def _unknown(error: Exception, context: Mapping[str, Any]) -> str:
    """Return, of an unknown field, its name, what there is, and the nearest."""
    message = str(error)
    quoted = message.split("'")
    field = quoted[-2] if "has no attribute" in message and len(quoted) >= 4 else quoted[1] if len(quoted) > 1 else ""
    if "is undefined" in message:
        known, whole = sorted(context), "names"
        said = f"there is no '{clip(field, 60)}'"
    else:
        owner = quoted[1].rpartition(".")[2].removesuffix(" object")
        record = _records().get(owner)
        if record is None:
            return message
        known, whole = [f.name for f in fields(record)], f"fields of {owner}"
        said = f"{owner} has no field '{clip(field, 60)}'"
    near = difflib.get_close_matches(field, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return f"{said}{hint} The {whole}: {', '.join(known)}."


def _records() -> dict[str, Any]:
    """Return the classes of the records that a template sees, by name."""
    from fabopt.analysis.memo import records
    from fabopt.report.memo import filters

    spaces: Iterable[Any] = (*vars(records).values(), *vars(filters).values())
    return {kind.__name__: kind for kind in spaces if isinstance(kind, type) and is_dataclass(kind)}
