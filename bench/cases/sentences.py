"""Sentences for the encoders, of 6 to 55 tokens."""

_SENTENCES = (
    "A small boat crosses the lake before the storm.",
    "The train to the coast was cancelled because of the snow.",
    "She poured the batter into a buttered cake tin and lit the oven.",
    "Interest rates rose for the third time this year.",
    "The goalkeeper saved two penalties in the final minutes of the match.",
    "A small telescope is enough.",
    "The program crashed because a pointer was freed twice.",
    "Nobody in the village remembered who had planted the oldest apple tree.",
    "Bring an umbrella.",
    "The museum stays open until midnight on the first Friday of every month.",
    "He repaired the clock with a hairpin and a great deal of patience.",
    "Prices of grain fell after the rain.",
    "Two of the bridges are closed to lorries until the inspectors have been there.",
    "The cat slept on the warm engine.",
    "Each of the letters had been opened, read and carefully sealed again.",
    "Turn left after the mill.",
)
# 64 texts: one to four consecutive sentences, starting at each sentence.
TEXTS = tuple(
    " ".join((_SENTENCES * 2)[first : first + length])
    for first in range(len(_SENTENCES))
    for length in (1, 2, 3, 4)
)
