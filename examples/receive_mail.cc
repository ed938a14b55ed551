// Fetches the newest message of a mailbox over POP3 and prints it. Tutorial, chapter 4.
//
//     receive_mail [none|starttls|implicit [CA-FILE]]
#include <iostream>
#include <string>

#include "posthouse/mime/mime.h"
#include "posthouse/pop3/pop3.h"

using namespace posthouse;

namespace {

std::string ask(const char* question) {
  std::cout << question << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string tls = argc > 1 ? argv[1] : "implicit";
  pop3::ClientOptions options;
  options.tls = tls == "none" ? pop3::Tls::none : tls == "starttls" ? pop3::Tls::starttls : pop3::Tls::implicit;
  options.insecure_auth = tls == "none";
  if (argc > 2) options.tls_options.ca_file = argv[2];
  // options.trace = net::trace_to(stderr);  // shows the dialogue

  const auto email = ask("Email: "), password = ask("Password: "), host = ask("POP3 server: "), port = ask("Port: ");
  auto client = pop3::Client::connect(host, static_cast<std::uint16_t>(std::stoul(port)), options);
  std::cout << client.welcome() << '\n';
  client.login(email, password);

  const auto [count, size] = client.stat();
  std::cout << "Messages: " << count << ". Size: " << size << '\n';
  for (const auto& [number, octets] : client.list()) std::cout << number << ' ' << octets << '\n';

  const auto message = mime::Message::parse(client.retrieve(count));  // the newest has the highest number
  std::cout << mime::print_tree(message);

  // client.remove(count);  // deletes it, once quit() is said
  client.quit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
