// Mail that stays on the server, by IMAP: lists the mailboxes, shows the newest unread letter, moves it to the trash, and
// waits for the next one. Tutorial, chapter 4.
//
//     read_mail [none|starttls|implicit [CA-FILE]]
#include <iostream>
#include <string>

#include "posthouse/imap/imap.h"
#include "posthouse/mime/mime.h"

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
  imap::ClientOptions options;
  options.tls = tls == "none" ? imap::Tls::none : tls == "starttls" ? imap::Tls::starttls : imap::Tls::implicit;
  options.insecure_auth = tls == "none";
  if (argc > 2) options.tls_options.ca_file = argv[2];
  // options.trace = net::trace_to(stderr);  // shows the dialogue

  const auto email = ask("Email: "), password = ask("Password: "), host = ask("IMAP server: "), port = ask("Port: ");
  auto client = imap::Client::connect(host, static_cast<std::uint16_t>(std::stoul(port)), options);
  client.login(email, password);

  for (const auto& entry : client.list()) std::cout << entry.mailbox.name << '\n';
  std::cout << "Messages: " << client.select("INBOX").exists << '\n';
  const auto unread = client.search(imap::unseen());
  for (const auto& message : client.fetch(unread, {.envelope = true}))
    std::cout << message.uid.value() << ' ' << mime::decode_words(message.envelope->subject.value_or("")) << '\n';
  if (!unread.empty()) {
    const auto newest = unread.largest();
    std::cout << mime::print_tree(mime::Message::parse(client.retrieve(newest)));
    client.add_flags(newest, imap::SystemFlag::seen);
    client.move(newest, client.mailbox_for("\\Trash").value_or("Trash"));
    std::cout << "Moved to the trash. Messages: " << client.selected()->exists << '\n';
  }

  std::cout << "Waiting for mail …" << std::endl;
  for (const auto& event : client.idle(std::chrono::minutes(1)))
    if (const auto* exists = std::get_if<imap::response::Exists>(&event))
      std::cout << "Messages: " << exists->count << '\n';
  client.logout();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
