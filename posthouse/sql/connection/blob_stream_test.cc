// Blobs read and written piece by piece, on every engine.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::HasSubstr;

// Octets that differ from place to place, zeros among them.
std::string octets(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>((i * 7 + i / 251) % 256);
  }
  return bytes;
}

class Blobs : public Contract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    if (IsSkipped()) {
      return;
    }
    db().exec("create table \"the \"\"order\" (\"key\" varchar(20) primary key, \"select\" " +
              std::string(is_sqlite() ? "blob" : "longblob") + ")");
    db().exec("insert into \"the \"\"order\" values ('a', null), ('b', x'010203')");
  }
  static BlobPlace at(const std::string& key) { return {"the \"order", "select", "key", key}; }
  Blob stored(const std::string& key) {
    return db().query_one<Blob>("select \"select\" from \"the \"\"order\" where \"key\" = ?", key);
  }
  std::string read_all(BlobReader& reader, std::size_t piece) {
    std::string all;
    std::string buffer(piece, '\0');
    while (const std::size_t size = reader.read(buffer)) {
      all.append(buffer, 0, size);
    }
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(, Blobs, testing::ValuesIn(engines()), engine_name);

TEST_P(Blobs, InPiecesThereAndBack) {
  const std::string bytes = octets(3'000'001);
  {
    BlobWriter writer(db(), at("a"), bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i += 70'000) {
      writer.write(std::string_view(bytes).substr(i, 70'000));
    }
    writer.finish();
  }
  EXPECT_FALSE(db().in_transaction());
  EXPECT_TRUE(stored("a").bytes == bytes);
  BlobReader reader(db(), at("a"));
  EXPECT_EQ(reader.size(), bytes.size());
  EXPECT_TRUE(read_all(reader, 65'536) == bytes);
  reader.seek(0);
  EXPECT_TRUE(read_all(reader, 2'500'000) == bytes) << "in pieces larger than a packet's";
  reader.seek(2'999'999);
  EXPECT_EQ(read_all(reader, 100), bytes.substr(2'999'999));
  reader.seek(4'000'000);
  EXPECT_EQ(read_all(reader, 100), "");
}

TEST_P(Blobs, OtherStatementsRunBetweenTheReads) {
  BlobReader reader(db(), at("b"));
  std::array<char, 2> piece{};
  EXPECT_EQ(reader.read(piece), 2U);
  EXPECT_EQ(db().query_one<int>("select 7"), 7);
  EXPECT_EQ(reader.read(piece), 1U);
  EXPECT_EQ(piece[0], '\x03');
  reader.seek(0);
  db().exec("update \"the \"\"order\" set \"select\" = x'09' where \"key\" = 'b'");
  EXPECT_EQ(errc_thrown([&] { reader.read(piece); }), Errc::interrupted);
}

TEST_P(Blobs, WhatIsNotFinishedIsNotDone) {
  BlobWriter(db(), at("b"), 1'000'000).write(octets(500'000));
  EXPECT_EQ(stored("b").bytes, "\x01\x02\x03");
  {
    BlobWriter writer(db(), at("b"), 4);
    writer.write("ab");
    std::string what;
    EXPECT_EQ(errc_thrown([&] { writer.finish(); }, &what), Errc::usage);
    EXPECT_THAT(what, HasSubstr("2 octets of the blob are missing"));
    EXPECT_EQ(errc_thrown([&] { writer.write("abc"); }), Errc::usage);
  }
  EXPECT_EQ(stored("b").bytes, "\x01\x02\x03");
  EXPECT_FALSE(db().in_transaction());
  {
    Transaction transaction(db());
    BlobWriter writer(db(), at("b"), 2);
    writer.write("xy");
    writer.finish();
    EXPECT_TRUE(db().in_transaction()) << "a part of the transaction around it";
  }
  EXPECT_EQ(stored("b").bytes, "\x01\x02\x03");
}

TEST_P(Blobs, EmptyOnes) {
  {
    BlobWriter writer(db(), at("a"), 0);
    writer.write("");
    writer.finish();
  }
  BlobReader reader(db(), at("a"));
  EXPECT_EQ(reader.size(), 0U);
  EXPECT_EQ(read_all(reader, 10), "");
}

TEST_P(Blobs, WhatIsNotThere) {
  EXPECT_EQ(errc_thrown([&] { BlobReader reader(db(), at("nobody")); }), Errc::no_row);
  EXPECT_EQ(errc_thrown([&] { BlobWriter writer(db(), at("nobody"), 1); }), Errc::no_row);
  std::string what;
  EXPECT_EQ(errc_thrown([&] { BlobReader reader(db(), at("a")); }, &what), Errc::type);
  EXPECT_THAT(what, HasSubstr("column select is"));
  db().exec("insert into user values ('1', 'text')");
  EXPECT_EQ(errc_thrown([&] { BlobReader reader(db(), {"user", "name", "id", "1"}); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { BlobReader reader(db(), {"nowhere", "name", "id", "1"}); }), Errc::syntax);
  EXPECT_EQ(errc_thrown([&] { BlobWriter writer(db(), {"user", "no column", "id", "1"}, 1); }), Errc::syntax);
  EXPECT_EQ(db().query_one<int>("select 7"), 7);
}

TEST_P(Blobs, TooLargeOnesAreRefusedBeforehand) {
  EXPECT_EQ(errc_thrown([&] { BlobWriter writer(db(), at("b"), std::uint64_t{1} << 30U); }), Errc::too_big);
  EXPECT_EQ(stored("b").bytes, "\x01\x02\x03");
  EXPECT_FALSE(db().in_transaction());
}

TEST_P(Blobs, InAFiber) {
  fiber::run([&] {
    const std::string bytes = octets(200'000);
    BlobWriter writer(db(), at("a"), bytes.size());
    writer.write(bytes);
    writer.finish();
    BlobReader reader(db(), at("a"));
    EXPECT_TRUE(read_all(reader, 50'000) == bytes);
  });
}

}  // namespace
}  // namespace posthouse::sql
