"""Sentences written for this suite: what stands around code, and what must be translated to the last word."""

from __future__ import annotations

BEFORE = """
Here is one way to do it
You can use the following example
This short piece of code does what you asked for
The solution below handles the empty case as well
Put these lines at the end of your file
A first version might look like this
I would write it in this way
The following example shows the idea
To solve this problem, start with the code below
Below is the part that matters most
This is what the teacher wanted to see
Try this and tell me whether it helps
Sure, here you go
Of course! Here is the answer
There are several options, but this one is the simplest
The old version of the program contained this
""".strip().splitlines()

AFTER = """
It returns the same result for every order of the arguments.
Run it once and look at the output before you change anything.
The first line prepares the data and the last one shows it.
Please note that nothing is written to the disk.
If the list is empty, nothing happens.
You may change the names as you like.
This works in most cases, and it is easy to read.
Let me know if you need anything else.
The second part is only needed on old machines.
In short, it asks the server and waits for an answer.
Be careful with large files, because they are read at once.
That is all there is to it.
The result is then shown to the user.
Each step depends on the one before it.
""".strip().splitlines()

PARAGRAPHS = """
The old lighthouse stands on a rock that the sea covers twice a day. Nobody has lived there since the war.
My grandmother kept her recipes in a tin box, and she never wrote down how much salt to take.
When the train stopped in the middle of the field, the passengers looked at each other and said nothing.
A good question is worth more than a quick answer, as every teacher knows.
The city council decided on Tuesday to plant trees along the main road. The neighbours had asked for them for years.
Water boils at a lower temperature on a mountain, so pasta needs more time there.
Honey keeps for years because it holds so little water that nothing can grow in it.
If you want to sleep better, leave your phone in another room and read a book instead.
The museum opens at nine in the morning and closes when the last visitor has left.
Some birds fly thousands of miles every autumn and come back to the same garden in spring.
Write a short story about a boy who finds a letter in an old coat.
Give three reasons why people should walk to work, and explain each of them.
The committee could not agree on a date for the next meeting, for everybody had other plans.
Explain in your own words why the sky is blue during the day and red in the evening.
He let the dog out, turned on the radio and waited for the news.
For many families, bread and cheese is a meal; for others it is a snack.
While the guests were dancing, the cook returned from the market with two baskets of fish.
Select the best apples from the table and put them in order by size.
If it rains, we will stay at home and play cards until supper.
Print the letter, sign it, and return it to the office before the end of the month.
From the top of the hill you can see the harbour, the church and the new bridge.
Import taxes went up last year, and the class of goods they apply to grew larger.
Do not try to break the ice with your hands; use the small hammer, then continue as before.
The function of the heart is to move the blood through the body.
Try this at home: fill a glass with water, cover it with a card and turn it over.
Case by case, the judges read every file, and they switch places after lunch.
With a little luck, the whole class will pass the test.
There is no free lunch, and no true friend asks for one.
She said that the public school was private in name only.
Create a table with two legs and you will see that it cannot stand.
""".strip().splitlines()
