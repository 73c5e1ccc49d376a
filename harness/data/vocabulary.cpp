// SPDX-License-Identifier: Apache-2.0
#include "harness/data/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

constexpr auto kSignWords = std::to_array<std::string_view>(
    {"STOP",   "EXIT",   "OPEN",  "SALE",   "CAFE",   "HOTEL",  "BANK",   "TAXI",   "BUS",    "PARK",
     "SHOP",   "FOOD",   "MILK",  "BREAD",  "FISH",   "MEAT",   "CAKE",   "TEA",    "COFFEE", "JUICE",
     "WATER",  "BEER",   "WINE",  "PIZZA",  "SOUP",   "RICE",   "EGGS",   "SALT",   "SUGAR",  "FRUIT",
     "APPLE",  "LEMON",  "PEACH", "PLUM",   "GRAPE",  "BOOK",   "NEWS",   "MAIL",   "POST",   "CARD",
     "GIFT",   "TOYS",   "GAME",  "MUSIC",  "RADIO",  "VIDEO",  "PHOTO",  "FILM",   "MOVIE",  "ART",
     "ZOO",    "CLUB",   "BAR",   "GYM",    "POOL",   "SPA",    "YOGA",   "GOLF",   "TENNIS", "RUGBY",
     "SKI",    "BIKE",   "MOTOR", "TRAIN",  "TRAM",   "METRO",  "PLANE",  "BOAT",   "FERRY",  "PORT",
     "GATE",   "DOOR",   "LIFT",  "STAIRS", "FLOOR",  "ROOM",   "DESK",   "OFFICE", "STAFF",  "POLICE",
     "FIRE",   "DOCTOR", "NURSE", "CLINIC", "DENTAL", "PHARMA", "OPTIC",  "VISION", "LASER",  "TOWER",
     "BRIDGE", "TUNNEL", "RIVER", "LAKE",   "BEACH",  "ISLAND", "MOUNT",  "FOREST", "GARDEN", "FLOWER",
     "ROSE",   "TULIP",  "TREE",  "LEAF",   "GRASS",  "FARM",   "HORSE",  "COW",    "SHEEP",  "GOAT",
     "DUCK",   "HEN",    "BIRD",  "EAGLE",  "PUSH",   "PULL",   "SLOW",   "YIELD",  "WAIT",   "WALK",
     "TURN",   "LEFT",   "RIGHT", "NORTH",  "SOUTH",  "EAST",   "WEST",   "UP",     "DOWN",   "IN",
     "OUT",    "ON",     "OFF",   "NEW",    "OLD",    "HOT",    "COLD",   "FREE",   "FULL",   "CLOSED",
     "DANGER", "KEEP",   "QUIET", "NO",     "YES",    "SMOKE",  "CAMERA", "ALARM",  "SAFE",   "LOCK",
     "KEY",    "CASH",   "ATM",   "EURO",   "DOLLAR", "POUND"});

/// Words that nobody wants on a sign in a data set: a word list holds slurs and obscenities too. Compared by
/// the start of the word.
constexpr auto kUnwanted = std::to_array<std::string_view>({
    "ANAL", "ANUS", "BITCH", "COCK", "COON",  "CUNT", "DAGO", "DAMN",   "DICK",  "DYKE",  "FAG",    "FUCK",
    "GOOK", "KIKE", "NAZI",  "NIG",  "PENIS", "PISS", "PORN", "PUSSY",  "QUEER", "RAPE",  "RAPING", "RAPIST",
    "SEX",  "SHIT", "SLUT",  "SPIC", "TIT",   "TURD", "TWAT", "VAGINA", "WANK",  "WHORE", "WOP",
});

bool is_plain_word(std::string_view word) {
  return word.size() >= 3 && word.size() <= 6 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

bool is_unwanted_word(std::string_view word) {
  const auto same_letter = [](char a, char b) { return a == std::toupper(static_cast<unsigned char>(b)); };
  return std::any_of(kUnwanted.begin(), kUnwanted.end(), [&](std::string_view start) {
    return word.size() >= start.size() && std::equal(start.begin(), start.end(), word.begin(), same_letter);
  });
}

std::span<const std::string_view> sign_words() {
  return kSignWords;
}

std::string random_number(Random& random, int min_digits, int max_digits) {
  const int digits = min_digits + random.below(max_digits - min_digits + 1);
  std::string number(1, static_cast<char>((digits == 1 ? '0' : '1') + random.below(digits == 1 ? 10 : 9)));
  while (static_cast<int>(number.size()) < digits) number += static_cast<char>('0' + random.below(10));
  return number;
}

Vocabulary::Vocabulary(const std::filesystem::path& word_list) {
  if (std::error_code ignored; !std::filesystem::is_regular_file(word_list, ignored))
    throw Error(fmt::format("{}: the word list is missing; apt-get install wamerican", word_list.string()),
                ErrorKind::environment);
  std::istringstream lines(read_file(word_list));
  for (std::string word; std::getline(lines, word);) {
    if (!is_plain_word(word)) continue;
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    if (is_unwanted_word(word) || std::find(kSignWords.begin(), kSignWords.end(), word) != kSignWords.end())
      continue;
    open_words_[static_cast<std::size_t>(split_of(word, "open word"))].push_back(word);
  }
}

}  // namespace imp::harness
