# SPDX-License-Identifier: Apache-2.0
"""LLaVA's prompts and labels, stated again from the description of its trainer (system sentence, " USER: q ASSISTANT: a</s>",
where pictures stand, what is masked, what is cut) with a transformers tokenizer; pictures are runs of -200."""
IGNORE, IMAGE = -100, -200
SYSTEM = ("A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
          "polite answers to the user's questions.")


class Words:
    """Ids of text, with the BOS that the tokenizer itself adds, and none for Phi's."""

    def __init__(self, tokenizer, bos):
        self.tokenizer, self.bos = tokenizer, bos

    def body(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def __call__(self, text):
        """Stretches between pictures are tokenized apart; only the first keeps its BOS."""
        ids = list(self.bos)
        for index, stretch in enumerate(text.split("<image>")):
            ids += ([IMAGE] if index else []) + self.body(stretch)
        return ids


def placed(question):
    """A turn's picture moves to its start."""
    return ("<image>\n" + question.replace("<image>", "").strip()).strip() if "<image>" in question else question


def prompt(turns):
    text = SYSTEM + " "
    for question, answer in turns:
        text += f"USER: {question} " if question else "USER:"
        text += f"ASSISTANT: {answer}</s>" if answer else "ASSISTANT:"
    return text


def rounds(words, turns, has_image, max_length):
    """`llava_v1`, `imp`, `mobilevlm`: ids and labels with one -200 a picture, and whether the lengths disagreed."""
    if has_image:
        turns = [(placed(question), answer) for question, answer in turns]
    return labelled(words, prompt(turns), has_image, max_length)


def row_of_file(words, row, max_length):
    """A row of a file as LLaVA's trainer takes it, by what its preprocess functions were read to do; None where it raises."""
    has_image = "image" in row
    messages = [(turn["from"], placed(turn["value"]) if has_image else turn["value"]) for turn in row["conversations"]]
    if not messages or any(side not in ("human", "gpt") for side, _ in messages):
        return None
    if messages[0][0] == "gpt":
        messages = messages[1:]
    if any((side == "human") != (index % 2 == 0) for index, (side, _) in enumerate(messages)):
        return None
    text = SYSTEM + " "
    for side, message in messages:
        role, end = ("USER", " ") if side == "human" else ("ASSISTANT", "</s>")
        text += f"{role}: {message}{end}" if message else f"{role}:"
    return labelled(words, text, has_image, max_length)


def labelled(words, text, has_image, max_length):
    if has_image:
        ids = words(text)
    else:
        ids = (list(words.bos) + words.body(text))[:max_length]
    learned = [False] * len(ids)
    place = len(words.bos)
    count = lambda piece: len(words(piece)) - len(words.bos) if has_image else len(words.body(piece))
    for part in text.split("</s>"):
        if not part or part.count(" ASSISTANT: ") != 1:
            break
        tokens = count(part) + 1  # and the round's </s>
        asked = count(part.split(" ASSISTANT: ")[0] + " ASSISTANT: ") - 1  # less the last space
        for index in range(place + asked, min(place + tokens, len(ids))):
            learned[index] = True
        place += tokens
    disagree = place < max_length and place != len(ids)
    return ids, [i if keep and not disagree else IGNORE for i, keep in zip(ids, learned)], disagree


def caption(words, turns):
    """`plain`: the question is thrown away; all after the picture is learned."""
    answer = words.body(turns[0][1] + "\n")
    start = list(words.bos) + [IMAGE]
    return start + answer, [IGNORE] * len(start) + answer, False


def with_features(ids, labels, image_tokens, max_length):
    """Pictures become their feature rows, then the row is cut."""
    long_ids, long_labels = [], []
    for token, label in zip(ids, labels):
        count = image_tokens if token == IMAGE else 1
        long_ids += [token] * count
        long_labels += [IGNORE if token == IMAGE else label] * count
    return long_ids[:max_length], long_labels[:max_length]
