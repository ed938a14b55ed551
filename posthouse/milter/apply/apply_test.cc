#include "posthouse/milter/apply/apply.h"

#include <vector>

#include <gtest/gtest.h>

namespace posthouse::milter {
namespace {

const std::string header = "From: a@b.test\r\nX-One: 1\r\nSubject : folded\r\n\there\r\nx-one: 2\r\n";

std::string changed(std::vector<Modification> modifications, const std::string& to = header) {
  return apply_to_header(to, modifications);
}

TEST(Apply, NothingChangesNothing) {
  EXPECT_EQ(changed({}), header);
  EXPECT_EQ(changed({Quarantine{"x"}, AddRecipient{"a@b.test", ""}, RemoveRecipient{"a@b.test"}}), header);
  EXPECT_EQ(changed({}, ""), "");
}

TEST(Apply, FieldsAreAdded) {
  EXPECT_EQ(changed({AddHeader{"X", " y"}}), header + "X: y\r\n");
  EXPECT_EQ(changed({InsertHeader{0, "X", " y"}}), "X: y\r\n" + header);
  EXPECT_EQ(changed({InsertHeader{1, "X", " y"}}), "X: y\r\n" + header);
  EXPECT_EQ(changed({InsertHeader{3, "X", " y"}}),
            "From: a@b.test\r\nX-One: 1\r\nX: y\r\nSubject : folded\r\n\there\r\nx-one: 2\r\n");
  EXPECT_EQ(changed({InsertHeader{4'000'000'000, "X", " y"}}), header + "X: y\r\n");
  EXPECT_EQ(changed({InsertHeader{1, "X", " 1"}, InsertHeader{1, "X", " 2"}}), "X: 2\r\nX: 1\r\n" + header);
}

TEST(Apply, FieldsAreChangedAndTakenOut) {
  EXPECT_EQ(changed({ChangeHeader{1, "x-ONE", " 3"}}),
            "From: a@b.test\r\nx-ONE: 3\r\nSubject : folded\r\n\there\r\nx-one: 2\r\n");
  EXPECT_EQ(changed({ChangeHeader{0, "X-One", ""}}), "From: a@b.test\r\nSubject : folded\r\n\there\r\nx-one: 2\r\n");
  EXPECT_EQ(changed({ChangeHeader{2, "X-One", ""}}), "From: a@b.test\r\nX-One: 1\r\nSubject : folded\r\n\there\r\n");
  EXPECT_EQ(changed({ChangeHeader{1, "Subject", ""}}), "From: a@b.test\r\nX-One: 1\r\nx-one: 2\r\n");
  EXPECT_EQ(changed({ChangeHeader{3, "X-One", ""}}), header);
  EXPECT_EQ(changed({ChangeHeader{3, "X-One", " 3"}}), header + "X-One: 3\r\n");
  EXPECT_EQ(changed({ChangeHeader{1, "X", " 3"}}), header + "X: 3\r\n");  // X-One begins with X, and is another one
}

TEST(Apply, WholeMessages) {
  const std::vector<Modification> all = {AddHeader{"X", " y"}, ReplaceBody{"new\r\n"}};
  EXPECT_EQ(apply_to_message("A: b\r\n\r\nold\r\n", all), "A: b\r\nX: y\r\n\r\nnew\r\n");
  EXPECT_EQ(apply_to_message("A: b\r\n\r\nold\r\n", std::span(all).first(1)), "A: b\r\nX: y\r\n\r\nold\r\n");
  EXPECT_EQ(apply_to_message("A: b\r\n", all), "A: b\r\nX: y\r\n\r\nnew\r\n");
  EXPECT_EQ(apply_to_message("A: b", std::span(all).first(1)), "A: b\r\nX: y\r\n");
  EXPECT_EQ(apply_to_message("\r\nold", all), "X: y\r\n\r\nnew\r\n");
  EXPECT_EQ(apply_to_message("", all), "X: y\r\n\r\nnew\r\n");
}

}  // namespace
}  // namespace posthouse::milter
