// A filter in Sieve, checked, and asked what it would do with a message: sieve_filter
#include <iostream>
#include <string>

#include "posthouse/sieve/sieve.h"

using namespace posthouse;

int main() {
  const std::string text = R"(require ["fileinto", "imap4flags"];
if header :contains "list-id" "<books." {
  fileinto :flags "\\Seen" "Books";
})";
  const sieve::Compiled compiled = sieve::compile(text, {.name = "ann"});
  for (const sieve::Diagnostic& error : compiled.errors) {
    std::cout << sieve::to_string(error) << '\n';  // ann:3:3: …
  }
  if (!compiled.script) {
    return 1;
  }

  const mime::Message message = mime::Message::parse("List-Id: <books.one.test>\r\n\r\nA new one is out.\r\n");
  sieve::Context context;
  context.envelope = {.from = "list@one.test", .to = {"ann@two.test"}};
  const sieve::Outcome outcome = sieve::run(*compiled.script, message, context);
  for (const sieve::Action& action : outcome.actions) {
    std::cout << sieve::describe(action) << ", said in line " << action.at.line << '\n';
  }
  if (outcome.implicit_keep) {
    std::cout << "and kept in INBOX\n";
  }
}
