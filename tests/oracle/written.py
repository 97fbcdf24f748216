"""
Code written for this suite, in many variants: templates whose names are common English words.

Such names are what an unprotected answer loses: ROT13 and Apertium change every one of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from string import Template

WORDS = [
    "order",
    "user",
    "price",
    "total",
    "result",
    "count",
    "value",
    "name",
    "item",
    "list",
    "date",
    "key",
    "city",
    "table",
    "window",
    "book",
    "green",
    "house",
]
VERBS = ["get", "find", "make", "read", "send", "load", "sort", "build", "print", "check", "move", "open"]

JAVASCRIPT = [
    "function $verb$Name($key) {\n  // $verb the $name first\n  return $key.map(($item) => $item.$name * $n);\n}",
    "const $name = $key.filter(($item) => $item.$value > $n);\nconsole.log($name.length);",
    'const { $name, $key } = require("./$value");',
    'import { $verb$Name } from "./$key.js";\n\nexport default $verb$Name;',
    'document.getElementById("$name").addEventListener("click", () => {\n  alert("The $key is open");\n});',
    "async function $verb$Name(url) {\n  const answer = await fetch(url);\n  if (!answer.ok) {\n    throw new Error(`no $name at $${url}`);\n  }\n  return answer.json();\n}",
    "class $Name extends $Key {\n  constructor($value) {\n    super();\n    this.$value = $value;\n  }\n}",
    "let $name = $n;\nfor (let i = 0; i < $key.length; i++) {\n  $name += $key[i];\n}",
    'module.exports = { $name: "$key", $value: [$n, true, null] };',
    "if ($name && !$key) {\n  $verb($name);\n} else {\n  $value = $key || $n;\n}",
    "$name.$verb();",
    'console.log("Hello, " + $name);',
    "/**\n * Find the $name of a $key.\n * @param {string} $key\n */\nvar $verb$Name = function ($key) { return $key.$name; };",
]
TYPESCRIPT = [
    "interface $Name {\n  $key: string;\n  $value?: number;\n}",
    "type $Name = { $key: string; $item: $Key[] } | null;",
    "export function $verb$Name($name: string, $key: number = $n): $Key[] {\n  return [];\n}",
    "const $name: Map<string, number> = new Map();",
    "enum $Name {\n  $Key,\n  $Value = $n,\n}",
    "class $Name<T> implements $Key<T> {\n  private readonly $item: T[] = [];\n  $verb($value: T): void {\n    this.$item.push($value);\n  }\n}",
    'let $name: string | undefined = $key?.$value ?? "none";',
    'import type { $Name } from "./$name";\n\ndeclare const $key: $Name;',
    "abstract class $Name {\n  abstract $verb(): void;\n\n  // the $key of the $name\n  protected get $key(): number {\n    return $n;\n  }\n}",
    'function is$Name($key: unknown): $key is $Name {\n  if (typeof $key !== "object") {\n    throw new TypeError("no $name");\n  }\n  return true;\n}',
    "export type $Name<T> = T extends $Key ? readonly T[] : never;",
    '@Component({ selector: "$name" })\nexport class $Name {\n  constructor(private $key: $Key) {}\n}',
    "export const $verb$Name = async (id: string): Promise<$Name> => {\n  return $key.$verb(id);\n};",
]
JAVA = [
    "public class $Name {\n    private int $key;\n\n    public int get$Key() {\n        return $key; // the $key of the $name\n    }\n}",
    'public class Main {\n    public static void main(String[] args) {\n        System.out.println("The $name is $key");\n    }\n}',
    "import java.util.List;\nimport java.util.ArrayList;",
    'List<String> $name = new ArrayList<>();\n$name.add("$key");\nfor (String $item : $name) {\n    System.out.println($item);\n}',
    "public static int $verb$Name(int[] $key) {\n    int $value = 0;\n    for (int i = 0; i < $key.length; i++) {\n        $value += $key[i];\n    }\n    return $value;\n}",
    "int $name = $n;",
    'if ($name == null) {\n    throw new IllegalArgumentException("$name is missing");\n}',
    "try {\n    $name.$verb();\n} catch (Exception error) {\n    error.printStackTrace();\n} finally {\n    $name.close();\n}",
    "package org.example.$name;\n\nimport java.util.*;\n\n/**\n * The $name of a $key.\n */\npublic abstract class $Name extends $Key implements Runnable {\n}",
    '@Override\npublic String toString() {\n    return $name + " of the " + $key;\n}',
    "while ($name != null) {\n    $key++;\n    $name = $name.next;\n}",
    "// the $name comes first\nint $key = 0;\ndo {\n    $key--;\n} while ($key > 0);",
    'Map<String, Integer> $name = new HashMap<>();\n$name.put("$key", $n);\nreturn $name;',
    "public enum $Name {\n    RED, GREEN, BLUE;\n}",
    "switch ($name) {\n    case 1:\n        $verb();\n        break;\n    default:\n        throw new IllegalStateException();\n}",
    "private final $Name $name;\n\nprotected void $verb($Key $key) throws IOException {\n    super.$verb($key);\n}",
    "public interface $Name {\n    void $verb(String $key);\n}",
    '$Name $name = new $Name($n, "$key");\n$name.$verb();',
]
C = [
    '#include <stdio.h>\n\nint main(void) {\n    printf("The $name is %d\\n", $n);\n    return 0;\n}',
    "int $verb_$name(int $key, int $value) {\n    /* the larger $name */\n    return $key > $value ? $key : $value;\n}",
    "struct $name {\n    int $key;\n    char *$value;\n    struct $name *next;\n};",
    "for (int i = 0; i < $n; i++) {\n    $name[i] = $key[i] * 2;\n}",
    '#define MAX_$KEY $n\nstatic const char *$name = "$value";',
    "while ($name != NULL) {\n    $name = $name->next;\n    free($key);\n}",
    "int $name = $n;",
    "typedef struct {\n    double $key;\n    double $value;\n} $Name;",
    "if ($name < $key)\n    return $value;",
    "switch ($name) {\ncase 1:\n    $verb();\n    break;\ndefault:\n    return -1;\n}",
]
CPP = [
    '#include <iostream>\n#include <vector>\nusing namespace std;\n\nint main() {\n    vector<int> $name = {1, 2, $n};\n    cout << "The $key is " << $name.size() << endl;\n    return 0;\n}',
    "class $Name : public $Key {\npublic:\n    $Name(int $value) : $value($value) {}\n    virtual void $verb() const;\nprivate:\n    int $value;\n};",
    "template <typename T>\nT $verb$Name(const T& $key, const T& $value) {\n    return $key < $value ? $key : $value;\n}",
    "for (const auto& $item : $name) {\n    std::cout << $item << std::endl;\n}",
    'std::map<std::string, int> $name;\n$name["$key"] = $n;',
    "auto $name = std::make_unique<$Key>($n);\n$name->$verb();",
    "namespace $name {\n    int $verb(int $key);  // see the $value\n}",
    "int $verb$Name(vector<int>& $key, int $value) {\n    int left = 0, right = $key.size() - 1;\n    while (left <= right) {\n        int middle = (left + right) / 2;\n        if ($key[middle] == $value) return middle;\n        left = middle + 1;\n    }\n    return -1;\n}",
]
SQL = [
    "SELECT $name, $key FROM ${item}s WHERE $value > $n ORDER BY $name DESC;",
    "SELECT * FROM ${name}s;",
    "select $name, count(*) from ${key}s group by $name having count(*) > $n;",
    "CREATE TABLE ${name}s (\n    id INT PRIMARY KEY,\n    $key VARCHAR(50) NOT NULL,\n    $value DECIMAL(10, 2) DEFAULT 0\n);",
    "INSERT INTO ${name}s ($key, $value) VALUES ('green $item', $n), ('red', 3);",
    "UPDATE ${name}s\nSET $key = '$value'\nWHERE id = $n;",
    "DELETE FROM ${name}s WHERE $key IS NULL;",
    "SELECT a.$name, b.$key\nFROM ${item}s AS a\nJOIN ${key}s AS b ON a.id = b.${item}_id\nWHERE b.$value IN (SELECT $value FROM old_${key}s)\nLIMIT $n;",
    "-- the $name of each $key\nWITH best AS (\n    SELECT $key, MAX($value) AS top\n    FROM ${name}s\n    GROUP BY $key\n)\nSELECT * FROM best;",
    "ALTER TABLE ${name}s ADD COLUMN $key TEXT;",
    "SELECT DISTINCT $name FROM ${key}s WHERE $value LIKE 'A%' AND $item BETWEEN 1 AND $n",
    "DROP TABLE IF EXISTS ${name}s;",
    "SELECT CASE WHEN $name > $n THEN 'large' ELSE 'small' END AS size FROM ${key}s;",
]
BASH = [
    '#!/bin/bash\nfor $name in *.txt; do\n    echo "$$$name"\ndone',
    'if [ -f "$name.txt" ]; then\n    cat "$name.txt" | sort | uniq -c\nfi',
    'grep -r "$name" --include=*.py . | wc -l',
    "mkdir -p /tmp/$name && cd /tmp/$name\ngit clone https://example.org/$key.git",
    "sudo apt-get update\nsudo apt-get install -y $name-$key",
    'find . -name "*.$name" -mtime +$n -delete',
    '$verb_$name() {\n    local $key=$$1\n    echo "the $key is $$$key"\n}',
    "pip install $name\npython -m $key.$value --$item=$n",
    "export ${NAME}_HOME=/usr/local/$name\nexport PATH=$$PATH:$$${NAME}_HOME/bin",
    "docker run -d --name $name -p 80$n:80 $key/$value:latest",
    'while read -r $name; do\n    curl -s "https://example.org/$$$name" >> $key.log\ndone < ${value}s.txt',
    "ls -la | awk '{print $$9}' | head -n $n",
    "tar -xzf $name.tar.gz\ncd $name\n./configure --prefix=/opt/$key\nmake && sudo make install",
    'git add .\ngit commit -m "add the $name"\ngit push origin main',
    "# count the lines of each $name\nwc -l ${name}s/*.csv",
    "kubectl get pods --namespace $name",
    "npm install --save-dev $name\nnpm run $verb",
]
HTML = [
    '<div class="$name-$key">\n  <h1>Welcome to the $name</h1>\n  <p>This is the $key of my <b>old</b> house.</p>\n</div>',
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n  <title>My $name</title>\n  <style>\n    body { color: green; margin: ${n}px; }\n  </style>\n</head>\n<body>\n  <p>Hello, my friend.</p>\n</body>\n</html>',
    '<ul id="$name">\n  <li>First $key</li>\n  <li>Second $value</li>\n</ul>',
    '<form action="/$verb" method="post">\n  <label for="$name">Your $name</label>\n  <input type="text" id="$name" name="$name" required>\n  <button type="submit">Send</button>\n</form>',
    '<a href="https://example.org/$name" target="_blank">Open the $key</a> <br/>',
    "<table>\n  <tr><th>Name</th><th>Price</th></tr>\n  <tr><td>$Name</td><td>$n</td></tr>\n</table>",
    '<script>\n  let $name = document.querySelector(".$key");\n  $name.style.color = "green";\n</script>\n<!-- the $value goes here -->',
    '<img src="$name.png" alt="A $key by the window" width="$n">\n<p>See the picture.</p>',
]
CSS = [
    ".$name {\n  color: red;\n  margin: ${n}px auto;\n}",
    "body {\n  font-family: Arial, sans-serif;\n  background-color: #f0f0f0;\n}\n\n#$name > .$key:hover {\n  display: none;\n}",
    "@media (max-width: ${n}00px) {\n  .$name, .$key {\n    width: 100%;\n  }\n}",
    "h1 { text-align: center; font-weight: bold; } /* the $name */",
    '.$name-$key::before {\n  content: "$value";\n  position: absolute;\n}',
    ":root { --main-color: green; }\na { color: var(--main-color); text-decoration: none; }",
]
LATEX = [
    r"\frac{a + b}{$n} = \sqrt{x^2 + y^2}",
    r"\[\int_0^{$n} \sin(x) \, dx = 1 - \cos($n)\]",
    r"\boxed{$n}",
    r"\boxed{\text{even}}",
    "\\begin{align}\n  x &= $n + \\alpha \\\\\n  y &= \\text{the $name of } x\n\\end{align}",
    r"$$$$\sum_{i=1}^{n} i = \frac{n(n+1)}{2}$$$$",
    r"$$\lim_{x \to \infty} \frac{$n}{x} = 0$$",
    r"\(\mathbf{A} \cdot \vec{v} = \lambda \vec{v}\)",
    "\\begin{equation}\n\\label{eq:$name}\nE = mc^2\n\\end{equation}",
    r"\text{$name} = \text{$key} \times $n",
    "\\begin{bmatrix} 1 & $n \\\\ 0 & 1 \\end{bmatrix}",
    r"P(\text{$name} \mid \text{$key}) = \frac{1}{$n}",
    r"\mathrm{$key}_{max} \leq \operatorname{arg\,max}_{x} f(x)",
]
TEMPLATES = {
    "javascript": JAVASCRIPT, "typescript": TYPESCRIPT, "java": JAVA, "c": C, "c++": CPP, "sql": SQL,
    "bash": BASH, "html": HTML, "css": CSS, "latex": LATEX,
}  # fmt: skip


def snippets(language: str, chance: random.Random) -> Iterator[str]:
    """Without end: each template in turn, with other words each time."""
    while language == "json":
        yield json_text(chance)
    while language in TEMPLATES:
        for template in TEMPLATES[language]:
            yield Template(template).substitute(names(chance))


def names(chance: random.Random) -> dict[str, str]:
    name, key, value, item = chance.sample(WORDS, 4)
    small = {"name": name, "key": key, "value": value, "item": item, "verb": chance.choice(VERBS)}
    small["verb_"] = small["verb"] + "_"
    upper = {word.title(): small[word].title() for word in ("name", "key", "value")}
    loud = {word.upper(): small[word].upper() for word in ("name", "key")}
    return {**small, **upper, **loud, "n": str(chance.randint(2, 99))}


SENTENCES = ["the book is on the table", "Open every window", "We saw 3 birds, and a dog.", "green", "New York"]


def json_value(chance: random.Random, depth: int = 0) -> object:
    leaf: list[Callable[[], object]] = [
        lambda: chance.choice(SENTENCES),
        lambda: chance.choice(WORDS),
        lambda: chance.randint(-5, 5000),
        lambda: round(chance.random() * 100, 2),
        lambda: chance.choice([True, False, None]),
    ]
    kind = chance.random()
    if depth < 3 and kind < 0.25:
        return [json_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    if depth < 3 and kind < 0.5:
        return {word: json_value(chance, depth + 1) for word in chance.sample(WORDS, chance.randint(1, 4))}
    return chance.choice(leaf)()


def json_text(chance: random.Random) -> str:
    rows = {word: json_value(chance) for word in chance.sample(WORDS, chance.randint(1, 5))}
    value = [rows] if chance.random() < 0.25 else rows
    return json.dumps(value, indent=chance.choice([None, None, 2, 4]), ensure_ascii=chance.random() < 0.5)
