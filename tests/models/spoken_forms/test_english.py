"""How English is said, kind by kind, beyond the table of the benchmark."""

from __future__ import annotations

import pytest

from benchmarks.spoken_forms import alike, said

SAID = {
    "Bake at 180°C/350°F for 10–12 min.": (
        "Bake at one hundred eighty degrees Celsius or three hundred fifty degrees Fahrenheit for ten to twelve minutes."
    ),
    "Add 1½ tsp. salt and ½ tsp pepper.": "Add one and a half teaspoons salt and half a teaspoon pepper.",
    "Mix 2 1/2 tbsp of it.": "Mix two and a half tablespoons of it.",
    "Mon–Fri, 9am–5pm": "Monday to Friday, nine a.m to five p.m",
    "He's 6 ft 2 in tall.": "He's six feet two inches tall.",
    "Call 1-800-FLOWERS or 07700 900123.": (
        "Call one eight hundred FLOWERS or zero seven seven zero zero, nine zero zero one two three."
    ),
    "Is 1 > 0?": "Is one greater than zero?",
    "≈100 km and >18 years": "approximately one hundred kilometers and more than eighteen years",
    "f(x) = 2x² - 3x + 1": "f(x) equals two x squared minus three x plus one",
    "x²-2x = 0": "x squared minus two x equals zero",
    "3×10⁸ m/s": "three times ten to the power of eight meters per second",
    "100 / 4 = 25": "one hundred divided by four equals twenty-five",
    "In the 1800s, the '90s and the 80s.": "In the eighteen hundreds, the nineties and the eighties.",
    "On 03/15/24.": "On March fifteenth, twenty twenty-four.",
    "There were 2024 people.": "There were two thousand twenty-four people.",
    "2019-20 was cut short.": "twenty nineteen to twenty was cut short.",
    "Dr. and Mrs. Smith live at Baker St.": "Doctor and Missus Smith live at Baker Street.",
    "The odds are 10:1.": "The odds are ten to one.",
    "It is 1.5x faster.": "It is one point five times faster.",
    "about ~20 people": "about twenty people",
    "3°C-5°C, 5%-10%": "three degrees Celsius to five degrees Celsius, five to ten percent",
    "A 5 lb. bag of 10 sq ft.": "A five pound bag of ten square feet.",
    "Open ~/home/me now.": "Open slash home slash me now.",
    "he/she and/or me": "he or she and or me",
    'He said "I am 5" twice.': 'He said "I am five" twice.',
    "To Henry I say no.": "To Henry I say no.",
    "My IV drip.": "My IV drip.",
    "Room B-12 of flight BA2490.": "Room B-twelve of flight BA two four nine zero.",
    "Mr. Wang和Dr. Li got 5.2%.": "Mister Wang和Doctor Li got five point two percent.",
    "J. Smith of the U.S. has a Ph.D. and lives at x.ai.": "J Smith of the U.S has a P.H.D and lives at x dot A.I.",
    "She scored 9.5/10 with a B- in C#.": "She scored nine point five out of ten with a B minus in C sharp.",
    "Dec 2019–Jan 2020": "December twenty nineteen to January twenty twenty",
    "the 20th–21st centuries": "the twentieth to twenty first centuries",
    "5 € or CHF 20 or 20$": "five euros or twenty Swiss francs or twenty dollars",
    'A 1 1/2" pipe of 10 ft x 12 ft.': "A one and a half inches pipe of ten feet by twelve feet.",
    "Chapters I–III of Mary I of England.": "Chapters one to three of Mary the first of England.",
    "On 5 january 2012 and 2012.01.05 at 2.30 a.m.": (
        "On the fifth of january twenty twelve and January fifth, twenty twelve at two thirty a.m."
    ),
    "Ford Motor Co. of Santa Clara, CA 95051.": "Ford Motor Company of Santa Clara, California nine five zero five one.",
    "jul 25 2012, 17 may 2010, 23rd July,1998": (
        "July twenty fifth twenty twelve, the seventeenth of May twenty ten, the twenty third of July nineteen ninety eight"
    ),
    "4:00 am - 8:12 pm in the 1960s-80s": "four a.m to eight twelve p.m in the nineteen sixties to eighties",
    "$50.00-$100.00, $3b, $.506": (
        "fifty dollars to one hundred dollars, three billion dollars, zero point five zero six dollars"
    ),
    "(123)-123-5678, 555.555.5555, 111-11-1111": (
        "one two three one two three five six seven eight, five five five five five five five five five five,"
        " one one one one one one one one one"
    ),
    "1428 Elm St. is 12KG": "fourteen twenty eight Elm Street is twelve kilograms",
    "It weighs 100 million kg.": "It weighs one hundred million kilograms.",
    "1-2 = 5, PART XL, C. S. Lewis's 401(k)": "one minus two equals five, PART forty, C S Lewis's four oh one k",
    "She left Portland, Oregon for Springfield, IL then.": "She left Portland, Oregon for Springfield, Illinois then.",
    "That was all. I flew from Tulsa, OK. Thanks, OK.": "That was all. I flew from Tulsa, Oklahoma. Thanks, OK.",
    "Austin, TX 78701": "Austin, Texas seven eight seven zero one",
    "45 SW 5th Ave, 123 N. Main St. and 12 W 8th St": (
        "forty-five Southwest fifth Avenue, one hundred twenty-three North Main Street and twelve West eighth Street"
    ),
    "Go 3 km NW of town.": "Go three kilometers northwest of town.",
    "22/3, 7/2 of a cup, on 7/2, 24/7": ("twenty two thirds, seven halves of a cup, on seven two, twenty four seven"),
    "The mill, c. 1850, of a man (b. 1685, d. 1750).": (
        "The mill, circa eighteen fifty, of a man (born sixteen eighty five, died seventeen fifty)."
    ),
    "See Eq. (3) and Figs. (2) of § 5.": "See Equation (three) and Figures (two) of section five.",
    "ni3 hao3, xie4xie5, lü4se4 and mp3": "nǐ hǎo, xièxie, lǜsè and mp three",
    "(2+3)*4 = 2*(5+5)": "(two plus three) times four equals two times (five plus five)",
    "the 2023/24 season, 12.05.2021": "the twenty twenty-three twenty-four season, May twelfth, twenty twenty-one",
    "a 5 kΩ part, 0x1F, 5‰, 50-50, 1m30s, $3T": (
        "a five kiloohm part, zero x one F, five per mille, fifty fifty, one minute thirty seconds, three trillion dollars"
    ),
    "After WWII, Bob a.k.a. Rob.": "After World War Two, Bob also known as Rob.",
    "Call (555) 123-4567 ext. 89.": "Call five five five one two three four five six seven extension eighty-nine.",
    "See /etc/passwd and dy/dx.": "See slash etc slash passwd and d y over d x.",
    "a/b testing": "A B testing",
    "It was on the 21st of March, 2024-03-05.": "It was on the twenty first of March, March fifth, twenty twenty-four.",
    "ISBN 978-3-16-148410-0": "ISBN nine seven eight three one six one four eight four one zero zero",
    "Mr. & Mrs. Jones": "Mister and Missus Jones",
    r"\(\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}\)": (
        "((minus b plus or minus the square root of (b squared minus four a c)) over two a)"
    ),
    r"\sum_{i=1}^{n} i": "the sum of i equals one to n, i",
    r"$$\int_0^1 x^2 dx$$": "the integral of zero to one, x squared dx",
}


@pytest.mark.parametrize(("written", "spoken"), SAID.items())
def test_english_is_said(written: str, spoken: str) -> None:
    assert alike(" ".join(said(written, "en")[0])) == alike(spoken)


def test_an_abbreviation_at_the_end_of_a_sentence_leaves_its_dot() -> None:
    assert said("Wait 5 min.", "en")[0] == ["Wait five minutes."]


def test_no_dot_is_left_where_a_voice_would_pause() -> None:
    assert said("At 7 a.m. sharp J. Smith of the U.S. spoke.", "en")[0] == [
        "At seven a.m sharp J Smith of the U.S spoke."
    ]
