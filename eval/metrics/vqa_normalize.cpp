// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/vqa_normalize.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "eval/text/python_text.h"

namespace imp::eval {
namespace {

using WordTable = std::unordered_map<std::string_view, std::string_view>;

const WordTable& number_words() {
  static const WordTable kTable = {{"none", "0"},  {"zero", "0"},  {"one", "1"},  {"two", "2"},
                                   {"three", "3"}, {"four", "4"},  {"five", "5"}, {"six", "6"},
                                   {"seven", "7"}, {"eight", "8"}, {"nine", "9"}, {"ten", "10"}};
  return kTable;
}

/// The reference's table. Its keys with a capital letter (`Im`, `Ive`, ...) are left out: the words looked up
/// are lower case, so the reference never finds them either.
const WordTable& contractions() {
  static const WordTable kTable = {
      {"aint", "ain't"},
      {"arent", "aren't"},
      {"cant", "can't"},
      {"couldve", "could've"},
      {"couldnt", "couldn't"},
      {"couldn'tve", "couldn't've"},
      {"couldnt've", "couldn't've"},
      {"didnt", "didn't"},
      {"doesnt", "doesn't"},
      {"dont", "don't"},
      {"hadnt", "hadn't"},
      {"hadnt've", "hadn't've"},
      {"hadn'tve", "hadn't've"},
      {"hasnt", "hasn't"},
      {"havent", "haven't"},
      {"hed", "he'd"},
      {"hed've", "he'd've"},
      {"he'dve", "he'd've"},
      {"hes", "he's"},
      {"howd", "how'd"},
      {"howll", "how'll"},
      {"hows", "how's"},
      {"isnt", "isn't"},
      {"itd", "it'd"},
      {"itd've", "it'd've"},
      {"it'dve", "it'd've"},
      {"itll", "it'll"},
      {"maam", "ma'am"},
      {"mightnt", "mightn't"},
      {"mightnt've", "mightn't've"},
      {"mightn'tve", "mightn't've"},
      {"mightve", "might've"},
      {"mustnt", "mustn't"},
      {"mustve", "must've"},
      {"neednt", "needn't"},
      {"notve", "not've"},
      {"oclock", "o'clock"},
      {"oughtnt", "oughtn't"},
      {"ow's'at", "'ow's'at"},
      {"'ows'at", "'ow's'at"},
      {"'ow'sat", "'ow's'at"},
      {"shant", "shan't"},
      {"shed've", "she'd've"},
      {"she'dve", "she'd've"},
      {"shouldve", "should've"},
      {"shouldnt", "shouldn't"},
      {"shouldnt've", "shouldn't've"},
      {"shouldn'tve", "shouldn't've"},
      {"somebody'd", "somebodyd"},
      {"somebodyd've", "somebody'd've"},
      {"somebody'dve", "somebody'd've"},
      {"somebodyll", "somebody'll"},
      {"somebodys", "somebody's"},
      {"someoned", "someone'd"},
      {"someoned've", "someone'd've"},
      {"someone'dve", "someone'd've"},
      {"someonell", "someone'll"},
      {"someones", "someone's"},
      {"somethingd", "something'd"},
      {"somethingd've", "something'd've"},
      {"something'dve", "something'd've"},
      {"somethingll", "something'll"},
      {"thats", "that's"},
      {"thered", "there'd"},
      {"thered've", "there'd've"},
      {"there'dve", "there'd've"},
      {"therere", "there're"},
      {"theres", "there's"},
      {"theyd", "they'd"},
      {"theyd've", "they'd've"},
      {"they'dve", "they'd've"},
      {"theyll", "they'll"},
      {"theyre", "they're"},
      {"theyve", "they've"},
      {"twas", "'twas"},
      {"wasnt", "wasn't"},
      {"wed've", "we'd've"},
      {"we'dve", "we'd've"},
      {"weve", "we've"},
      {"werent", "weren't"},
      {"whatll", "what'll"},
      {"whatre", "what're"},
      {"whats", "what's"},
      {"whatve", "what've"},
      {"whens", "when's"},
      {"whered", "where'd"},
      {"wheres", "where's"},
      {"whereve", "where've"},
      {"whod", "who'd"},
      {"whod've", "who'd've"},
      {"who'dve", "who'd've"},
      {"wholl", "who'll"},
      {"whos", "who's"},
      {"whove", "who've"},
      {"whyll", "why'll"},
      {"whyre", "why're"},
      {"whys", "why's"},
      {"wont", "won't"},
      {"wouldve", "would've"},
      {"wouldnt", "wouldn't"},
      {"wouldnt've", "wouldn't've"},
      {"wouldn'tve", "wouldn't've"},
      {"yall", "y'all"},
      {"yall'll", "y'all'll"},
      {"y'allll", "y'all'll"},
      {"yall'd've", "y'all'd've"},
      {"y'alld've", "y'all'd've"},
      {"y'all'dve", "y'all'd've"},
      {"youd", "you'd"},
      {"youd've", "you'd've"},
      {"you'dve", "you'd've"},
      {"youll", "you'll"},
      {"youre", "you're"},
      {"youve", "you've"},
  };
  return kTable;
}

constexpr std::array<bool, 128> punctuation_marks() {
  std::array<bool, 128> marks{};
  for (const char c : std::string_view(";/[]\"{}()=+\\_-><@`,?!"))
    marks[static_cast<unsigned char>(c)] = true;
  return marks;
}

bool is_mark(char c) {
  static constexpr std::array<bool, 128> kMarks = punctuation_marks();
  const auto byte = static_cast<unsigned char>(c);
  return byte < 128 && kMarks[byte];
}

/// The pattern `(?<=\d)(\,)+(?=\d)` occurs.
bool has_comma_between_digits(std::string_view text) {
  for (std::size_t at = text.find(','); at != std::string_view::npos; at = text.find(',', at)) {
    const bool after_digit = is_python_digit(code_point_before(text, at));
    while (at < text.size() && text[at] == ',') ++at;
    if (after_digit && is_python_digit(code_point_at(text, at))) return true;
  }
  return false;
}

/// Each mark goes where the text has that mark beside a space anywhere, or a comma between digits; else it
/// becomes a space. The reference decides on the text before any replacement, so one pass does for all marks.
std::string replace_marks(std::string_view text) {
  std::array<bool, 128> beside_space{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_mark(text[i])) continue;
    if ((i > 0 && text[i - 1] == ' ') || (i + 1 < text.size() && text[i + 1] == ' '))
      beside_space[static_cast<unsigned char>(text[i])] = true;
  }
  const bool drop_all = has_comma_between_digits(text);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_mark(c)) {
      out += c;
    } else if (!drop_all && !beside_space[static_cast<unsigned char>(c)]) {
      out += ' ';
    }
  }
  return out;
}

/// Removes full stops that no digit follows, and at most 32 of them: the reference passes re.UNICODE (32)
/// where `re.sub` expects a count.
std::string drop_full_stops(std::string text) {
  constexpr int kMostRemoved = 32;
  if (text.find('.') == std::string::npos) return text;
  std::string out;
  out.reserve(text.size());
  int removed = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' && removed < kMostRemoved && !is_python_digit(code_point_at(text, i + 1))) {
      ++removed;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string_view lookup(const WordTable& table, std::string_view word) {
  const auto found = table.find(word);
  return found == table.end() ? word : found->second;
}

/// Number words to digits, articles dropped, contractions restored. The text is lower case.
std::string rewrite_words(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::string_view word : python_split(text)) {
    word = lookup(number_words(), word);
    if (word == "a" || word == "an" || word == "the") continue;
    if (!out.empty()) out += ' ';
    out += lookup(contractions(), word);
  }
  return out;
}

std::string line_breaks_to_spaces(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::replace(out.begin(), out.end(), '\t', ' ');
  return out;
}

}  // namespace

std::string normalize_vqa_answer(std::string_view text) {
  std::string lower = python_lower(text);
  std::erase(lower, ',');
  std::erase(lower, '?');
  const std::string apart = python_replace(lower, "'s", " 's");
  const std::string flat = line_breaks_to_spaces(python_strip(apart));
  return rewrite_words(drop_full_stops(replace_marks(python_strip(flat))));
}

std::string normalize_vqav2_answer(std::string_view text) {
  const std::string flat = line_breaks_to_spaces(text);
  return rewrite_words(python_lower(drop_full_stops(replace_marks(python_strip(flat)))));
}

}  // namespace imp::eval
