#include "posthouse/mime/read/safe_filename.h"

#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>

#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/error.h"

namespace posthouse::mime {
namespace {

TEST(SafeFilename, HarmlessNamesStay) {
  for (const char* name :
       {"report.pdf", "测试 图片.png", "a b (1).txt", "README", "x.tar.gz", "Grüße.txt", "COMMON.txt"}) {
    EXPECT_EQ(safe_filename(name), name);
  }
}

TEST(SafeFilename, NothingLeadsOutOfTheFolder) {
  EXPECT_EQ(safe_filename("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_filename("C:\\Windows\\evil.exe"), "evil.exe");
  EXPECT_EQ(safe_filename(".."), "attachment");
  EXPECT_EQ(safe_filename("/"), "attachment");
  EXPECT_EQ(safe_filename("", "part-2"), "part-2");
  EXPECT_EQ(safe_filename(".bashrc"), "bashrc");
  EXPECT_EQ(safe_filename("...  .x. . "), "x");
  EXPECT_EQ(safe_filename("a/.."), "attachment");
  EXPECT_EQ(safe_filename("-rf"), "_rf");
  EXPECT_EQ(safe_filename("~root"), "_root");
  EXPECT_EQ(safe_filename("a:b*c?.txt"), "a_b_c_.txt");
}

TEST(SafeFilename, NothingHides) {
  EXPECT_EQ(safe_filename(std::string_view("a\0b\x1b[31m\r\n.txt", 14)), "ab[31m  .txt");
  EXPECT_EQ(safe_filename("invoice\u202Egpj.exe"), "invoicegpj.exe");
  EXPECT_EQ(safe_filename("a\u200B\u200Eb\uFEFF.txt"), "ab.txt");
  EXPECT_EQ(safe_filename("\xff\xfe.txt"), "__.txt");
}

TEST(SafeFilename, DeviceNames) {
  for (const char* name : {"CON", "nul.txt", "Aux.tar.gz", "com1", "LPT9.x", "COM¹.txt", "nul .txt", "conin$"}) {
    EXPECT_EQ(safe_filename(name), "_" + std::string(name));
  }
}

TEST(SafeFilename, LongNamesAreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 500; ++i) {
    name += "好";
  }
  const std::string safe = safe_filename(name + ".png");
  EXPECT_LE(safe.size(), 200U);
  EXPECT_TRUE(is_valid_utf8(safe));
  EXPECT_TRUE(safe.ends_with("好.png"));
  EXPECT_LE(safe_filename(std::string(1000, '.') + std::string(1000, 'x')).size(), 200U);
}

TEST(SaveNewFile, NeverOverwritesOrFollows) {
  const test::TemporaryFolder folder;
  folder.write("victim", "untouched");
  std::filesystem::create_symlink("victim", folder / "b.txt");
  std::filesystem::create_symlink("nowhere", folder / "c.txt");
  EXPECT_EQ(save_new_file(folder.path(), "a.txt", "1"), folder / "a.txt");
  EXPECT_EQ(save_new_file(folder.path(), "../a.txt", "2"), folder / "a (2).txt");
  EXPECT_EQ(save_new_file(folder.path(), "a.txt", "3"), folder / "a (3).txt");
  EXPECT_EQ(save_new_file(folder.path(), "b.txt", "4"), folder / "b (2).txt");
  EXPECT_EQ(save_new_file(folder.path(), "c.txt", "5"), folder / "c (2).txt");
  std::ifstream victim(folder / "victim");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(victim), {}), "untouched");
  EXPECT_THROW(save_new_file(folder / "none", "a", "x"), Error);
}

}  // namespace
}  // namespace posthouse::mime
