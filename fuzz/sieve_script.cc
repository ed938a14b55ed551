// Any octets are a Sieve script: compiled, and run on a message if that went well.
//
// What must hold: what is compiled runs to an end within its steps; an error keeps the message; errors have places within
// the text; header edits give a message whose body is as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/sieve/sieve.h"

using namespace posthouse;

namespace {

constexpr std::string_view message =
    "Received: from a.test by b.test; Wed, 12 Nov 2014 18:18:31 +0100\r\nFrom: Ann <ann+x@one.test>\r\n"
    "To: bob@two.test, =?utf-8?q?J=C3=BCrgen?= <j@two.test>\r\nSubject: =?utf-8?b?5L2g5aW9?= lunch\r\n"
    "Message-ID: <1@one.test>\r\nX-Spam-Status: Yes, score=7.5 required=5.0\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\nprologue\r\n--b\r\nContent-Type: text/plain\r\n\r\nAt noon?\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<p>At <b>noon</b></p>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: inner\r\n\r\ntext\r\n--b--\r\nepilogue\r\n";

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class Scripts final : public sieve::ScriptSource {
 public:
  explicit Scripts(std::string_view text) : text_(text) {}
  std::optional<std::string> read(sieve::Location, std::string_view name) const override {
    return name == "self" ? std::optional(text_) : std::nullopt;
  }

 private:
  std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Scripts scripts(text);
  sieve::Options options{.scripts = &scripts};
  options.limits.regex_memory = 1U << 18U;
  const sieve::Compiled compiled = sieve::compile(text, options);
  require(compiled.script.has_value() == compiled.errors.empty());
  for (const sieve::Diagnostic& error : compiled.errors) {
    require(error.at.line <= size + 1);
  }
  if (!compiled.script) {
    return 0;
  }
  static const mime::Message letter = mime::Message::view(message);
  sieve::Context context;
  context.envelope = {.from = "ann@one.test", .to = {"bob@two.test"}};
  context.spam = sieve::SpamRule{.field = "X-Spam-Status",
                                 .pattern = "score=([0-9.]+)",
                                 .most_field = "X-Spam-Status",
                                 .most_pattern = "required=([0-9.]+)"};
  context.limits.steps = 20'000;
  context.limits.regex_memory = 1U << 18U;
  context.trace = true;
  const sieve::Outcome outcome = sieve::run(*compiled.script, letter, context);
  require(!outcome.error || (outcome.actions.empty() && outcome.implicit_keep));
  require(outcome.actions.size() <= context.limits.actions);
  require(sieve::apply_edits(outcome.edits, message).ends_with(letter.root().raw_body()));
  for (const sieve::Action& action : outcome.actions) {
    require(!sieve::describe(action).empty());
    if (const auto* answer = std::get_if<sieve::Vacation>(&action.what); answer != nullptr && !answer->mime) {
      require(mime::Message::parse(sieve::compose(*answer, letter, {.message_id = "<x@y>"})).headers().count("To") ==
              1);
    }
  }
  return 0;
}
