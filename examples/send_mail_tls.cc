// Sends a text under TLS: STARTTLS (port 587) or from the first octet (port 465). Tutorial, chapter 3, step 7.
//
//     send_mail_tls starttls|implicit HOST PORT USER PASSWORD TO [CA-FILE]
#include <iostream>
#include <string>

#include "posthouse/mime/mime.h"
#include "posthouse/smtp/smtp.h"

using namespace posthouse;

int main(int argc, char** argv) try {
  if (argc < 7) return std::cerr << "send_mail_tls starttls|implicit HOST PORT USER PASSWORD TO [CA-FILE]\n", 2;
  const std::string tls = argv[1], user = argv[4], password = argv[5], to = argv[6];

  const auto message = mime::MessageBuilder().from(user).to(to).subject("Hello").text("hello, nobody reads this");

  smtp::ClientOptions options{.trace = net::trace_to(stdout)};  // TLS by STARTTLS, verified: what is not said is safe
  if (tls == "implicit") options.tls = smtp::Tls::implicit;
  if (argc > 7) options.tls_options.ca_file = argv[7];
  auto client = smtp::Client::connect(argv[2], static_cast<std::uint16_t>(std::stoi(argv[3])), options);
  client.login(user, password);
  client.send(message);
  client.quit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
