// A table more than once in a query: relations of a table to itself, and two that lead to one table.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Folder {
  std::int64_t id = 0;
  std::string name{};
  std::optional<std::int64_t> parent_id{};
  One<Folder> parent{};
  Many<Folder> children{};
};

struct Writer {
  std::int64_t id = 0;
  std::string name{};
  Many<Writer> friends{};
};

struct Note {
  std::int64_t id = 0;
  std::int64_t sender_id = 0, receiver_id = 0;
  One<Writer> sender{}, receiver{};
};

void describe(Mapping<Folder>& folder) {
  folder.table("folder");
  folder.column("id", &Folder::id).primary_key();
  folder.column("name", &Folder::name).length(20);
  folder.column("parent_id", &Folder::parent_id).references(&Folder::id);
  folder.belongs_to(&Folder::parent, &Folder::parent_id);
  folder.has_many(&Folder::children, &Folder::parent_id);
}

void describe(Mapping<Writer>& writer) {
  writer.table("writer");
  writer.column("id", &Writer::id).primary_key();
  writer.column("name", &Writer::name).length(20);
  writer.many_to_many(&Writer::friends, "friendship", "writer_id", "friend_id");
}

void describe(Mapping<Note>& note) {
  note.table("note");
  note.column("id", &Note::id).primary_key();
  note.column("sender_id", &Note::sender_id).references(&Writer::id);
  note.column("receiver_id", &Note::receiver_id).references(&Writer::id);
  note.belongs_to(&Note::sender, &Note::sender_id);
  note.belongs_to(&Note::receiver, &Note::receiver_id);
}

class OrmAliases : public WithTables<Folder, Writer, Note> {
 protected:
  void SetUp() override {
    WithTables::SetUp();
    if (IsSkipped()) {
      return;
    }
    Session session(engine());
    auto root = session.add(Folder{.name = "root"});
    auto mail = make<Folder>({.name = "mail"});
    mail->children.add(make<Folder>({.name = "inbox"}));
    root->children.add(mail);
    root->children.add(make<Folder>({.name = "files"}));
    auto ann = session.add(Writer{.name = "Ann"});
    auto bob = session.add(Writer{.name = "Bob"});
    session.add(Writer{.name = "Cid"});
    ann->friends.add(bob);
    auto note = session.add(Note{});
    note->sender = ann;
    note->receiver = bob;
    session.commit();
  }
  std::vector<std::string> folders(Condition condition) {
    Session session(engine());
    return session.select(col(&Folder::name)).filter(std::move(condition)).order_by(col(&Folder::id).asc()).all();
  }
};
INSTANTIATE_TEST_SUITE_P(, OrmAliases, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmAliases, AnyOfATableToItself) {
  const auto name = col(&Folder::name);
  EXPECT_THAT(folders(any(&Folder::children, name == "inbox")), ElementsAre("mail"));
  EXPECT_THAT(folders(!any(&Folder::children)), ElementsAre("inbox", "files"));
  EXPECT_THAT(folders(any(&Folder::parent, name == "root")), ElementsAre("mail", "files"));
  EXPECT_THAT(folders(!any(&Folder::parent)), ElementsAre("root"));
  EXPECT_THAT(folders(any(&Folder::children, any(&Folder::children, name == "inbox"))), ElementsAre("root"));
  EXPECT_THAT(folders(any(&Folder::parent, any(&Folder::parent))), ElementsAre("inbox"));
  Session session(engine());
  const auto writers = [&](Condition condition) {
    return session.select(col(&Writer::name)).filter(std::move(condition)).order_by(col(&Writer::id).asc()).all();
  };
  EXPECT_THAT(writers(any(&Writer::friends, col(&Writer::name) == "Bob")), ElementsAre("Ann"));
  EXPECT_THAT(writers(!any(&Writer::friends)), ElementsAre("Bob", "Cid"));
}

TEST_P(OrmAliases, ATableIsJoinedUnderAnotherName) {
  Session session(engine());
  const auto parent = alias<Folder>("parent");
  const auto above = alias<Folder>("above");
  const auto name = col(&Folder::name);
  EXPECT_THAT(session.select(name, parent.col(&Folder::name))
                  .join(&Folder::parent, parent)
                  .order_by(col(&Folder::id).asc())
                  .all(),
              ElementsAre(std::tuple("mail", "root"), std::tuple("inbox", "mail"), std::tuple("files", "root")));
  EXPECT_THAT(session.select(name)
                  .left_join(&Folder::parent, parent)
                  .left_join(parent, &Folder::parent, above)
                  .filter(above.col(&Folder::id).is_null())
                  .order_by(col(&Folder::id).asc())
                  .all(),
              ElementsAre("root", "mail", "files"));
  const auto child = alias<Folder>("child");
  EXPECT_EQ(
      session.query<Folder>().join(&Folder::children, child).filter(child.col(&Folder::name) == "files").one()->name,
      "root");
  EXPECT_EQ(session.query<Folder>().join(child, child.col(&Folder::parent_id) == col(&Folder::id)).count(), 3);
  EXPECT_THAT(session.select(name).join(&Folder::parent, parent).filter(any(parent, &Folder::parent)).all(),
              ElementsAre("inbox"));
}

TEST_P(OrmAliases, TwoRelationsToOneTable) {
  Session session(engine());
  const auto sender = alias<Writer>("sender");
  const auto receiver = alias<Writer>("receiver");
  EXPECT_THAT(session.select(sender.col(&Writer::name), receiver.col(&Writer::name))
                  .from<Note>()
                  .join(&Note::sender, sender)
                  .join(&Note::receiver, receiver)
                  .all(),
              ElementsAre(std::tuple("Ann", "Bob")));
  const auto friends = alias<Writer>("friend");
  EXPECT_THAT(session.select(col(&Writer::name), friends.col(&Writer::name)).join(&Writer::friends, friends).all(),
              ElementsAre(std::tuple("Ann", "Bob")));
}

TEST_P(OrmAliases, ATableThatIsThereAlreadyIsSaid) {
  Session session(engine());
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { session.query<Folder>().join(&Folder::children); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("folder is a table of the query already"));
  EXPECT_EQ(sql::errc_thrown([&] { session.query<Note>().join(&Note::sender).join(&Note::receiver); }),
            sql::Errc::usage);
}

}  // namespace
}  // namespace posthouse::orm
