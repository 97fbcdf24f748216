"""What files of a glossary may hold, and what a broken one says."""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.engines.llm.glossary import Glossary, Term
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from tests.budget import examples

CATALAN = Pair(find("en"), find("ca"))


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


TBX2 = """<?xml version="1.0"?>
<martif type="TBX-Basic" xml:lang="en"><text><body>
<termEntry id="1">
 <langSet xml:lang="en-US"><tig><term>neural network</term></tig><tig><term>neural net</term></tig></langSet>
 <langSet xml:lang="fr"><tig><term>réseau de neurones</term></tig></langSet>
 <langSet xml:lang="ca"><ntig><termGrp><term>xarxa <hi>neuronal</hi></term></termGrp></ntig><tig><term>malla</term></tig></langSet>
</termEntry>
<termEntry id="2"><langSet xml:lang="en"><tig><term>only English</term></tig></langSet></termEntry>
</body></text></martif>"""

TBX3 = """<?xml version="1.0" encoding="UTF-8"?>
<tbx xmlns="urn:iso:std:iso:30042:ed-2" style="dca" type="TBX-Basic" xml:lang="en"><text><body>
<conceptEntry id="c1">
 <langSec xml:lang="en"><termSec><term>neural network</term></termSec><termSec><term>neural net</term></termSec></langSec>
 <langSec xml:lang="ca"><termSec><term>xarxa
   neuronal</term></termSec></langSec>
</conceptEntry></body></text></tbx>"""

NETWORKS = [Term("neural network", "xarxa neuronal"), Term("neural net", "xarxa neuronal")]

READ = [
    # what it shows, file, its text, its terms
    ("a header", "a.csv", "source,target\ncloud,núvol\n", [Term("cloud", "núvol")]),
    ("columns in any order", "a.csv", "note,Target,SOURCE\nx,núvol,cloud\n", [Term("cloud", "núvol")]),
    ("no header", "a.csv", "cloud,núvol\n", [Term("cloud", "núvol")]),
    ("TSV", "a.tsv", "source\ttarget\ncloud\tnúvol, boira\n", [Term("cloud", "núvol, boira")]),
    ("a suffix in capitals", "A.CSV", "cloud,núvol\n", [Term("cloud", "núvol")]),
    ("a byte order mark and Windows lines", "a.csv", "\ufeffsource,target\r\ncloud,núvol\r\n", [Term("cloud", "núvol")]),
    ("a comma inside", "a.csv", 'cloud,"núvol, boira"\n', [Term("cloud", "núvol, boira")]),
    ("not translated", "a.csv", "Kubernetes,\nDocker,Docker\n", [Term("Kubernetes", "Kubernetes"), Term("Docker", "Docker")]),
    ("blank lines and spaces", "a.csv", "\n  cloud  , núvol \n,\n", [Term("cloud", "núvol")]),
    ("the same row twice", "a.csv", "cloud,núvol\nCloud,núvol\n", [Term("cloud", "núvol")]),
    ("decomposed", "a.csv", "cafe\u0301,cafè\n", [Term("café", "cafè")]),
    ("languages", "a.csv", "source,target,language\ncloud,núvol,ca\ncloud,nube,Spanish\nDocker,,\nweb,web,cat_Latn\n",
     [Term("cloud", "núvol"), Term("Docker", "Docker"), Term("web", "web")]),
    ("case", "a.csv", "source,target,case\nApple,Apple,sensitive\napple,poma,\nUS,EUA,True\nus,nosaltres,insensitive\n",
     [Term("Apple", "Apple", True), Term("apple", "poma"), Term("US", "EUA", True), Term("us", "nosaltres")]),
    ("rows of another language only", "a.csv", "source,target,language\ncloud,nube,es\n", []),
    ("TBX version 2", "a.tbx", TBX2, NETWORKS),
    ("TBX version 3", "a.xml", TBX3, NETWORKS),
    ("TBX that says it is Latin-1", "a.tbx", TBX3.replace("UTF-8", "ISO-8859-1").replace("neural net<", "café<"),
     [Term("neural network", "xarxa neuronal"), Term("café", "xarxa neuronal")]),
    ("TBX with comments in its terms", "a.tbx", TBX3.replace("neural net<", "neural <!-- no --><?no no?>net<"), NETWORKS),
]  # fmt: skip


@pytest.mark.parametrize(("what", "name", "text", "terms"), READ, ids=[case[0] for case in READ])
def test_files_are_read(what: str, name: str, text: str, terms: list[Term], tmp_path: Path) -> None:
    assert list(Glossary.read(write(tmp_path, name, text), CATALAN).terms) == terms


NEAREST = [
    # the languages of an entry, the pair's target, the term taken
    ({"pt-PT": "ecrã", "pt-BR": "tela"}, "pt", "ecrã"),
    ({"pt-PT": "ecrã", "pt-BR": "tela"}, "pt-BR", "tela"),
    ({"pt": "ecrã", "pt-BR": "tela"}, "pt-BR", "tela"),
    ({"pt-PT": "ecrã"}, "pt-BR", None),
    ({"zh-CN": "屏幕", "zh-TW": "螢幕"}, "zho_Hant", "螢幕"),
    ({"zh-TW": "螢幕", "zh": "屏幕"}, "zho_Hans", "屏幕"),
    ({"zh": "屏幕"}, "zho_Hant", None),
    ({"sr-Latn": "ekran", "sr": "екран"}, "sr-Cyrl", "екран"),
    ({"": "!", "x-?": "?", "es": "pantalla"}, "ca", None),
]


@pytest.mark.parametrize(("said", "target", "expected"), NEAREST)
def test_the_nearest_region_and_script_is_taken(
    said: dict[str, str], target: str, expected: str | None, tmp_path: Path
) -> None:
    entry = {"en-GB": "screen"} | said
    languages = "".join(f'<langSec xml:lang="{tag}"><term>{term}</term></langSec>' for tag, term in entry.items())
    path = write(tmp_path, "a.tbx", f"<tbx><conceptEntry>{languages}</conceptEntry></tbx>")
    terms = Glossary.read(path, Pair(find("en"), find(target))).terms
    assert [term.target for term in terms] == ([expected] if expected else [])


@pytest.mark.parametrize(("target", "read"), [("pt", 1), ("pt-BR", 1), ("pt-PT", 0)])
def test_a_row_for_one_region_is_not_for_another(target: str, read: int, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "source,target,language\nscreen,tela,pt-BR\n")
    assert len(Glossary.read(path, Pair(find("en"), find(target)))) == read


BOMB = '<?xml version="1.0"?>\n<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<tbx><term>&b;</term></tbx>'
THIEF = '<!DOCTYPE t [<!ENTITY f SYSTEM "file:///etc/passwd">]><tbx><term>&f;</term></tbx>'

LAUGHS = "".join(f'<!ENTITY l{n} "{"".join(f"&l{n - 1};" for _ in range(10))}">' for n in range(1, 10))
LAUGHTER = f'<!DOCTYPE t [<!ENTITY l0 "ha">{LAUGHS}]>'
PARAMETER = '<!DOCTYPE t [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><tbx/>'
DTD = '<!DOCTYPE t SYSTEM "http://127.0.0.1:9/t.dtd"><tbx><term>a</term></tbx>'

BROKEN = [
    # what is wrong, file, its text, what the message says
    ("no target column", "a.csv", "source,translation\ncloud,núvol\n", "a.csv:1: no column 'target'"),
    ("no source column", "a.tsv", "en\ttarget\ncloud\tnúvol\n", "a.tsv:1: no column 'source'"),
    ("a column misspelt", "a.csv", "source,target,langauge\n", "a.csv:1: unknown column 'langauge'. Did you mean 'language'?"),
    ("no source", "a.csv", "source,target\ncloud,núvol\n ,boira\n", "a.csv:3: no source term"),
    ("no target cell", "a.csv", "cloud\n", "a.csv:1: 1 columns; separate source and target by ','"),
    ("another separator", "a.csv", "source;target\ncloud;núvol\n", "a.csv:1: 1 columns"),
    ("an unquoted comma", "a.csv", "source,target\ncloud,núvol, boira\n", "a.csv:2: 3 columns"),
    ("two targets", "a.csv", "cloud,núvol\nx,y\nCloud,boira\n", "a.csv:3: 'Cloud' is 'boira' here and 'núvol' in line 1"),
    ("two targets, capitals matter", "a.csv", "source,target,case\nUS,EUA,true\nUS,EEUU,true\n", "a.csv:3: 'US' is"),
    ("an unknown language", "a.csv", "source,target,language\na,b,Klingonese\n", "a.csv:2: unknown language 'Klingonese'"),
    ("an open language", "a.csv", "source,target,language\na,b,zh\n", "a.csv:2: which language is 'zh'?"),
    ("an unknown case", "a.csv", "source,target,case\na,b,maybe\n", "a.csv:2: case is 'maybe'"),
    ("an open quotation", "a.csv", 'a,b\n"c,d\n', "check the quotation marks"),
    ("a control character", "a.csv", "a,b\nc\x1bd,e\n", r"a.csv:2: 'c\x1bd' holds a control character"),
    ("a placeholder", "a.csv", "a,<1/>\n", "a.csv:1: '<1/>' holds a control character or a placeholder"),
    ("no rows", "a.csv", "source,target\n", "a.csv: no terms"),
    ("an empty file", "a.csv", "", "a.csv: no terms"),
    ("Latin-1", "a.csv", "a,b\ncloud,núvol\n".encode("latin-1"), "a.csv:2: not UTF-8"),
    ("UTF-16", "a.tbx", TBX3.encode("utf-16"), "a.tbx:1: not UTF-8"),
    ("another format", "a.xlsx", "", "a.xlsx: not a glossary that can be read"),
    ("an entity bomb", "a.tbx", BOMB, "a.tbx:2: a DOCTYPE is not read"),
    ("an external entity", "a.tbx", THIEF, "a.tbx:1: a DOCTYPE is not read"),
    ("a billion laughs", "a.tbx", f"{LAUGHTER}<tbx><term>&l9;</term></tbx>", "a.tbx:1: broken XML"),
    ("a billion laughs in an attribute", "a.tbx", f'{LAUGHTER}<tbx a="&l9;"/>', "a.tbx:1: broken XML"),
    ("an external parameter", "a.tbx", PARAMETER, "a.tbx:1: a DOCTYPE is not read"),
    ("a DTD elsewhere", "a.tbx", DTD, "a.tbx:1: a DOCTYPE is not read"),
    ("nested too deeply", "a.tbx", "<a>" * 100_000, "a.tbx:1: broken XML"),
    ("an unknown entity", "a.tbx", "<tbx>\n<term>&f;</term></tbx>", "a.tbx:2: broken XML"),
    ("broken XML", "a.tbx", "<tbx>\n<term></tbx>", "a.tbx:2: broken XML"),
    ("no XML", "a.tbx", "", "broken XML"),
    ("other XML", "a.xml", "<html><term>a</term></html>", "a.xml: no term in English"),
    ("an empty term", "a.tbx", TBX3.replace("neural net<", " <"), "a.tbx:4: no source term"),
    ("two concepts, one term", "a.tbx", TBX3.replace("neural net<", "Cloud<").replace("</conceptEntry>",
     '</conceptEntry>\n<conceptEntry><langSec xml:lang="en"><term>cloud</term></langSec><langSec xml:lang="ca"><term>núvol</term></langSec></conceptEntry>'),
     "a.tbx:8: 'cloud' is 'núvol' here and 'xarxa neuronal' in line 4"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "name", "text", "message"), BROKEN, ids=[case[0] for case in BROKEN])
def test_broken_files_say_where_and_why(what: str, name: str, text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Glossary.read(write(tmp_path, name, text), CATALAN)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "xml", [LAUGHTER + "<tbx><term>&l9;</term></tbx>", LAUGHTER + '<tbx a="&l9;"/>', THIEF, PARAMETER, DTD]
)
def test_hostile_xml_costs_nothing_and_reads_nothing(xml: str, tmp_path: Path) -> None:
    path = write(tmp_path, "a.tbx", xml)
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConfigError) as caught:
        Glossary.read(path, CATALAN)
    assert time.process_time() - began < 2 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert "root:" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.csv", "folder.csv"])
def test_a_file_that_cannot_be_opened_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match=rf"{name}: .*check the path"):
        Glossary.read(tmp_path / name, CATALAN)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.sampled_from([".csv", ".tsv", ".tbx"]),
    st.binary(max_size=80) | st.text('a,"\t\n<>/&;', max_size=60).map(str.encode),
)
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), f"any{suffix}", content)
    try:
        terms = Glossary.read(path, CATALAN)
    except ConfigError as error:
        assert path.name in str(error)
    else:
        assert all(term.source and term.target for term in terms.terms)


def test_the_digest_depends_on_the_terms_and_not_on_the_file(tmp_path: Path) -> None:
    first = Glossary.read(write(tmp_path, "a.csv", "cloud,núvol\nDocker,\n"), CATALAN)
    same = Glossary.read(write(tmp_path, "b.tsv", "\ufefftarget\tsource\nDocker\tDocker\nnúvol\t cloud\n"), CATALAN)
    assert first.digest == same.digest and re.fullmatch("[0-9a-f]{32}", first.digest)
    assert len(first) == 2
    others = [Term("cloud", "boira"), Term("Cloud", "núvol"), Term("cloud", "núvol", case=True)]
    assert len({Glossary((term,)).digest for term in others} | {first.digest}) == 4
