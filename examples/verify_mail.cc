// Says who signed the message on standard input, by DKIM and ARC.
//     verify_mail [DNS-SERVER:PORT] < message
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "posthouse/base/error.h"
#include "posthouse/mailauth/arc/verifier.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/results/authentication_results.h"

using namespace posthouse;
using namespace std::chrono_literals;

namespace {

/// One pass over the input; a message of any size takes no more memory than a small one.
mime::AuthenticationResults verify(std::istream& input, net::Resolver& resolver) {
  const auto message = std::make_shared<mailauth::SignedMessage>();
  mailauth::DkimVerifier signatures(message, resolver);
  mailauth::ArcVerifier chain(message, resolver);
  std::array<char, 16'384> chunk;
  while (input.read(chunk.data(), chunk.size()), input.gcount() > 0) {
    message->add({chunk.data(), static_cast<std::size_t>(input.gcount())});
  }
  mime::AuthenticationResults found{.authserv_id = "this.house.example"};
  for (const mailauth::DkimResult& result : signatures.finish(10s)) {
    found.results.push_back(authentication_result(result));
  }
  found.results.push_back(authentication_result(chain.finish(10s)));
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    net::SystemResolver resolver({.server = argc > 1 ? argv[1] : ""});
    std::cout << mailauth::authentication_results_field(verify(std::cin, resolver));
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
