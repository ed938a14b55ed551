// Puts a Sieve script on a server and makes it the one that runs: manage_sieve HOST PORT USER FILE [CA-FILE]
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "posthouse/managesieve/managesieve.h"

using namespace posthouse;

int main(int argc, char** argv) try {
  if (argc < 5) {
    std::cerr << "manage_sieve HOST PORT USER FILE [CA-FILE] <<< PASSWORD\n";
    return 2;
  }
  std::ifstream file(argv[4], std::ios::binary);
  const std::string script{std::istreambuf_iterator<char>(file), {}};
  const std::string host = argv[1];
  const auto port = static_cast<std::uint16_t>(std::stoul(argv[2]));
  const std::string user = argv[3];
  std::string password;
  std::getline(std::cin, password);

  managesieve::ClientOptions options;  // STARTTLS, and a certificate that is verified
  if (argc > 5) options.tls_options.ca_file = argv[5];
  auto client = managesieve::Client::connect(host, port, options);
  client.login(user, password);
  try {
    const std::string warnings = client.put("main", script);
    if (!warnings.empty()) std::cout << warnings << '\n';
    client.activate("main");
  } catch (const managesieve::Error& error) {
    if (error.errc() != managesieve::Errc::script) throw;
    std::cout << error.reply() << '\n';  // main:3:1: …
    return 1;
  }
  for (const managesieve::ScriptEntry& entry : client.list()) {
    std::cout << entry.name << (entry.active ? " is active\n" : "\n");
  }
  client.logout();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
