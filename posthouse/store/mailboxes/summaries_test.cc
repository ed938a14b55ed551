// Summaries of messages: kept as they were given, and gone with their messages.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/commit/batch_testing.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

MessageSummary summary_of(const std::string& what) {
  return {.format = 3,
          .sent_at = -5,
          .sent_zone = -210,
          .has_attachment = true,
          .is_reply = true,
          .base_subject = what + " \xe4\xbd\xa0",
          .references = std::string("a\0b\n", 4),
          .envelope = "(NIL \"" + what + "\")",
          .body = "body",
          .body_structure = "body structure",
          .parts = std::string("\x01\0\xff", 3),
          .preview = ""};
}

class SummariesTest : public StoreOnEachEngine {
 protected:
  std::vector<SummaryOf> read(const std::vector<MessageId>& messages) {
    return store->read([&](Read& read) { return summaries(read, messages); });
  }
  void add(const std::vector<SummaryOf>& some) {
    store->write([&](Write& write) { add_summaries(write, some); });
  }
};

POSTHOUSE_ON_EACH_ENGINE(SummariesTest);

TEST_P(SummariesTest, AreStoredWithMessagesOrLater) {
  MessageSummary least;
  const MessageId with = deliver(*store, {inbox}, "1", {.summary = summary_of("one")});
  const MessageId with_least = deliver(*store, {inbox}, "2", {.summary = least});
  const MessageId without = deliver(*store, {inbox}, "3");
  const StoredBody body = body_of(*store, "4");
  const MessageId appended =
      store->write([&](Write& write) { return append(write, inbox, body, {.summary = summary_of("four")}); }).message;
  const std::vector<SummaryOf> all = read({appended, without, with, with_least, with, 12345});
  ASSERT_THAT(all, SizeIs(3)) << "by message, each once";
  EXPECT_EQ(all[0].summary, summary_of("one"));
  EXPECT_EQ(all[0].message, with);
  EXPECT_EQ(all[1].summary, least);
  EXPECT_EQ(all[2].summary, summary_of("four"));

  add({{without, summary_of("three")}, {with, least}, {12345, least}, {with, summary_of("again")}});
  add({{without, summary_of("three")}});
  const std::vector<SummaryOf> more = read({with, without, 12345});
  ASSERT_THAT(more, SizeIs(2));
  EXPECT_EQ(more[0].summary, least);
  EXPECT_EQ(more[1].summary, summary_of("three"));
}

TEST_P(SummariesTest, GoWithTheirMessages) {
  const MessageId message = deliver(*store, {inbox}, "1", {.summary = summary_of("one")});
  const Uid uid = list(*store, inbox)[0].uid;
  store->write([&](Write& write) { expunge(write, inbox, std::span(&uid, 1)); });
  EXPECT_THAT(read({message}), IsEmpty());
  add({{message, summary_of("late")}});
  EXPECT_EQ(
      read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM message_summary"); }),
      0);
}

TEST_P(SummariesTest, ThatAreLargeAreNotStored) {
  MessageSummary large = summary_of("large");
  large.envelope.assign(most_summary_octets, 'x');
  const MessageId message = deliver(*store, {inbox}, "1", {.summary = large});
  EXPECT_THAT(list(*store, inbox), SizeIs(1));
  EXPECT_THAT(read({message}), IsEmpty());
  add({{message, large}});
  EXPECT_THAT(read({message}), IsEmpty());
}

TEST_P(SummariesTest, ABatchWritesThemByOneStatement) {
  const auto letters = [&] {
    std::vector<std::function<void()>> jobs;
    for (int i = 0; i < 64; ++i) {
      jobs.push_back(
          [this, i] { deliver(*store, {inbox}, std::to_string(i), {.summary = summary_of(std::to_string(i))}); });
    }
    return jobs;
  };
  in_one_batch(*store, letters());
  std::size_t statements = 0;
  write_sql(*store, [&](sql::Connection& db) {
    db.set_trace([&](const sql::TraceEvent& event) {
      statements += event.statement.starts_with("INSERT INTO message_summary") ? 1 : 0;
    });
  });
  in_one_batch(*store, letters());
  write_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
  EXPECT_EQ(statements, 1U);
}

}  // namespace
}  // namespace posthouse::store
