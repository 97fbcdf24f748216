import pytest

from babelset.filters.task import Task

UNTRANSLATABLE = [
    ("How many letters are in the word banana?", "letter count"),
    ("Count the vowels in this sentence.", "letter count"),
    ("Write a poem that rhymes.", "rhyme"),
    ("Compose a haiku about rain.", "rhyme"),
    ("Write an acrostic with the name Laura.", "spelling"),
    ("Find the misspelling in this text.", "spelling"),
    ("Is 'level' a palindrome?", "spelling"),
    ("Make an anagram of 'listen'.", "spelling"),
    ("Rewrite it. Start every sentence with the letter A.", "first letter"),
    ("Write a sentence in which every word starts with S.", "first letter"),
    ("List five animals beginning with B.", "first letter"),
    ("Translate 'good morning' into French.", "translation"),
    ("Translate the following sentence from English to Spanish.", "translation"),
    ("Correct the grammar of this sentence.", "grammar"),
    ("Give a synonym of 'happy'.", "grammar"),
    ("Put the verb into the past tense.", "grammar"),
    ("Explain the idiom 'to spill the beans'.", "word play"),
    ("Describe love in exactly 10 words.", "word count"),
]
FINE = [
    "Write a letter to your landlord.",
    "How many people live in Spain?",
    "Explain how translation memories work.",
    "Start with the first chapter and continue.",
    "Spell out the plan in detail.",
    "What is the capital of France?",
    "Correct the mistakes in this Python program.",
    "The letters arrived on Monday.",
    "Begin with a short introduction.",
    "Name a book that ends with a wedding.",
    "Write a Python function that checks whether a string is a palindrome.",
    "Write a program that counts the number of vowels in a sentence.",
]


@pytest.mark.parametrize(("text", "rule"), UNTRANSLATABLE)
@pytest.mark.parametrize("role", ["instruction", "input", "turn/user"])
def test_rejects(text, rule, role, ask):
    verdict = ask(Task(), text, "x", role=role)
    assert not verdict.ok
    assert f"{role}[0]: untranslatable: {rule}: " in verdict.reason


@pytest.mark.parametrize("text", FINE)
def test_keeps(text, ask):
    assert ask(Task(), text, "x", role="instruction").ok


def test_only_texts_that_ask_are_searched(ask):
    assert ask(Task(), "I will translate it into French.", "x", role="output").score is None


def test_a_rule_can_be_left_out(ask):
    assert ask(Task(ignore={"rhyme"}), "Compose a haiku.", "x", role="instruction").ok
