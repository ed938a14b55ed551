// Sends a plain text to several people at once, with the dialogue shown. Tutorial, chapter 3, step 1.
//
//     send_mail_plain HOST PORT USER PASSWORD TO...
#include <iostream>
#include <string>
#include <vector>

#include "posthouse/mime/mime.h"
#include "posthouse/smtp/smtp.h"

using namespace posthouse;

int main(int argc, char** argv) try {
  if (argc < 6) return std::cerr << "send_mail_plain HOST PORT USER PASSWORD TO...\n", 2;
  const std::string user = argv[3], password = argv[4];
  const std::vector<std::string> to(argv + 5, argv + argc);

  auto message = mime::MessageBuilder().from(user).subject("Hello").text("hello, sent by C++...");
  for (const auto& address : to) message.to(address);

  // Step 7 does it with TLS; here the password can be read on the way, and that has to be asked for.
  smtp::ClientOptions options{.tls = smtp::Tls::none, .insecure_auth = true, .trace = net::trace_to(stdout)};
  auto client = smtp::Client::connect(argv[1], static_cast<std::uint16_t>(std::stoi(argv[2])), options);
  client.login(user, password);
  const auto result = client.send(user, to, message.build());
  for (const auto& [address, reply] : result.refused) std::cout << address << ": " << reply.to_string() << '\n';
  client.quit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
