// SPDX-License-Identifier: Apache-2.0
#include "eval/run/xlsx.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace imp::eval {
namespace {

std::uint32_t crc32(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
  return crc ^ 0xFFFFFFFFU;
}

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// A ZIP archive of stored (not compressed) files, after APPNOTE 6.3.
class ZipWriter {
 public:
  void add(std::string_view name, std::string_view content) {
    const auto offset = static_cast<std::uint32_t>(files_.size());
    const std::string description = describe(name, content);
    put(files_, 0x04034B50, 4);
    files_ += description;
    files_ += name;
    files_ += content;
    put(directory_, 0x02014B50, 4);
    put(directory_, 20, 2);
    directory_ += description;
    put(directory_, 0, 2);  // no comment
    put(directory_, 0, 4);  // disk, internal attributes
    put(directory_, 0, 4);
    put(directory_, offset, 4);
    directory_ += name;
    ++count_;
  }

  [[nodiscard]] std::string finish() const {
    std::string out = files_ + directory_;
    put(out, 0x06054B50, 4);
    put(out, 0, 4);
    put(out, count_, 2);
    put(out, count_, 2);
    put(out, static_cast<std::uint32_t>(directory_.size()), 4);
    put(out, static_cast<std::uint32_t>(files_.size()), 4);
    put(out, 0, 2);
    return out;
  }

 private:
  /// What the local header and the directory share: version, flags, method, a fixed date, sum, sizes, name's
  /// length.
  static std::string describe(std::string_view name, std::string_view content) {
    constexpr std::uint32_t kFirstOf1980 = 0x0021;
    std::string out;
    put(out, 20, 2);
    put(out, 0, 4);
    put(out, kFirstOf1980 << 16, 4);
    put(out, crc32(content), 4);
    put(out, static_cast<std::uint32_t>(content.size()), 4);
    put(out, static_cast<std::uint32_t>(content.size()), 4);
    put(out, static_cast<std::uint32_t>(name.size()), 2);
    put(out, 0, 2);
    return out;
  }

  std::string files_, directory_;
  std::uint32_t count_ = 0;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      out += "\xEF\xBF\xBD";
    } else {
      out += c;
    }
  }
  return out;
}

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kPackage = "http://schemas.openxmlformats.org/package/2006/";

std::string sheet(const std::vector<std::vector<std::string>>& rows) {
  std::string out = std::string(kHead) + "<worksheet xmlns=\"" + std::string(kMain) + "\"><sheetData>";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    out += "<row r=\"" + std::to_string(r + 1) + "\">";
    for (const std::string& cell : rows[r])
      out += "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">" + escaped(cell) + "</t></is></c>";
    out += "</row>";
  }
  return out + "</sheetData></worksheet>";
}

}  // namespace

std::string make_xlsx(const std::vector<std::vector<std::string>>& rows) {
  const std::string head(kHead), main(kMain), office(kOffice), package(kPackage);
  const std::string kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
  ZipWriter zip;
  zip.add("[Content_Types].xml",
          head + "<Types xmlns=\"" + package +
              "content-types\"><Default Extension=\"rels\" ContentType=\"application/"
              "vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" "
              "ContentType=\"" +
              kind + "sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" +
              kind + "worksheet+xml\"/></Types>");
  zip.add("_rels/.rels", head + "<Relationships xmlns=\"" + package +
                             "relationships\"><Relationship Id=\"rId1\" Type=\"" + office +
                             "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
  zip.add("xl/workbook.xml",
          head + "<workbook xmlns=\"" + main + "\" xmlns:r=\"" + office +
              "\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>");
  zip.add("xl/_rels/workbook.xml.rels",
          head + "<Relationships xmlns=\"" + package + "relationships\"><Relationship Id=\"rId1\" Type=\"" +
              office + "/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>");
  zip.add("xl/worksheets/sheet1.xml", sheet(rows));
  return zip.finish();
}

}  // namespace imp::eval
