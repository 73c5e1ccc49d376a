# SPDX-License-Identifier: Apache-2.0
"""The conversation `bare_v1` in token ids, as transformers' tokenizer gives them: what imp's rows are compared with.

A row is [bos, if the tokenizer puts one], "USER: ", the picture's ids, "\\n{question} ASSISTANT: {answer}", eos, then
"USER: {question} ASSISTANT: {answer}", eos for each later turn; without a picture the first turn reads like a later one.
Each text is encoded on its own. Learned are the ids of an answer and the eos after it.
"""

IGNORE = -100
TAG = " ASSISTANT:"


def turns_of(conversations):
    """LLaVA's list of human and gpt entries -> [(question, answer)], the picture's marker taken out."""
    texts = [entry["value"] for entry in conversations]
    for marker in ("<image>\n", "\n<image>", "<image>"):
        texts[::2] = [text.replace(marker, "") for text in texts[::2]]
    return list(zip(texts[::2], texts[1::2]))


class Template:
    def __init__(self, tokenizer, image_token, image_tokens):
        self.tokenizer, self.image_token, self.image_tokens = tokenizer, image_token, image_tokens

    def ids(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def row(self, turns, has_image):
        """Returns ids and labels. The answer of the last turn may be None: a prompt."""
        ids = list(self.tokenizer("")["input_ids"])
        labels = [IGNORE] * len(ids)

        def add(new, learned):
            ids.extend(new)
            labels.extend(new if learned else [IGNORE] * len(new))

        for place, (question, answer) in enumerate(turns):
            begin = "USER: "
            if place == 0 and has_image:
                add(self.ids(begin) + [self.image_token] * self.image_tokens, False)
                begin = "\n"
            asked = begin + question.strip() + TAG
            prompt = self.ids(asked)
            add(prompt, False)
            if answer is None:
                continue
            whole = self.ids(asked + " " + answer.strip())
            assert whole[:len(prompt)] == prompt, (asked, answer)
            add(whole[len(prompt):] + [self.tokenizer.eos_token_id], True)
        return ids, labels
