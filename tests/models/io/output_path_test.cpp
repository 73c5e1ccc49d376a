// SPDX-License-Identifier: Apache-2.0
#include "models/io/output_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <stdexcept>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/json_depth.h"
#include "models/weights/safetensors.h"

namespace imp {
namespace {

namespace fs = std::filesystem;

/// One of each kind of thing that a path may lead to.
class OutputPath : public testing::Test {
 protected:
  OutputPath() {
    std::string name = fs::temp_directory_path() / "imp-output-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    std::ofstream(folder_ / "file") << "mine";
    fs::create_symlink("file", folder_ / "link");
    fs::create_symlink("nowhere", folder_ / "dangling");
    fs::create_directory(folder_ / "folder");
    fs::create_directory_symlink("folder", folder_ / "folder_link");
    if (::mkfifo((folder_ / "pipe").c_str(), 0600) != 0) throw std::runtime_error("no pipe");
  }
  ~OutputPath() override { fs::remove_all(folder_); }

  static bool is_refused(const std::function<void()>& action) {
    try {
      action();
      return false;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << error.what();
      return true;
    }
  }
  [[nodiscard]] std::vector<fs::path> no_files() const {
    return {folder_ / "link", folder_ / "dangling", folder_ / "folder", folder_ / "folder_link",
            folder_ / "pipe", "/dev/null",          "/dev/stdout",      folder_ / "absent/"};
  }

  fs::path folder_;
};

TEST_F(OutputPath, EveryWriterRefusesWhatIsNoRegularFile) {
  for (const fs::path& path : no_files()) {
    EXPECT_TRUE(is_refused([&] { require_output_file(path); })) << path;
    EXPECT_TRUE(is_refused([&] { write_file_atomically(path, "x"); })) << path;
    EXPECT_TRUE(is_refused([&] { const LineWriter writer(path); })) << path;
    EXPECT_TRUE(is_refused([&] { models::write_safetensors(path, {}); })) << path;
  }
  EXPECT_EQ(read_file(folder_ / "file"), "mine");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_FALSE(fs::exists(folder_ / "absent"));
  write_file_atomically(folder_ / "file", "new");
  write_file_atomically(folder_ / "absent" / "file", "new");
  EXPECT_EQ(read_file(folder_ / "file"), "new");
}

TEST_F(OutputPath, WhatIsReadIsNotReplaced) {
  fs::create_hard_link(folder_ / "file", folder_ / "hard");
  std::ofstream(folder_ / "folder" / "model") << "weights";
  EXPECT_TRUE(is_refused([&] { require_output_file(folder_ / "file", {"", folder_ / "file"}); }));
  EXPECT_TRUE(is_refused([&] { require_output_file(folder_ / "hard", {folder_ / "file"}); }));
  EXPECT_TRUE(is_refused([&] { require_output_file(folder_ / "file", {folder_ / "link"}); }));
  EXPECT_TRUE(is_refused([&] { require_output_file(folder_ / "folder" / "model", {folder_ / "folder"}); }));
  EXPECT_TRUE(
      is_refused([&] { require_output_file(folder_ / "folder_link" / "model", {folder_ / "folder"}); }));
  EXPECT_FALSE(is_refused([&] { require_output_file(folder_ / "folder" / "new", {folder_ / "folder"}); }));
  EXPECT_FALSE(is_refused([&] {
    require_output_file(folder_ / "file", {folder_ / "folder", folder_ / "x"});
  }));
}

TEST_F(OutputPath, AFolderMayBeThereOrAbsentOrBehindALink) {
  for (const char* name : {"file", "link", "dangling", "pipe"}) {
    EXPECT_TRUE(is_refused([&] { require_output_folder(folder_ / name); })) << name;
  }
  for (const char* name : {"folder", "folder_link", "absent", "absent/deeper"}) {
    EXPECT_FALSE(is_refused([&] { require_output_folder(folder_ / name); })) << name;
  }
}

TEST(JsonDepth, CountsBracketsOutsideStrings) {
  EXPECT_FALSE(nests_deeper_than(2, R"({"a": ["[[[\"[["], "b": [1]})"));
  EXPECT_TRUE(nests_deeper_than(2, R"({"a": [{}]})"));
  EXPECT_TRUE(nests_deeper_than(100, std::string(101, '[')));
  EXPECT_FALSE(nests_deeper_than(100, std::string(100, '[')));
  EXPECT_FALSE(nests_deeper_than(1, "[][][]{}{}"));
}

}  // namespace
}  // namespace imp
