// Sends a letter to many people, each by name, with a file. Tutorial, chapter 3, step 8.
//
//     send_mail_many HOST PORT USER PASSWORD GUESTS FILE
//
// GUESTS is a file with lines "ADDRESS NAME".
#include <fstream>
#include <iostream>
#include <string>

#include "posthouse/mime/mime.h"
#include "posthouse/smtp/smtp.h"

using namespace posthouse;

int main(int argc, char** argv) try {
  if (argc < 7) return std::cerr << "send_mail_many HOST PORT USER PASSWORD GUESTS FILE\n", 2;
  const std::string user = argv[3], password = argv[4];

  const auto letter = mime::MessageTemplate(mime::MessageBuilder().from("C++ 爱好者", user).attach(argv[6]))
                          .to("{{name}}", "{{address}}")
                          .subject("{{name}}，你好")
                          .text("亲爱的{{name}}：\n请看附件。\n")
                          .html("<p>亲爱的<b>{{name}}</b>：</p><p>请看附件。</p>");

  smtp::ClientOptions options{.tls = smtp::Tls::none, .insecure_auth = true, .trace = net::trace_to(stdout)};
  auto client = smtp::Client::connect(argv[1], static_cast<std::uint16_t>(std::stoi(argv[2])), options);
  client.login(user, password);
  std::ifstream guests(argv[5]);
  for (std::string address, name; guests >> address && std::getline(guests >> std::ws, name);)
    client.send(letter.merge({{"name", name}, {"address", address}}));
  client.quit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
