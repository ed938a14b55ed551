// Scripts fall apart into statements at the right semicolons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/migrate/migration.h"
#include "posthouse/sql/testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SplitStatements, AtSemicolons) {
  EXPECT_THAT(split_statements(""), IsEmpty());
  EXPECT_THAT(split_statements(" \n;; ;\n"), IsEmpty());
  EXPECT_THAT(split_statements("select 1"), ElementsAre("select 1"));
  EXPECT_THAT(split_statements("select 1;\n\n  select 2 ;"), ElementsAre("select 1", "select 2"));
  EXPECT_THAT(split_statements("select 1;\r\nselect 2;\r\n"), ElementsAre("select 1", "select 2"));
}

TEST(SplitStatements, NotInStringsAndNames) {
  EXPECT_THAT(split_statements("insert into t values ('a;b', 'it''s; so'); select \"x;y\", `z;` from t"),
              ElementsAre("insert into t values ('a;b', 'it''s; so')", "select \"x;y\", `z;` from t"));
  EXPECT_THAT(split_statements("select 'C:\\'; select 2"), ElementsAre("select 'C:\\'", "select 2"))
      << "a backslash is only a backslash";
  EXPECT_THAT(split_statements("select 'never closed; select 2"), ElementsAre("select 'never closed; select 2"));
}

TEST(SplitStatements, NotInComments) {
  EXPECT_THAT(split_statements("-- first; don't\nselect 1; # it's; not\nselect 2; /* three; ' */ select 3;\n-- end;"),
              ElementsAre("-- first; don't\nselect 1", "# it's; not\nselect 2", "/* three; ' */ select 3"));
  EXPECT_THAT(split_statements("-- only\n/* comments; */ # here"), IsEmpty());
  EXPECT_THAT(split_statements("select 1 /* open; select 2"), ElementsAre("select 1 /* open; select 2"));
}

TEST(SplitStatements, TriggersAndRoutinesStayWhole) {
  const std::string trigger =
      "create temp trigger if not exists t after update on a begin\n  update b set n = case when new.end > 1 then 1"
      " else 2 end; delete from c; -- end;\nend";
  EXPECT_THAT(split_statements(trigger + ";\nselect 1"), ElementsAre(trigger, "select 1"));
  const std::string routine =
      "CREATE OR REPLACE DEFINER=`root`@`localhost` PROCEDURE p() BEGIN DECLARE i INT DEFAULT 0;"
      " WHILE i < 3 DO SET i = i + 1; IF i = 2 THEN BEGIN SELECT 1; END; END IF; END WHILE;"
      " CASE i WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE; l: LOOP LEAVE l; END LOOP; END";
  EXPECT_THAT(split_statements(routine + "; select 2;"), ElementsAre(routine, "select 2"));
  EXPECT_THAT(split_statements("create trigger t after insert on a for each row delete from b; select 1"),
              ElementsAre("create trigger t after insert on a for each row delete from b", "select 1"));
}

TEST(SplitStatements, WordsElsewhereMeanNothing) {
  EXPECT_THAT(split_statements("create table function (begin int, trigger int); select 1"),
              ElementsAre("create table function (begin int, trigger int)", "select 1"));
  EXPECT_THAT(split_statements("select case when 1 then 2 end; select 1"),
              ElementsAre("select case when 1 then 2 end", "select 1"));
  EXPECT_THAT(split_statements("create unique index begin on t (a); select 1"),
              ElementsAre("create unique index begin on t (a)", "select 1"));
}

TEST(SplitStatements, DelimiterIsRefused) {
  std::string what;
  EXPECT_EQ(sql::errc_thrown([] { split_statements("select 1;\nDELIMITER //\ncreate ..."); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("DELIMITER is a command of MySQL's client"));
  EXPECT_THAT(split_statements("select delimiter from t"), ElementsAre("select delimiter from t"));
}

}  // namespace
}  // namespace posthouse::orm
