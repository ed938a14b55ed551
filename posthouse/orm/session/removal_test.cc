// Removals where rows refer to each other: trees, circles, and a key that is used again at once.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"
#include "posthouse/orm/session/removal_order.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Leaf {
  std::int64_t id = 0;
  std::optional<std::int64_t> parent_id{};
  One<Leaf> parent{};
  Many<Leaf> children{};
};

struct Crew;

struct Member {
  std::int64_t id = 0;
  std::int64_t crew_id = 0;
  One<Crew> crew{};
};

struct Crew {
  std::int64_t id = 0;
  std::optional<std::int64_t> captain_id{};
  One<Member> captain{};
  Many<Member> members{};
};

struct Stamp {
  std::string code{};
  std::string word{};
  std::int64_t version = 0;
};

void describe(Mapping<Leaf>& leaf) {
  leaf.table("leaf");
  leaf.column("id", &Leaf::id).primary_key();
  leaf.column("parent_id", &Leaf::parent_id).references(&Leaf::id);
  leaf.belongs_to(&Leaf::parent, &Leaf::parent_id);
  leaf.has_many(&Leaf::children, &Leaf::parent_id);
}

void describe(Mapping<Member>& member) {
  member.table("member");
  member.column("id", &Member::id).primary_key();
  member.column("crew_id", &Member::crew_id).references(&Crew::id);
  member.belongs_to(&Member::crew, &Member::crew_id);
}

void describe(Mapping<Crew>& crew) {
  crew.table("crew");
  crew.column("id", &Crew::id).primary_key();
  crew.column("captain_id", &Crew::captain_id).references(&Member::id);
  crew.belongs_to(&Crew::captain, &Crew::captain_id);
  crew.has_many(&Crew::members, &Member::crew_id);
}

void describe(Mapping<Stamp>& stamp) {
  stamp.table("stamp");
  stamp.column("code", &Stamp::code).primary_key().length(20);
  stamp.column("word", &Stamp::word).length(20);
  stamp.column("version", &Stamp::version).version();
}

class OrmRemovals : public WithTables<Leaf, Member, Crew, Stamp> {};
INSTANTIATE_TEST_SUITE_P(, OrmRemovals, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmRemovals, OfAllNodesOfATree) {
  Session session(engine());
  auto root = session.add(Leaf{});
  auto branch = make<Leaf>();
  root->children.add(branch);
  root->children.add(make<Leaf>());
  branch->children.add(make<Leaf>());
  session.commit();
  for (const auto& leaf : session.query<Leaf>().order_by(col(&Leaf::id).asc()).all()) {
    session.remove(leaf);
  }
  session.rollback();
  ASSERT_THAT(root->children, SizeIs(2));
  for (const auto& leaf : session.query<Leaf>().order_by(col(&Leaf::id).asc()).all()) {
    session.remove(leaf);
  }
  session.commit();
  EXPECT_EQ(session.query<Leaf>().count(), 0);
}

TEST_P(OrmRemovals, OfARing) {
  Session session(engine());
  std::vector<Ref<Leaf>> ring;
  for (int i = 0; i < 5; ++i) {
    ring.push_back(session.add(Leaf{}));
  }
  session.flush();
  for (std::size_t i = 0; i < ring.size(); ++i) {
    ring[i]->parent_id = ring[(i + 1) % ring.size()]->id;
  }
  auto itself = session.add(Leaf{});
  session.flush();
  itself->parent_id = itself->id;
  session.commit();
  for (const auto& leaf : ring) {
    session.remove(leaf);
  }
  session.remove(itself);
  const auto before = session.statements();
  session.commit();
  EXPECT_EQ(session.statements(), before + 8) << "two keys became NULL, six rows went";
  EXPECT_EQ(session.query<Leaf>().count(), 0);
}

TEST_P(OrmRemovals, OfTablesInACircle) {
  Session session(engine());
  auto crew = session.add(Crew{});
  auto ann = make<Member>();
  crew->members.add(ann);
  crew->members.add(make<Member>());
  session.flush();
  crew->captain = ann;
  session.commit();
  EXPECT_EQ(crew->captain_id, ann->id);
  for (const auto& member : std::vector<Ref<Member>>(crew->members.items())) {
    session.remove(member);
  }
  session.remove(crew);
  session.commit();
  EXPECT_EQ(session.query<Member>().count(), 0);
  EXPECT_EQ(session.query<Crew>().count(), 0);
}

TEST_P(OrmRemovals, WhoeverIsReferredToByOthersStays) {
  Session session(engine());
  auto root = session.add(Leaf{});
  auto branch = make<Leaf>();
  root->children.add(branch);
  branch->children.add(make<Leaf>());
  session.commit();
  session.remove(root);
  session.remove(branch);
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::foreign_key);
  session.rollback();
  EXPECT_EQ(session.query<Leaf>().count(), 3);
}

TEST_P(OrmRemovals, ANewObjectTakesOverTheRow) {
  Session session(engine());
  auto old = session.add(Stamp{.code = "A", .word = "old"});
  session.commit();
  session.remove(old);
  auto fresh = session.add(Stamp{.code = "A", .word = "new"});
  session.rollback();
  EXPECT_EQ(session.get<Stamp>("A"), old);
  session.remove(old);
  session.add(fresh);
  session.flush();
  EXPECT_EQ(session.get<Stamp>("A"), fresh);
  EXPECT_EQ(session.connection().query_one<std::string>("select word from stamp"), "new");
  session.rollback();
  EXPECT_EQ(session.get<Stamp>("A"), old);
  EXPECT_EQ(old->word, "old");
  session.remove(old);
  session.add(fresh);
  session.commit();
  EXPECT_EQ(Session(engine()).get<Stamp>("A")->word, "new");
  EXPECT_EQ(session.get<Stamp>("A"), fresh);
  fresh->word = "newer";
  session.commit();
  EXPECT_EQ(Session(engine()).get<Stamp>("A")->word, "newer");
}

TEST_P(OrmRemovals, TheRowThatIsTakenOverKeepsThoseThatReferToIt) {
  Session session(engine());
  auto root = session.add(Leaf{});
  root->children.add(make<Leaf>());
  session.commit();
  const std::int64_t id = root->id;
  session.remove(root);
  auto fresh = session.add(Leaf{.id = id});
  fresh->children.add(make<Leaf>());
  session.commit();
  EXPECT_EQ(session.query<Leaf>().filter_by(&Leaf::parent_id, id).count(), 2);
}

TEST(RemovalOrder, RowsThatReferComeFirst) {
  const detail::Entity& entity = detail::entity_of<Leaf>();
  const Leaf one{.id = 1};
  const Leaf two{.id = 2, .parent_id = 1};
  const Leaf three{.id = 3, .parent_id = 2};
  const Leaf other{.id = 4, .parent_id = 17};
  std::vector<std::size_t> order;
  for (const auto& step :
       detail::removal_order({{&entity, &one}, {&entity, &two}, {&entity, &three}, {&entity, &other}})) {
    EXPECT_EQ(step.null_first, nullptr);
    order.push_back(step.index);
  }
  EXPECT_THAT(order, ElementsAre(2, 1, 0, 3));
  EXPECT_TRUE(detail::refer_in_circle({&entity}));
  EXPECT_FALSE(detail::refer_in_circle({&detail::entity_of<Stamp>()}));
}

}  // namespace
}  // namespace posthouse::orm
