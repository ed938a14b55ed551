#include "posthouse/sieve/compile/script.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sieve/error.h"

namespace posthouse::sieve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> errors(std::string_view text, const Options& options = {.name = "s"}) {
  std::vector<std::string> lines;
  for (const Diagnostic& error : compile(text, options).errors) {
    lines.push_back(to_string(error));
  }
  return lines;
}

TEST(Compile, TellsWhatIsMissingInRequire) {
  EXPECT_THAT(errors("keep;\nfileinto \"A\";"),
              ElementsAre("s:2:1: unknown command 'fileinto' (the script does not require \"fileinto\")"));
}

TEST(Compile, FindsSeveralErrors) {
  EXPECT_THAT(
      errors("require \"fileinto\";\nfileinto 3;\nif header :is \"a\" {\n keep;\n}\nkeep \"x\";\nelse {}"),
      ElementsAre("s:2:10: the fileinto command expects a string as argument 1 (mailbox), but a number was found",
                  "s:3:4: the header test requires 2 positional arguments, but 1 is specified",
                  "s:6:1: the keep command requires 0 positional arguments, but 1 is specified",
                  "s:7:1: 'else' stands behind no 'if' or 'elsif'"));
}

TEST(Compile, RefusesWhatTheAdministratorRefuses) {
  EXPECT_THAT(errors("require \"enotify\";", {.name = "s", .refused = {"enotify"}}),
              ElementsAre("s:1:9: unknown capability 'enotify'"));
}

TEST(Compile, AScriptIsThrownOrMade) {
  EXPECT_THROW((void)Script::compile("nonsense"), Error);
  try {
    (void)Script::compile("nonsense;", {.name = "x"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "sieve.script");
    EXPECT_THAT(error.what(), HasSubstr("x:1:1: unknown command 'nonsense'"));
  }
  EXPECT_THAT(Script::compile("require [\"vacation\", \"body\"];").required(), ElementsAre("body", "vacation"));
}

TEST(Compile, CapabilitiesAreInOrder) {
  const auto all = capabilities();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (const std::string_view capability : all) {
    EXPECT_TRUE(
        compile("require \"" + std::string(capability) + "\";" + (capability == "extracttext" ? "" : "keep;")).script ||
        capability == "extracttext")
        << capability;
  }
}

TEST(Compile, WarnsOfFieldsThatAreNone) {
  const Compiled compiled = compile("if header \"from:\" \"x\" { stop; }");
  EXPECT_TRUE(compiled.script);
  EXPECT_EQ(compiled.warnings.size(), 1U);
}

TEST(Compile, VariablesAreCounted) {
  std::string many = "require \"variables\";\n";
  for (int i = 0; i < 300; ++i) {
    many += "set \"v" + std::to_string(i) + "\" \"\";\n";
  }
  EXPECT_THAT(errors(many), ElementsAre("s:257:5: the script has more than 255 variables"));
}

}  // namespace
}  // namespace posthouse::sieve
