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
    ("Find the mistakes in these sentences.", "correction"),
    ("Fix the errors: he go home.", "correction"),
    ("Proofread the text below.", "correction"),
    ("Correct this sentence: she go home.", "correction"),
    ("Is this sentence correct? He go home.", "correction"),
    ("Identify the incorrect phrase.", "correction"),
    ("Which of these phrases is wrong?", "correction"),
    ("Find the word that is used incorrectly.", "correction"),
    ("Make sure that it is grammatically correct.", "correction"),
    ("Punctuate this paragraph.", "punctuation"),
    ("Put the missing apostrophes into the text.", "punctuation"),
    ("Where does the comma go? Insert the comma.", "punctuation"),
    ("Put these names in alphabetical order.", "order of letters"),
    ("Alphabetize the list.", "order of letters"),
    ("Reverse the letters of the word.", "order of letters"),
    ("Write your name backwards.", "order of letters"),
    ("Fill in the definite article.", "articles and contractions"),
    ("Which is right: a or an?", "articles and contractions"),
    ("Write the contraction of 'do not'.", "articles and contractions"),
    ("Name a 4-letter word for a boat.", "length of words"),
    ("Think of a name with six letters.", "length of words"),
    ("What language is this text written in?", "language"),
    ("Identify the language of the sentence.", "language"),
    ("Please reply in English.", "language"),
    ("Use English only.", "language"),
    ("Change 'decide' into a noun.", "grammar"),
    ("Make a noun from the verb 'decide'.", "grammar"),
    ("Give the adverbial form of 'quick'.", "grammar"),
    ("Nominalise the following verb: refuse", "grammar"),
    ("Find all adverbs in the text.", "grammar"),
    ("Give the plural form of 'ox'.", "grammar"),
    ("Write a sentence that uses both words: bear and bare.", "given words"),
    ("Make a sentence with both words.", "given words"),
    ("Combine the two words into one sentence: sun, rise", "given words"),
    ("Add a prefix to 'happy'.", "prefix"),
    ("How do you spell 'rhythm'?", "spelling"),
    ("Which word rhymes with moon?", "rhyme"),
    ("Name five animals starting with b.", "first letter"),
    ("Begin with the letter 'a'.", "first letter"),
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
    "Return the shortest common suffix of two strings.",
    "What is a prefix tree?",
    "Compute the prefix sums of the list.",
    "Name three fruits, starting with an apple.",
    "Write a story that begins with a storm.",
    "Write a page of words that begins with the line 'It rained'.",
    "Send the letter I wrote to him.",
    "Who casts spelling magic in this game?",
    "The witch casts a spell on him.",
    "What is a sonnet?",
    "Where does the haiku come from? What is the history of haiku?",
    "Finish with a note, starting with N.B.",
    "Correct the errors in this Python function.",
    "Find the mistake in this calculation.",
    "Find the bug in the code and fix the error.",
    "Put the steps in the right order.",
    "How does a muscle contraction work?",
    "Write an article about birds.",
    "Which newspaper has the right article on economics?",
    "Reverse the decision of the committee.",
    "Reverse a string in Python.",
    "Sort these numbers.",
    "What language is spoken in Brazil?",
    "Which programming language is best for beginners?",
    "Explain what a language model is.",
    "Identify the main causes of the war.",
    "Describe the history of the English language.",
    "Write a fluent and grammatically rich paragraph.",
    "He wants a coat or a hat.",
    "Capitalize on your strengths.",
    "Give five adjectives for a beach.",
    "Which answer is wrong?",
    "Use both sources in the essay.",
    "Parse a CSV file in which a missing comma is an error.",
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
