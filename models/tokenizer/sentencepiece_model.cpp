// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/tokenizer/tokenizer_files.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

/// Reads protobuf's wire format (https://protobuf.dev/programming-guides/encoding), which is all a
/// tokenizer.model needs.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  /// Moves to the next field; false at the end.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    number = tag >> 3;
    value = 0;
    bytes = {};
    switch (tag & 7) {
      case 0:
        value = varint();
        break;
      case 1:
        bytes = take(8);
        break;
      case 2:
        bytes = take(varint());
        break;
      case 5:
        bytes = take(4);
        break;
      default:
        throw Error(fmt::format("wire type {} is not SentencePiece's; is the file damaged?", tag & 7));
    }
    return true;
  }

  [[nodiscard]] float as_float() const {
    if (bytes.size() != 4) throw Error("a score is not a float; is the file damaged?");
    std::uint32_t bits = 0;
    for (int i = 3; i >= 0; --i)
      bits = bits << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    return std::bit_cast<float>(bits);
  }

  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) throw Error("ends in the middle of a field; is the file cut off?");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      result |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw Error("a number is too long; is the file damaged?");
  }

  std::string_view rest_;
};

/// sentencepiece_model.proto: ModelProto.SentencePiece.Type.
enum class PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct SentencePiece {
  std::string text;
  float score = 0;
  PieceType type = PieceType::normal;
};

/// The fields of ModelProto that matter, with the defaults of sentencepiece_model.proto.
struct Model {
  std::vector<SentencePiece> pieces;
  std::uint64_t model_type = 1, bos = 1;
  bool byte_fallback = false;
  bool has_character_map = false, remove_extra_spaces = true, escape_spaces = true;
};

SentencePiece read_piece(std::string_view bytes) {
  SentencePiece piece;
  for (Fields field(bytes); field.next();) {
    if (field.number == 1) piece.text = field.bytes;
    if (field.number == 2) piece.score = field.as_float();
    if (field.number == 3) piece.type = static_cast<PieceType>(field.value);
  }
  if (!is_valid_utf8(piece.text) || piece.text.empty())
    throw Error("a piece is empty or no UTF-8; is the file damaged?");
  return piece;
}

Model read_model(std::string_view bytes) {
  Model model;
  for (Fields field(bytes); field.next();) {
    if (field.number == 1) model.pieces.push_back(read_piece(field.bytes));
    if (field.number == 2) {
      for (Fields trainer(field.bytes); trainer.next();) {
        if (trainer.number == 3) model.model_type = trainer.value;
        if (trainer.number == 35) model.byte_fallback = trainer.value != 0;
        if (trainer.number == 41) model.bos = trainer.value;
      }
    }
    if (field.number == 3) {
      for (Fields normalizer(field.bytes); normalizer.next();) {
        if (normalizer.number == 2) model.has_character_map = !normalizer.bytes.empty();
        if (normalizer.number == 4) model.remove_extra_spaces = normalizer.value != 0;
        if (normalizer.number == 5) model.escape_spaces = normalizer.value != 0;
      }
    }
  }
  return model;
}

void refuse_unknown_kinds(const Model& model) {
  if (model.pieces.empty()) throw Error("holds no pieces; is this a SentencePiece model?");
  if (model.model_type != 2)
    throw Error(fmt::format("model type {} is not known; BPE (2) is", model.model_type));
  if (model.has_character_map || !model.escape_spaces) {
    throw Error(
        "its normalization rule is not known; 'identity', as LLaMA's, is. Save a tokenizer.json with "
        "transformers");
  }
  for (const SentencePiece& piece : model.pieces) {
    if (piece.type == PieceType::user_defined || piece.type == PieceType::unused) {
      throw Error(fmt::format(
          "piece '{}' is of a kind that is not known (user-defined or unused). Save a tokenizer.json with "
          "transformers",
          piece.text));
    }
  }
}

/// Every way to make a piece out of two others is a merge; SentencePiece takes the highest score first.
void add_merges(const std::vector<SentencePiece>& pieces, const Vocabulary& normal,
                BpeDefinition& definition) {
  std::map<float, std::int32_t, std::greater<>> rank;
  for (const SentencePiece& piece : pieces) rank[piece.score] = 0;
  std::int32_t next = 0;
  for (auto& [score, place] : rank) place = next++;
  for (const SentencePiece& piece : pieces) {
    if (piece.type != PieceType::normal) continue;
    const std::string_view text = piece.text;
    for (std::size_t cut = first_code_point(text).length; cut < text.size();
         cut += first_code_point(text.substr(cut)).length) {
      const auto left = normal.find(text.substr(0, cut));
      const auto right = normal.find(text.substr(cut));
      if (left == normal.end() || right == normal.end()) continue;
      definition.merges.push_back(
          {left->second, right->second, normal.find(text)->second, rank[piece.score]});
    }
  }
}

TokenizerDefinition define(const Model& model, SpaceRule rule) {
  refuse_unknown_kinds(model);
  TokenizerDefinition definition;
  Vocabulary normal;
  for (std::size_t i = 0; i < model.pieces.size(); ++i) {
    const SentencePiece& piece = model.pieces[i];
    const auto id = static_cast<std::int32_t>(i);
    if (piece.type == PieceType::normal) normal.emplace(piece.text, id);
    if (piece.type == PieceType::unknown) definition.model.unknown = id;
    if (piece.type == PieceType::unknown || piece.type == PieceType::control) {
      definition.added_tokens.push_back({.id = id, .content = piece.text, .special = true});
    }
    definition.model.vocabulary.emplace(piece.text, id);
  }
  add_merges(model.pieces, normal, definition.model);
  definition.model.byte_fallback = model.byte_fallback;
  definition.model.fuse_unknown = true;
  if (model.remove_extra_spaces) definition.normalizer = Normalizer({Normalizer::squeeze_spaces()});
  definition.pre_tokenizer = PreTokenizer::metaspace(rule);
  definition.decoder = Decoder::sentencepiece(rule != SpaceRule::never);
  if (model.bos < model.pieces.size()) definition.prefix_ids = {static_cast<std::int32_t>(model.bos)};
  return definition;
}

}  // namespace

TokenizerDefinition read_sentencepiece_model(const std::filesystem::path& path, SpaceRule rule) {
  const std::string content = read_file(path);
  try {
    return define(read_model(content), rule);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()), error.kind());
  }
}

}  // namespace imp::models
