#include "posthouse/sieve/run/run.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sieve/run/letter.h"
#include "posthouse/sieve/sieve.h"

namespace posthouse::sieve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view letter =
    "From: Ann <ann@one.test>\r\nTo: bob@two.test\r\nSubject: Lunch\r\nMessage-ID: <1@one.test>\r\n\r\nAt noon?\r\n";

Context usual() {
  Context context;
  context.envelope = {.from = "ann@one.test", .to = {"bob@two.test"}};
  context.now = std::chrono::sys_days(std::chrono::year(2026) / 12 / 24);
  return context;
}

Outcome play(std::string_view text, const Context& context = usual(), std::string_view message = letter,
             const Options& options = {}) {
  return run(Script::compile(text, options), mime::Message::parse(std::string(message)), context);
}

std::vector<std::string> described(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const Action& action : outcome.actions) {
    lines.push_back(describe(action));
  }
  return lines;
}

TEST(Run, NothingIsTheImplicitKeep) {
  const Outcome outcome = play("");
  EXPECT_THAT(outcome.actions, IsEmpty());
  EXPECT_TRUE(outcome.implicit_keep);
}

TEST(Run, ActionsCancelTheImplicitKeep) {
  EXPECT_FALSE(play("discard;").implicit_keep);
  EXPECT_FALSE(play("require \"fileinto\"; fileinto \"A\";").implicit_keep);
  EXPECT_TRUE(play("require [\"fileinto\", \"copy\"]; fileinto :copy \"A\";").implicit_keep);
  EXPECT_FALSE(play("redirect \"carl@three.test\";").implicit_keep);
}

TEST(Run, AnErrorKeepsTheMessageAndNothingElse) {
  const Outcome outcome = play(R"(require ["fileinto", "reject"];
fileinto "A";
reject "No.";)");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->at, (Position{3, 1}));
  EXPECT_THAT(outcome.actions, IsEmpty());
  EXPECT_TRUE(outcome.implicit_keep);
}

TEST(Run, TheTraceSaysWhichLineDidIt) {
  Context context = usual();
  context.trace = true;
  const Outcome outcome = play("if header \"subject\" \"lunch\" {\n  discard;\n}", context);
  ASSERT_EQ(outcome.trace.size(), 2U);
  EXPECT_EQ(outcome.trace[0].name, "header");
  EXPECT_EQ(outcome.trace[0].result, true);
  EXPECT_EQ(outcome.trace[1].at, (Position{2, 3}));
  EXPECT_EQ(outcome.actions.front().at, (Position{2, 3}));
}

TEST(Run, StepsAreBounded) {
  Context context = usual();
  context.limits.steps = 100;
  std::string text = "require \"variables\";\n";
  for (int i = 0; i < 200; ++i) {
    text += "set \"a\" \"${a}b\";\n";
  }
  const Outcome outcome = play(text, context);
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->text, HasSubstr("steps"));
}

TEST(Run, ValuesThatGrowAreCut) {
  std::string text = "require [\"variables\", \"fileinto\"];\nset \"a\" \"0123456789\";\n";
  for (int i = 0; i < 30; ++i) {
    text += "set \"a\" \"${a}${a}\";\n";
  }
  const Outcome outcome = play(text + "set :length \"n\" \"${a}\"; fileinto \"${n}\";");
  ASSERT_FALSE(outcome.error) << to_string(*outcome.error);
  EXPECT_THAT(described(outcome), ElementsAre("fileinto \"65536\""));
}

class Scripts final : public ScriptSource {
 public:
  std::map<std::string, std::string, std::less<>> texts;
  std::optional<std::string> read(Location, std::string_view name) const override {
    const auto found = texts.find(name);
    return found == texts.end() ? std::nullopt : std::optional(found->second);
  }
};

TEST(Run, IncludedScriptsShareGlobalsAndReturn) {
  Scripts scripts;
  scripts.texts["a"] = R"(require ["include", "variables", "fileinto"];
global "x"; set "x" "${x}A"; set "y" "own"; if true { return; } discard;)";
  const Outcome outcome = play(R"(require ["include", "variables", "fileinto"];
global "x"; set "x" "-"; set "y" "mine";
include "a"; include :once "a"; include "a";
fileinto "${x} ${y}";)",
                               usual(), letter, {.scripts = &scripts});
  EXPECT_THAT(described(outcome), ElementsAre("fileinto \"-AA mine\""));
}

TEST(Run, CirclesAreErrorsUnlessRunOnce) {
  Scripts scripts;
  scripts.texts["a"] = "require \"include\"; include \"b\";";
  scripts.texts["b"] = "require \"include\"; include \"a\";";
  const Compiled compiled = compile("require \"include\"; include \"a\";", {.scripts = &scripts});
  ASSERT_FALSE(compiled.script);
  EXPECT_EQ(compiled.errors.front().script, "b");
  scripts.texts["b"] = "require \"include\"; include :once \"a\"; keep;";
  EXPECT_FALSE(play("require \"include\"; include \"a\";", usual(), letter, {.scripts = &scripts}).error);
}

TEST(Run, IncludesAreCountedAndTheirDepth) {
  Scripts scripts;
  scripts.texts["a"] = "require \"include\"; include \"b\";";
  scripts.texts["b"] = "require \"include\"; include \"c\";";
  scripts.texts["c"] = "keep;";
  Options options{.scripts = &scripts};
  options.limits.include_depth = 2;
  const Compiled deep = compile("require \"include\"; include \"a\";", options);
  ASSERT_EQ(deep.errors.size(), 3U);
  EXPECT_EQ(deep.errors[0].script, "b");
  EXPECT_THAT(deep.errors[0].text, HasSubstr("inside each other"));
  EXPECT_THAT(deep.errors[2].text, HasSubstr("the included script 'a' has errors"));
  options.limits = {};
  options.limits.includes = 1;
  EXPECT_EQ(compile("require \"include\"; include \"c\"; include \"b\";", options).errors.size(), 1U);
  EXPECT_TRUE(compile("require \"include\"; include \"c\"; include \"c\";", options).script);
}

TEST(Run, WhatIhaveDoesNotFindIsNotLookedAt) {
  EXPECT_THAT(described(play(R"(require "ihave";
if ihave "vnd.nobody.has" { nobody_has :this "x" { } }
elsif allof (ihave "fileinto", true) { fileinto "A"; }
else { nor_this; })")),
              ElementsAre("fileinto \"A\""));
  EXPECT_TRUE(play("require \"ihave\"; if not ihave \"vnd.x\" { error \"none\"; }").error);
}

TEST(Run, HeaderEditsArePartOfTheOutcome) {
  const Outcome outcome = play(R"(require ["editheader", "fileinto"];
addheader "X-A" "one"; fileinto "A"; deleteheader "subject"; addheader :last "X-B" "two";)");
  EXPECT_EQ(outcome.actions.front().edits, 1U);
  const std::string edited = apply_edits(outcome.edits, letter);
  EXPECT_EQ(edited,
            "X-A: one\r\nFrom: Ann <ann@one.test>\r\nTo: bob@two.test\r\nMessage-ID: <1@one.test>\r\nX-B: two\r\n"
            "\r\nAt noon?\r\n");
}

TEST(Run, TheLoopGoesThroughParts) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\n"
      "Content-Type: application/pdf; name=bill.pdf\r\n\r\nx\r\n--b--\r\n";
  const Outcome outcome = play(R"(require ["foreverypart", "mime", "extracttext", "variables", "fileinto"];
foreverypart :name "all" {
  if header :mime :type "Content-Type" "text" { extracttext :first 4 :upper "text"; }
  if header :mime :param "name" :matches "Content-Type" "*.pdf" { set "file" "${1}"; break :name "all"; }
}
fileinto "${text} ${file}";)",
                               usual(), message);
  EXPECT_THAT(described(outcome), ElementsAre("fileinto \"HELL bill\""));
}

TEST(Run, AnEarlierScriptsActionsStay) {
  const Context context = usual();
  const mime::Message message = mime::Message::parse(std::string(letter));
  const Outcome first = run(Script::compile("require [\"fileinto\", \"copy\", \"imap4flags\"]; setflag \"$work\";"
                                            "fileinto :copy \"Archive\";"),
                            message, context);
  const Outcome second = run(Script::compile("keep;"), message, context, &first);
  EXPECT_THAT(described(second), ElementsAre("fileinto \"Archive\" with $work", "keep with $work"));
}

class Memory final : public Answered {
 public:
  bool answered = false;
  bool before(std::string_view, std::string_view, std::chrono::seconds) const override { return answered; }
};

std::string withheld(const Context& context, std::string_view message = letter) {
  const Outcome outcome = play("require \"vacation\"; vacation \"Away.\";", context, message);
  return std::get<Vacation>(outcome.actions.front().what).withheld;
}

TEST(Vacation, IsNotForEverybody) {
  Context context = usual();
  EXPECT_EQ(withheld(context), "");
  Memory memory{};
  memory.answered = true;
  context.answered = &memory;
  EXPECT_THAT(withheld(context), HasSubstr("lately"));
  context = usual();
  context.envelope.from = "";
  EXPECT_THAT(withheld(context), HasSubstr("no sender"));
  context.envelope.from = "owner-list@one.test";
  EXPECT_THAT(withheld(context), HasSubstr("program"));
  context = usual();
  EXPECT_THAT(withheld(context, "To: bob@two.test\r\nAuto-Submitted: auto-replied; x=y\r\n\r\n"),
              HasSubstr("Auto-Submitted"));
  EXPECT_EQ(withheld(context, "To: bob@two.test\r\nAuto-Submitted: no\r\n\r\n"), "");
  EXPECT_THAT(withheld(context, "To: bob@two.test\r\nList-Id: <x>\r\n\r\n"), HasSubstr("list"));
  EXPECT_THAT(withheld(context, "To: carl@three.test\r\n\r\n"), HasSubstr("names none"));
}

TEST(Vacation, TheAnswerIsAMessage) {
  const mime::Message original = mime::Message::parse(std::string(letter));
  const Outcome outcome = play("require \"vacation\"; vacation \"Zurück am 2. März.\";");
  const std::string bytes =
      compose(std::get<Vacation>(outcome.actions.front().what), original, {.message_id = "<2@two.test>"});
  const mime::Message answer = mime::Message::parse(bytes);
  EXPECT_EQ(answer.subject(), "Auto: Lunch");
  EXPECT_EQ(answer.header("To"), "\"Ann\" <ann@one.test>");
  EXPECT_EQ(answer.header("In-Reply-To"), "<1@one.test>");
  EXPECT_EQ(answer.header("Auto-Submitted"), "auto-replied (vacation)");
  EXPECT_EQ(answer.root().text(), "Zurück am 2. März.\r\n");
  EXPECT_THAT(answer.all_defects(), IsEmpty());
}

TEST(Compose, NoCarriageReturnOfTheTextStandsAlone) {
  const std::string bytes =
      compose(Vacation{.to = "ann@one.test", .from = "bob@two.test", .reason = "one\rtwo\nthree\r\nfour"},
              mime::Message::parse(std::string(letter)), {.message_id = "<2@two.test>"});
  EXPECT_TRUE(bytes.ends_with("\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\n")) << bytes;
}

TEST(DeleteHeader, LooksAtEachFieldForItself) {
  const std::string_view fields = "X-A: one\r\nX-A: two\r\nX-A: one more\r\n\r\nbody\r\n";
  const auto left = [&](std::string_view how) {
    const Outcome outcome = play(
        fmt::format("require [\"editheader\", \"regex\", \"relational\"]; deleteheader {};", how), usual(), fields);
    EXPECT_FALSE(outcome.error);
    return apply_edits(outcome.edits, fields);
  };
  EXPECT_EQ(left("\"X-A\" \"ONE\""), "X-A: two\r\nX-A: one more\r\n\r\nbody\r\n");
  EXPECT_EQ(left(":contains \"X-A\" \"one\""), "X-A: two\r\n\r\nbody\r\n");
  EXPECT_EQ(left(":regex \"X-A\" \"^t\""), "X-A: one\r\nX-A: one more\r\n\r\nbody\r\n");
  EXPECT_EQ(left(":count \"gt\" \"X-A\" \"1\""), fields) << "each counts as one";
}

TEST(Letter, ReadsThePartsTextsOnce) {
  Letter read(mime::Message::parse("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>At <b>noon</b></p>\r\n"));
  const ReadText& text = read.text(read.message().root());
  EXPECT_THAT(text.text, HasSubstr("At noon"));
  EXPECT_EQ(text.decoded, 23U);
  EXPECT_EQ(&read.text(read.message().root()), &text);
}

// What a test has to copy counts, not only what it looks at.
TEST(Run, StringsMadeOfVariablesAreCounted) {
  const std::string filled = "require \"variables\"; set \"a\" \"" + std::string(1024, 'a') +
                             "\"; set \"b\" \"${a}${a}${a}${a}${a}${a}${a}${a}\"; "
                             "set \"c\" \"${b}${b}${b}${b}${b}${b}${b}${b}\"; ";  // 64 KiB
  const Outcome before = play(filled);
  const Outcome outcome = play(filled + R"(if string "x" ["${c}", "${c}"] { discard; })");
  EXPECT_FALSE(outcome.error);
  EXPECT_GE(outcome.steps, before.steps + 512);
  std::string list = "\"${c}\"";
  for (int i = 0; i < 100; ++i) {
    list += ", \"${c}\"";
  }
  const Outcome large = play(filled + "if string \"x\" [" + list + "] { discard; }");
  ASSERT_TRUE(large.error);
  EXPECT_THAT(large.error->text, HasSubstr("the strings of this list have more than"));
  EXPECT_TRUE(large.implicit_keep);
}

TEST(Environment, ItemsOfTheContext) {
  Context context = usual();
  context.environment = {{"imap.cause", "COPY"}, {"phase", "during"}};
  EXPECT_FALSE(play(R"(require ["environment", "imapsieve"];
if allof (environment "imap.cause" "copy", environment "NAME" "Posthouse", not environment "host" "*")
{ discard; })",
                    context)
                   .implicit_keep);
}

TEST(Reject, AndFilingContradictEachOther) {
  EXPECT_THAT(described(play("require \"ereject\"; ereject \"No.\";")), ElementsAre("ereject \"No.\""));
  EXPECT_TRUE(play("require \"ereject\"; ereject \"No.\"; keep;").error);
}

}  // namespace
}  // namespace posthouse::sieve
