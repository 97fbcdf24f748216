"""A row of each benchmark's shape, and the texts in it that are to be translated, with their roles."""

from __future__ import annotations

import json
from typing import Any

MC1 = ["It dries out.", "It turns into gold.", "It sings at night."]
MC2 = ["It dries out.", "It cracks when dry.", "It turns into gold."]
TURN_1 = {"role": "user", "content": 'Describe a lighthouse. Use the word "lamp" and do not write "storm".'}
TURN_2 = {"role": "user", "content": 'Now make it shorter, and finish with the phrase "Good night, sailors".'}

ROWS: dict[str, dict[str, Any]] = {
    "arc_options": {
        "id": "q-9", "instruction": "Which of these melts in the sun?", "option_a": "A snowball", "option_b": "A brick",
        "option_c": "An anvil", "option_d": "A pebble", "option_e": "", "answer": "A",
    },
    "mmlu_options": {
        "id": "soil/3", "instruction": "What do worms do for soil?", "option_a": "They loosen it.",
        "option_b": "They freeze it.", "option_c": "They paint it.", "option_d": "They sell it.", "answer": "A",
    },
    "truthfulqa_mc": {
        "question": "What happens to clay that nobody waters?",
        "mc1_targets_choices": MC1, "mc1_targets_labels": [1, 0, 0],
        "mc2_targets_choices": MC2, "mc2_targets_labels": [1, 1, 0],
    },
    "truthfulqa": {
        "question": "What happens to clay that nobody waters?",
        "mc1_targets": {"choices": MC1, "labels": [1, 0, 0]}, "mc2_targets": {"choices": MC2, "labels": [1, 1, 0]},
    },
    "xnli": {"premise": "The baker closed early.", "hypothesis": "The bakery was shut.", "label": 0},
    "mgsm": {
        "question": "Question: Mara had 3 pears and bought 4. How many has she?",
        "answer": "Step-by-Step Answer: Mara had 3 pears. 3 + 4 = 7. The answer is 7.",
        "answer_number": 7, "equation_solution": "3 + 4 = 7.",
    },
    "belebele": {
        "link": "https://example.org/ferry", "question_number": 2, "flores_passage": "The ferry crosses at dawn.",
        "question": "When does the ferry cross?", "mc_answer1": "At dawn", "mc_answer2": "At noon",
        "mc_answer3": "At dusk", "mc_answer4": "Never", "correct_answer_num": "1", "dialect": "eng_Latn",
        "ds": "2023-05-03",
    },
    "squad": {
        "id": "5a", "context": "The old mill was built by three brothers.", "question": "Who built the mill?",
        "answers": {"text": ["three brothers"], "answer_start": [26]},
    },
    "ifeval": {
        "key": 12, "prompt": 'Write about lamps. Do not use the word "light" and end with the phrase "Good night".',
        "instruction_id_list": ["keywords:forbidden_words", "startend:end_checker", "length_constraints:number_words"],
        "kwargs": [
            {"forbidden_words": ["light"], "relation": None}, {"end_phrase": "Good night"},
            {"num_words": 50, "relation": "at least"},
        ],
    },
    "multi_if": {
        "turns": "[]", "responses": "[]", "turn_1_prompt": json.dumps(TURN_1),
        "turn_1_instruction_id_list": json.dumps(["keywords:existence", "keywords:forbidden_words"]),
        "turn_1_kwargs": json.dumps([json.dumps({"keywords": ["lamp"]}), json.dumps({"forbidden_words": ["storm"]})]),
        "turn_2_prompt": json.dumps(TURN_2), "turn_2_instruction_id_list": json.dumps(["startend:end_checker"]),
        "turn_2_kwargs": json.dumps([json.dumps({"end_phrase": "Good night, sailors"})]),
        "turn_3_prompt": "", "turn_3_instruction_id_list": "", "turn_3_kwargs": "",
        "turn_index": 1, "key": "1:1:en", "language": "English",
    },
    "rewardbench": {
        "id": 4, "prompt": "Name a river.", "chosen": "The Nile.", "rejected": "A hill.", "language": "eng_Latn",
        "chosen_model": "large", "rejected_model": "small", "subset": "chat",
    },
    "multiloko": {
        "id": "m1", "text": "The clock tower has four faces.", "question": "How many faces has the clock tower?",
        "targets": ["four", "four faces"], "target": "four", "output_type": "number",
    },
    "mind": {
        "nid": "N7", "category": "sports", "subcategory": "rowing", "title": "Rowers win at last",
        "abstract": "The crew trained for a year.", "url": "https://example.org/n7",
        "title_entities": '[{"Label": "Rowing Club of the River", "SurfaceForms": ["Rowers"]}]', "abstract_entities": "[]",
    },
}  # fmt: skip

OPTIONS = {f"option_{letter}": "choice" for letter in "abcd"}
ROLES: dict[str, dict[str, str]] = {
    "arc_options": {"instruction": "instruction", **OPTIONS},
    "mmlu_options": {"instruction": "instruction", **OPTIONS},
    "truthfulqa_mc": {
        "question": "question",
        **{f"mc{n}_targets_choices[{at}]": "choice" for n in (1, 2) for at in range(3)},
    },
    "truthfulqa": {"question": "question", **{f"mc{n}_targets.choices[{at}]": "choice" for n in (1, 2) for at in range(3)}},
    "xnli": {"premise": "input", "hypothesis": "input"},
    "mgsm": {"question": "question", "answer": "output"},
    "belebele": {
        "flores_passage": "input",
        "question": "question",
        **{f"mc_answer{n}": "choice" for n in range(1, 5)},
    },
    "squad": {"context": "input", "question": "question", "answers.text[0]": "output"},
    "ifeval": {"prompt": "prompt", "kwargs[0].forbidden_words[0]": "keyword", "kwargs[1].end_phrase": "keyword"},
    "multi_if": {
        "turn_1_prompt.content": "turn/user",
        "turn_1_kwargs[0].keywords[0]": "keyword",
        "turn_1_kwargs[1].forbidden_words[0]": "keyword",
        "turn_2_prompt.content": "turn/user",
        "turn_2_kwargs[0].end_phrase": "keyword",
    },
    "rewardbench": {"prompt": "prompt", "chosen": "output", "rejected": "output"},
    "multiloko": {
        "text": "text", "question": "question", "targets[0]": "output", "targets[1]": "output", "target": "output",
    },
    "mind": {"title": "text", "abstract": "text"},
}  # fmt: skip
