// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Safetensors : public ::testing::Test {
 protected:
  Safetensors()
      : folder_(fs::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Safetensors() override { fs::remove_all(folder_); }

  /// A file with this header (its true length unless `claimed` says otherwise) and `data_size` bytes of data.
  fs::path file_with(const std::string& header, std::size_t data_size, long long claimed = -1) const {
    const auto length = claimed < 0 ? header.size() : static_cast<std::uint64_t>(claimed);
    std::string content;
    for (int i = 0; i < 8; ++i) content += static_cast<char>(length >> (8 * i) & 0xff);
    write_file_atomically(folder_ / "lie.safetensors", content + header + std::string(data_size, '\1'));
    return folder_ / "lie.safetensors";
  }

  std::string refusal_of(const std::string& header, std::size_t data_size, long long claimed = -1) const {
    const fs::path path = file_with(header, data_size, claimed);
    try {
      const SafetensorsFile file(path);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("lie.safetensors"), Not(HasSubstr("\n"))));
      return error.what();
    }
    return "not refused";
  }

  std::string open_refusal() const {
    try {
      const CheckpointWeights weights(folder_);
    } catch (const Error& error) {
      return error.what();
    }
    return "not refused";
  }

  fs::path folder_;
};

std::span<const std::byte> bytes_of(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

TEST_F(Safetensors, WhatIsWrittenIsReadBackAligned) {
  const std::vector<float> matrix{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint16_t> half{7, 8, 9};
  const std::vector<std::int64_t> ids{1};
  write_safetensors(folder_ / "a.safetensors", {{"half", DType::bf16, {3}, std::as_bytes(std::span(half))},
                                                {"matrix", DType::f32, {2, 3}, bytes_of(matrix)},
                                                {"scalar", DType::i64, {}, std::as_bytes(std::span(ids))},
                                                {"none", DType::f32, {0, 4}, {}}});
  const SafetensorsFile file(folder_ / "a.safetensors");
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.tensors().size(), 4U);
  const TensorView& read = file.at("matrix");
  EXPECT_EQ(describe(read.dtype, read.shape), "F32 [2, 3]");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.bytes.data()) % 4, 0U);
  EXPECT_TRUE(std::ranges::equal(read.bytes, bytes_of(matrix)));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.at("scalar").bytes.data()) % 8, 0U);
  EXPECT_TRUE(file.at("none").bytes.empty());
  EXPECT_EQ(file.find("absent"), nullptr);
  EXPECT_THROW((void)file.at("absent"), Error);
}

TEST_F(Safetensors, AHeaderLongerThanTheFileIsRefused) {
  EXPECT_THAT(refusal_of("{}", 0, 1000), HasSubstr("claims 1000 bytes"));
  EXPECT_THAT(refusal_of("{}", 0, 1LL << 62), HasSubstr("claims"));
  write_file_atomically(folder_ / "lie.safetensors", "abc");
  EXPECT_THROW(SafetensorsFile(folder_ / "lie.safetensors"), Error);
  write_file_atomically(folder_ / "lie.safetensors", "");
  EXPECT_THROW(SafetensorsFile(folder_ / "lie.safetensors"), Error);
}

TEST_F(Safetensors, AHeaderThatIsNotTheFormatsJsonIsRefused) {
  EXPECT_THAT(refusal_of("{\"a\": ", 0), HasSubstr("not JSON"));
  EXPECT_THAT(refusal_of("[]", 0), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal_of(R"({"w": 3})", 0), AllOf(HasSubstr("'w'"), HasSubstr("dtype")));
  EXPECT_THAT(refusal_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4),
              HasSubstr("[begin, end]"));
  EXPECT_THAT(refusal_of(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
              HasSubstr("whole numbers"));
  EXPECT_THAT(refusal_of(R"({"__metadata__":{"format":1}})", 0), HasSubstr("must be a string"));
}

TEST_F(Safetensors, UnknownDtypeIsRefusedByTensor) {
  EXPECT_THAT(refusal_of(R"({"w":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4),
              AllOf(HasSubstr("'w'"), HasSubstr("F31")));
}

TEST_F(Safetensors, BytesThatDisagreeWithShapeAreRefused) {
  EXPECT_THAT(refusal_of(R"({"w":{"dtype":"F16","shape":[2,3],"data_offsets":[0,24]}})", 24),
              AllOf(HasSubstr("'w'"), HasSubstr("needs 12 bytes"), HasSubstr("hold 24")));
  EXPECT_THAT(refusal_of(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
              HasSubstr("more than 2^63"));
}

TEST_F(Safetensors, OverlapsGapsAndExcessAreRefused) {
  const auto two = [](int begin, int end) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(end) + "]}}";
  };
  EXPECT_EQ(refusal_of(two(4, 8), 8), "not refused");
  EXPECT_THAT(refusal_of(two(2, 6), 8), AllOf(HasSubstr("'b'"), HasSubstr("overlap")));
  EXPECT_THAT(refusal_of(two(5, 9), 9), HasSubstr("gap"));
  EXPECT_THAT(refusal_of(two(4, 8), 9), HasSubstr("must fill"));
  EXPECT_THAT(refusal_of(two(4, 8), 7), AllOf(HasSubstr("'b'"), HasSubstr("cut off")));
}

TEST_F(Safetensors, ANameThatStandsTwiceIsRefused) {
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                         R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                         2),
              AllOf(HasSubstr("'a'"), HasSubstr("twice")));
}

TEST_F(Safetensors, EveryTruncationIsRefused) {
  const std::vector<float> values{1, 2};
  write_safetensors(folder_ / "w.safetensors", {{"w", DType::f32, {2}, bytes_of(values)}});
  const std::string whole = read_file(folder_ / "w.safetensors");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file_atomically(folder_ / "cut.safetensors", whole.substr(0, length));
    EXPECT_THROW(SafetensorsFile(folder_ / "cut.safetensors"), Error) << length;
  }
}

TEST_F(Safetensors, ShardsAreFoundUnderOneLookup) {
  const std::vector<float> values{1, 2};
  write_safetensors(folder_ / "model-1.safetensors", {{"a", DType::f32, {2}, bytes_of(values)}});
  write_file_atomically(folder_ / "model.safetensors.index.json",
                        R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
  EXPECT_THAT(open_refusal(), AllOf(HasSubstr("model-2.safetensors"), HasSubstr("missing")));
  write_safetensors(folder_ / "model-2.safetensors", {{"c", DType::f32, {2}, bytes_of(values)}});
  EXPECT_THAT(open_refusal(), AllOf(HasSubstr("model-2.safetensors"), HasSubstr("'b'")));
  write_safetensors(folder_ / "model-2.safetensors", {{"b", DType::f32, {1, 2}, bytes_of(values)}});
  const CheckpointWeights weights(folder_);
  EXPECT_EQ(weights.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(weights.at("b").shape, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(Safetensors, PickledWeightsAreRefusedWithTheConversion) {
  EXPECT_THAT(open_refusal(), HasSubstr("neither"));
  write_file_atomically(folder_ / "pytorch_model.bin", "x");
  EXPECT_THAT(open_refusal(), AllOf(HasSubstr("save_pretrained"), HasSubstr("pytorch_model.bin")));
}

TEST_F(Safetensors, AFailedWriteLeavesNothing) {
  const std::vector<float> values{1, 2};
  EXPECT_THROW(write_safetensors(folder_ / "w.safetensors", {{"w", DType::f32, {3}, bytes_of(values)}}),
               Error);
  EXPECT_THROW(write_safetensors(folder_ / "w.safetensors", {{"w", DType::f32, {2}, bytes_of(values)},
                                                             {"w", DType::f32, {2}, bytes_of(values)}}),
               Error);
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace imp::models
