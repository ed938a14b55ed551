// Sends HTML. Tutorial, chapter 3, step 3.
//
//     send_mail_html HOST PORT USER PASSWORD TO
#include <iostream>
#include <string>

#include "posthouse/mime/mime.h"
#include "posthouse/smtp/smtp.h"

using namespace posthouse;

int main(int argc, char** argv) try {
  if (argc < 6) return std::cerr << "send_mail_html HOST PORT USER PASSWORD TO\n", 2;
  const std::string user = argv[3], password = argv[4], to = argv[5];

  const auto message = mime::MessageBuilder()
                           .from("C++ 爱好者", user)
                           .to("管理员", to)
                           .subject("来自 SMTP 的问候……")
                           .html("<html><body><h1>Hello</h1><p>sent by <i>C++</i>...</p></body></html>");

  smtp::ClientOptions options{.tls = smtp::Tls::none, .insecure_auth = true, .trace = net::trace_to(stdout)};
  auto client = smtp::Client::connect(argv[1], static_cast<std::uint16_t>(std::stoi(argv[2])), options);
  client.login(user, password);
  client.send(message);
  client.quit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
